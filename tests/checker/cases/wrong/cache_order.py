# ruff: noqa
# mypy: ignore-errors
"""The cache of the linear part holds the right things at wrong places.

linear_forward: wrong linear_forward.cache-order
linear_backward: ok
"""

import numpy as np


def linear_forward(A, W, b):
    return W @ A + b, (W, A, b)


def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    return W.T @ dZ, dZ @ A_prev.T / m, dZ.sum(axis=1, keepdims=True) / m
