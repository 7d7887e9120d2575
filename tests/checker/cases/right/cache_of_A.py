# ruff: noqa
# mypy: ignore-errors
"""Forward keeps A, and backward takes A: they fit.

sigmoid: ok
sigmoid_backward: ok
"""

import numpy as np


def sigmoid(Z):
    A = 1 / (1 + np.exp(-Z))
    return A, A


def sigmoid_backward(dA, cache):
    return dA * cache * (1 - cache)
