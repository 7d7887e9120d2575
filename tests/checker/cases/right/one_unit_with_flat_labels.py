# ruff: noqa
# mypy: ignore-errors
"""One unit with examples in rows, whose weights and labels have one axis.

propagate: ok
predict: ok
"""

import numpy as np


def propagate(w, b, X, Y):
    m = X.shape[0]
    A = 1 / (1 + np.exp(-(np.dot(X, w) + b)))
    cost = -(np.dot(Y, np.log(A)) + np.dot(1 - Y, np.log(1 - A))) / m
    return {"dw": np.dot(X.T, A - Y) / m, "db": np.mean(A - Y)}, cost


def predict(w, b, X):
    return np.where(np.dot(X, w) + b > 0, 1, 0)
