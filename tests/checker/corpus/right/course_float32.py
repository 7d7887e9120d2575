# ruff: noqa
# mypy: ignore-errors
"""Everything in float32."""

import numpy as np


def initialize_parameters_deep(layer_dims):
    parameters = {}
    for l in range(1, len(layer_dims)):
        W = np.random.randn(layer_dims[l], layer_dims[l - 1]) * np.sqrt(2 / layer_dims[l - 1])
        parameters["W" + str(l)] = W.astype(np.float32)
        parameters["b" + str(l)] = np.zeros((layer_dims[l], 1), dtype=np.float32)
    return parameters


def relu(Z):
    Z = np.asarray(Z, dtype=np.float32)
    return np.maximum(Z, np.float32(0)), Z


def relu_backward(dA, cache):
    return (dA * (cache > 0)).astype(np.float32)


def linear_forward(A, W, b):
    A, W, b = (np.asarray(a, dtype=np.float32) for a in (A, W, b))
    return np.matmul(W, A) + b, (A, W, b)


def linear_backward(dZ, cache):
    A_prev, W, b = cache
    dZ = np.asarray(dZ, dtype=np.float32)
    m = np.float32(A_prev.shape[1])
    return np.matmul(W.T, dZ), np.matmul(dZ, A_prev.T) / m, dZ.sum(axis=1, keepdims=True) / m
