# ruff: noqa
# mypy: ignore-errors
"""Layers that are called, with a common parent and parameters and gradients in lists."""

import numpy as np


class Layer:
    def __call__(self, x):
        return self.forward(x)


class Sigmoid(Layer):
    def __init__(self):
        self.params, self.grads = [], []

    def forward(self, x):
        self.out = 1 / (1 + np.exp(-x))
        return self.out

    def backward(self, dout):
        return dout * self.out * (1 - self.out)


class Affine(Layer):
    def __init__(self, W, b):
        self.params = [W, b]
        self.grads = [np.zeros_like(W), np.zeros_like(b)]

    def forward(self, x):
        W, b = self.params
        self.x = x
        return np.matmul(x, W) + b

    def backward(self, dout):
        W, b = self.params
        self.grads[0][...] = np.matmul(self.x.T, dout)
        self.grads[1][...] = np.sum(dout, axis=0)
        return np.matmul(dout, W.T)


class SGD:
    def __init__(self, lr=0.01):
        self.lr = lr

    def update(self, params, grads):
        for i in range(len(params)):
            params[i] -= self.lr * grads[i]
