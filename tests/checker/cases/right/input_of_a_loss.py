# ruff: noqa
# mypy: ignore-errors
"""A loss with weights of its own, whose backward pass takes nothing.

PullTogether.forward: ok
PullTogether.backward: ok
"""

import numpy as np


class PullTogether:
    def __init__(self, W):
        self.W = W
        self.grads = [np.zeros_like(W)]

    def forward(self, x, t):
        self.x, self.off = x, x @ self.W - t
        return 0.5 * np.sum(self.off**2)

    def backward(self):
        self.grads[0][...] = self.x.T @ self.off
        dx = np.zeros_like(self.x)
        for i in range(len(dx)):
            dx[i] = self.off[i] @ self.W.T
        return dx
