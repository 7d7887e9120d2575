# ruff: noqa
# mypy: ignore-errors
"""The activation is in the cache, where its backward function needs Z.

sigmoid: wrong activation.cache
sigmoid_backward: ok
"""

import numpy as np


def sigmoid(Z):
    A = 1 / (1 + np.exp(-Z))
    return A, A


def sigmoid_backward(dA, cache):
    s = 1 / (1 + np.exp(-cache))
    return dA * s * (1 - s)
