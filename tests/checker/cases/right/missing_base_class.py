# ruff: noqa
# mypy: ignore-errors
"""Functions that call classes whose base is in a package that is not here.

relu: unchecked needs-file
sigmoid: unchecked needs-file
"""

import numpy as np
from dezero import Function, as_variable


class ReLU(Function):
    def forward(self, x):
        return np.maximum(x, 0.0)


def relu(x):
    return ReLU()(x)


def sigmoid(x):
    x = as_variable(x)
    return 1 / (1 + np.exp(-x.data))
