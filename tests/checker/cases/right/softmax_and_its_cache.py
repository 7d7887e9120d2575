# ruff: noqa
# mypy: ignore-errors
"""The softmax returns its scores, too, for the way back.

softmax: ok
"""

import numpy as np


def softmax(Z):
    E = np.exp(Z - Z.max(axis=0, keepdims=True))
    return E / E.sum(axis=0, keepdims=True), Z


def linear(A, W, b):
    return W @ A + b
