# ruff: noqa
# mypy: ignore-errors
"""Two exercises in one file: a softmax over rows, which nothing else uses, and a layer whose examples are columns.

softmax: ok
linear_forward: ok
normalizeRows: ok
"""

import numpy as np


def normalizeRows(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def softmax(x):
    E = np.exp(x - x.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


def linear_forward(A, W, b):
    return W @ A + b, (A, W, b)
