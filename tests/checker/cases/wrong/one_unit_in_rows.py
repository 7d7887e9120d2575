# ruff: noqa
# mypy: ignore-errors
"""The course's names for one unit, with examples in rows, and a gradient that is no mean.

propagate: wrong linear_backward.dW-no-mean
"""

import numpy as np


def propagate(w, b, X, Y):
    m = X.shape[0]
    A = 1 / (1 + np.exp(-(X @ w + b)))
    cost = -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) / m
    return {"dw": X.T @ (A - Y), "db": np.sum(A - Y) / m}, cost
