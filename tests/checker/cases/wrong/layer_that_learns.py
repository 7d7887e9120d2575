# ruff: noqa
# mypy: ignore-errors
"""Layers that take their own step in backward: one climbs, one passes on what the new weights say.

Dense.forward: ok
Dense.backward: wrong update.ascent
Linear.forward: ok
Linear.backward: wrong network_backward.updated-first
"""

import numpy as np


class Dense:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out) * 0.1
        self.b = np.zeros((1, n_out))

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, grad, lr):
        dx = grad @ self.W.T
        self.W += lr * self.x.T @ grad
        self.b -= lr * grad.sum(axis=0, keepdims=True)
        return dx


class Linear:
    def __init__(self, n_in, n_out):
        self.weights = np.random.randn(n_out, n_in)
        self.bias = np.zeros((n_out, 1))

    def forward(self, x):
        self.input = x
        return self.weights @ x + self.bias

    def backward(self, output_gradient, learning_rate):
        self.weights = self.weights - learning_rate * output_gradient @ self.input.T
        self.bias = self.bias - learning_rate * output_gradient.sum(axis=1, keepdims=True)
        return self.weights.T @ output_gradient
