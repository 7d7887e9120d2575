# ruff: noqa
# mypy: ignore-errors
"""Layers for rows beside a softmax, a prediction and a cost for columns: nothing says that they belong together.

softmax: ok
get_predictions: ok
compute_cost: ok
linear_forward: ok
affine_forward: ok
affine_backward: ok
"""

import numpy as np


def affine_forward(x, w, b):
    return x @ w + b, (x, w, b)


def affine_backward(dout, cache):
    x, w, b = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def softmax(z):
    E = np.exp(z - z.max(axis=0))
    return E / E.sum(axis=0)


def get_predictions(A):
    return np.argmax(A, axis=0)


def linear_forward(A, W, b):
    return W @ A + b, (A, W, b)


def compute_cost(AL, Y):
    m = Y.shape[1]
    return -np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL)) / m
