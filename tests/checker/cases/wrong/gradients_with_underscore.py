# ruff: noqa
# mypy: ignore-errors
"""Gradients that are kept with an underscore, one of them divided by a number that is no batch size.

Affine.forward: ok
Affine.backward: wrong wrong-numbers
"""

import numpy as np


class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self._dW = self.x.T @ dout / 7
        self._db = dout.sum(axis=0)
        return dout @ self.W.T
