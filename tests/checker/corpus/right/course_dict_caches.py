# ruff: noqa
# mypy: ignore-errors
"""Caches are dictionaries."""

import numpy as np


def sigmoid(Z):
    return 1 / (1 + np.exp(-Z)), {"Z": Z}


def relu(Z):
    return np.where(Z > 0, Z, 0), {"Z": Z}


def sigmoid_backward(dA, cache):
    A, _ = sigmoid(cache["Z"])
    return dA * (A - A**2)


def relu_backward(dA, cache):
    return np.where(cache["Z"] > 0, dA, 0)


def linear_forward(A, W, b):
    return W.dot(A) + b, {"A_prev": A, "W": W, "b": b}


def linear_activation_forward(A_prev, W, b, activation):
    Z, linear_cache = linear_forward(A_prev, W, b)
    A, activation_cache = sigmoid(Z) if activation == "sigmoid" else relu(Z)
    return A, {"linear": linear_cache, "activation": activation_cache}


def L_model_forward(X, parameters):
    caches = []
    A = X
    L = len(parameters) // 2
    l = 1
    while l < L:
        A, cache = linear_activation_forward(A, parameters["W%d" % l], parameters["b%d" % l], "relu")
        caches.append(cache)
        l += 1
    AL, cache = linear_activation_forward(A, parameters["W%d" % L], parameters["b%d" % L], "sigmoid")
    return AL, caches + [cache]


def linear_backward(dZ, cache):
    A_prev, W = cache["A_prev"], cache["W"]
    m = A_prev.shape[1]
    dW = dZ.dot(A_prev.T) / m
    db = dZ.sum(axis=1).reshape(-1, 1) / m
    return W.T.dot(dZ), dW, db


def linear_activation_backward(dA, cache, activation):
    if activation == "relu":
        dZ = relu_backward(dA, cache["activation"])
    if activation == "sigmoid":
        dZ = sigmoid_backward(dA, cache["activation"])
    return linear_backward(dZ, cache["linear"])


def L_model_backward(AL, Y, caches):
    grads = {}
    L = len(caches)
    dA = -Y / AL + (1 - Y) / (1 - AL)
    l = L
    while l > 0:
        activation = "sigmoid" if l == L else "relu"
        dA, dW, db = linear_activation_backward(dA, caches[l - 1], activation)
        grads["dA%d" % (l - 1)] = dA
        grads["dW%d" % l] = dW
        grads["db%d" % l] = db
        l -= 1
    return grads
