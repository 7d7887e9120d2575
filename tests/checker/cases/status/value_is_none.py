# ruff: noqa
# mypy: ignore-errors
"""The course's templates: a value that is still None.

sigmoid: not-started
linear_forward: not-started
linear_backward: not-started
propagate: not-started
"""

import numpy as np


def sigmoid(Z):
    # (1 line of code)
    A = None
    cache = Z
    return A, cache


def linear_forward(A, W, b):
    Z = None
    return Z, (A, W, b)


def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    dW = np.dot(dZ, A_prev.T) / m
    db = None
    dA_prev = None
    return dA_prev, dW, db


def propagate(w, b, X, Y):
    m = X.shape[1]
    A, cost = None, None
    dw = X @ (A - Y).T / m
    db = np.sum(A - Y) / m
    return {"dw": dw, "db": db}, cost
