# ruff: noqa
# mypy: ignore-errors
"""What is no real number is not right, though Python can make one of it.

relu: wrong wrong-numbers
sigmoid: wrong wrong-numbers
"""

import numpy as np


def relu(Z):
    return np.maximum(0, Z) + 3j, Z


def sigmoid(Z):
    return np.array(1 / (1 + np.exp(-Z))).astype(str), Z
