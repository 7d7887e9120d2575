# ruff: noqa
# mypy: ignore-errors
"""A ReLU that is told its slope, which nobody can guess.

relu: unchecked other-call
relu_backward: ok
"""

import numpy as np


def relu(Z, slope):
    return np.where(Z > 0, Z, slope * Z)


def relu_backward(dA, Z):
    return dA * (Z > 0)
