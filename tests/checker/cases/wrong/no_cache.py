# ruff: noqa
# mypy: ignore-errors
"""The layer takes a cache of its linear part, and gets none.

linear_forward: wrong forward.no-cache
linear_activation_forward: unchecked needs-another
"""

import numpy as np


def sigmoid(Z):
    return 1 / (1 + np.exp(-Z)), Z


def relu(Z):
    return np.maximum(0, Z), Z


def linear_forward(A, W, b):
    return W @ A + b


def linear_activation_forward(A_prev, W, b, activation):
    Z, linear_cache = linear_forward(A_prev, W, b)
    A, activation_cache = sigmoid(Z) if activation == "sigmoid" else relu(Z)
    return A, (linear_cache, activation_cache)
