# ruff: noqa
# mypy: ignore-errors
"""Functions of a package that the check does not have.

sigmoid: unchecked needs-file
relu: ok
"""

import cupy as cp
import numpy as np


def sigmoid(x):
    return 1 / (1 + cp.exp(-x))


def relu(x):
    return np.maximum(x, 0)
