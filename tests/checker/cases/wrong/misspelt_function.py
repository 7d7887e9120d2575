# ruff: noqa
# mypy: ignore-errors
"""NumPy has no maximm, and the file no simgoid.

relu: wrong raised
sigmoid: ok
sigmoid_derivative: wrong raised
"""

import numpy as np


def relu(Z):
    return np.maximm(0, Z)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoid_derivative(z):
    return simgoid(z) * (1 - sigmoid(z))
