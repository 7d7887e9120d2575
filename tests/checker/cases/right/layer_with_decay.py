# ruff: noqa
# mypy: ignore-errors
"""A layer whose own step has a penalty in it: nobody knows which.

Dense.forward: ok
Dense.backward: unchecked other-result
"""

import numpy as np


class Dense:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out) * 0.1
        self.b = np.zeros((1, n_out))

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout, lr):
        dx = dout @ self.W.T
        self.W -= lr * (self.x.T @ dout + 0.01 * self.W)
        self.b -= lr * dout.sum(axis=0, keepdims=True)
        return dx
