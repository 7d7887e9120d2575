# ruff: noqa
# mypy: ignore-errors
"""The whole network in one class."""

import numpy as np


class NeuralNetwork:
    def __init__(self, n_in, n_hidden, n_out, lr=0.1):
        rng = np.random.default_rng(0)
        self.lr = lr
        self.W1 = rng.normal(0, np.sqrt(2 / n_in), (n_in, n_hidden))
        self.b1 = np.zeros(n_hidden)
        self.W2 = rng.normal(0, np.sqrt(2 / n_hidden), (n_hidden, n_out))
        self.b2 = np.zeros(n_out)

    def forward(self, X):
        self.X = X
        self.z1 = X @ self.W1 + self.b1
        self.a1 = np.maximum(self.z1, 0)
        z2 = self.a1 @ self.W2 + self.b2
        e = np.exp(z2 - z2.max(axis=1, keepdims=True))
        self.p = e / e.sum(axis=1, keepdims=True)
        return self.p

    def loss(self, X, y):
        p = self.forward(X)
        return -np.mean(np.log(p[np.arange(len(y)), y] + 1e-12))

    def backward(self, y):
        d2 = self.p.copy()
        d2[np.arange(len(y)), y] -= 1
        d2 /= len(y)
        d1 = d2 @ self.W2.T * (self.z1 > 0)
        return {"W1": self.X.T @ d1, "b1": d1.sum(0), "W2": self.a1.T @ d2, "b2": d2.sum(0)}

    def step(self, X, y):
        self.forward(X)
        for name, grad in self.backward(y).items():
            setattr(self, name, getattr(self, name) - self.lr * grad)

    def predict(self, X):
        return self.forward(X).argmax(axis=1)
