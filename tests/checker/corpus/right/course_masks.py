# ruff: noqa
# mypy: ignore-errors
"""The caches keep what the slope needs: A for the sigmoid, the mask for ReLU."""

import numpy as np


def sigmoid(Z):
    A = 1.0 / (1.0 + np.exp(-Z))
    return A, A


def relu(Z):
    mask = Z > 0
    return Z * mask, mask


def sigmoid_backward(dA, cache):
    A = cache
    return dA * A * (1.0 - A)


def relu_backward(dA, cache):
    return np.multiply(dA, cache)


def linear_forward(A, W, b):
    return W @ A + b, (A, W, b)


def linear_activation_forward(A_prev, W, b, activation):
    Z, linear_cache = linear_forward(A_prev, W, b)
    A, activation_cache = {"relu": relu, "sigmoid": sigmoid}[activation](Z)
    return A, (linear_cache, activation_cache)


def linear_backward(dZ, cache):
    A_prev, W, _ = cache
    m = dZ.shape[1]
    return W.T @ dZ, dZ @ A_prev.T / m, dZ.mean(axis=1, keepdims=True)


def linear_activation_backward(dA, cache, activation):
    linear_cache, activation_cache = cache
    backward = relu_backward if activation == "relu" else sigmoid_backward
    return linear_backward(backward(dA, activation_cache), linear_cache)
