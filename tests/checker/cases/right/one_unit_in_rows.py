# ruff: noqa
# mypy: ignore-errors
"""The course's names for one unit, with examples in rows.

propagate: ok
optimize: ok
predict: ok
"""

import numpy as np


def propagate(w, b, X, Y):
    m = X.shape[0]
    A = 1 / (1 + np.exp(-(X @ w + b)))
    cost = -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) / m
    return {"dw": X.T @ (A - Y) / m, "db": np.sum(A - Y) / m}, cost


def optimize(w, b, X, Y, num_iterations, learning_rate):
    for i in range(num_iterations):
        grads, cost = propagate(w, b, X, Y)
        w = w - learning_rate * grads["dw"]
        b = b - learning_rate * grads["db"]
    return {"w": w, "b": b}, grads, [cost]


def predict(w, b, X):
    return (X @ w + b > 0).astype(float)
