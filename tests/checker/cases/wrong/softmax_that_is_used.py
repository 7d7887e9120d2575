# ruff: noqa
# mypy: ignore-errors
"""What calls the softmax has its examples in columns, and so it is the wrong axis.

softmax: wrong softmax.wrong-axis
"""

import numpy as np


def softmax(z):
    E = np.exp(z - np.max(z))
    return E / E.sum(axis=1, keepdims=True)


def output_layer(A_prev, W, b):
    return softmax(W @ A_prev + b)
