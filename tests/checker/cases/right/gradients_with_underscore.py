# ruff: noqa
# mypy: ignore-errors
"""A layer that adds its gradients up under private names until they are cleared.

Linear.forward: ok
Linear.backward: ok
"""

import numpy as np


class Linear:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out)
        self.b = np.zeros(n_out)
        self.zero_grad()

    def zero_grad(self):
        self._dW = np.zeros_like(self.W)
        self._db = np.zeros_like(self.b)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self._dW += self.x.T @ dout
        self._db += dout.sum(axis=0)
        return dout @ self.W.T
