# ruff: noqa
# mypy: ignore-errors
"""A forward pass with dropout in it: no two results are the same.

forward_propagation: unchecked random
"""

import numpy as np


def forward_propagation(X, parameters):
    A1 = np.maximum(0, parameters["W1"] @ X + parameters["b1"])
    A1 = A1 * (np.random.rand(*A1.shape) < 0.8) / 0.8
    A2 = 1 / (1 + np.exp(-(parameters["W2"] @ A1 + parameters["b2"])))
    return A2, (A1, A2)
