# ruff: noqa
# mypy: ignore-errors
"""dz is nowhere given a value.

linear_backward: wrong misspelt-name
relu: ok
"""

import numpy as np


def relu(Z):
    return np.maximum(0, Z)


def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    return W.T @ dZ, dz @ A_prev.T / m, np.sum(dZ, axis=1, keepdims=True) / m
