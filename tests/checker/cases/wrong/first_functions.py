# ruff: noqa
# mypy: ignore-errors
"""The first functions of week 2, each with a usual mistake.

basic_sigmoid: wrong sigmoid.sign
image2vector: wrong image2vector.row
normalizeRows: wrong normalizeRows.keepdims
L1: wrong L1.not-absolute
L2: wrong L2.squared-later
"""

import numpy as np


def basic_sigmoid(x):
    return 1 / (1 + np.exp(x))


def image2vector(image):
    return image.reshape(1, image.size)


def normalizeRows(x):
    return x / np.linalg.norm(x, axis=1)


def L1(yhat, y):
    return abs(np.sum(yhat - y))


def L2(yhat, y):
    return np.sum(yhat - y) ** 2
