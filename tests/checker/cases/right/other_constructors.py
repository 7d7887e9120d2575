# ruff: noqa
# mypy: ignore-errors
"""Layers of the book's second volume, made from their weights and fed with word numbers or sequences.

Embedding.forward: ok
TimeAffine.forward: ok
"""

import numpy as np


class Embedding:
    def __init__(self, W):
        self.params, self.grads = [W], [np.zeros_like(W)]

    def forward(self, idx):
        self.idx = idx
        return self.params[0][idx]

    def backward(self, dout):
        self.grads[0][...] = 0
        np.add.at(self.grads[0], self.idx, dout)


class TimeAffine:
    def __init__(self, W, b):
        self.params, self.grads = [W, b], [np.zeros_like(W), np.zeros_like(b)]

    def forward(self, xs):
        N, T, D = xs.shape
        self.xs = xs
        return (xs.reshape(N * T, D) @ self.params[0] + self.params[1]).reshape(N, T, -1)

    def backward(self, dout):
        N, T, M = dout.shape
        flat = dout.reshape(N * T, M)
        self.grads[0][...] = self.xs.reshape(N * T, -1).T @ flat
        self.grads[1][...] = flat.sum(axis=0)
        return (flat @ self.params[0].T).reshape(self.xs.shape)
