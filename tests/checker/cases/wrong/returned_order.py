# ruff: noqa
# mypy: ignore-errors
"""The gradients come in another order than the layer's backward takes them in.

linear_backward: wrong returned-in-another-order
"""

import numpy as np


def relu_backward(dA, cache):
    return dA * (cache > 0)


def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    dW = dZ @ A_prev.T / m
    db = dZ.sum(axis=1, keepdims=True) / m
    dA_prev = W.T @ dZ
    return dW, db, dA_prev


def linear_activation_backward(dA, cache, activation):
    linear_cache, activation_cache = cache
    dA_prev, dW, db = linear_backward(relu_backward(dA, activation_cache), linear_cache)
    return dA_prev, dW, db
