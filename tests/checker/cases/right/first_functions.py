# ruff: noqa
# mypy: ignore-errors
"""The first functions of week 2.

basic_sigmoid: ok
image2vector: ok
normalize_rows: ok
L1: ok
L2: ok
"""

import math

import numpy as np


def basic_sigmoid(x):
    return 1 / (1 + math.exp(-x))


def image2vector(image):
    return image.reshape(-1, 1)


def normalize_rows(x):
    x /= np.sqrt(np.sum(x**2, axis=1, keepdims=True))
    return x


def L1(yhat, y):
    return sum(abs(y[i] - yhat[i]) for i in range(len(y)))


def L2(yhat, y):
    return np.dot(y - yhat, y - yhat)
