# ruff: noqa
# mypy: ignore-errors
"""A layer that takes its own step in backward and keeps no gradient.

Dense.forward: ok
Dense.backward: ok
"""

import numpy as np


class Dense:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out) * 0.1
        self.b = np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout, lr=0.05):
        dx = dout @ self.W.T
        self.W -= lr * self.x.T @ dout
        self.b -= lr * dout.sum(axis=0)
        return dx
