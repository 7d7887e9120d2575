# ruff: noqa
# mypy: ignore-errors
"""Every sum is a loop."""

import math

import numpy as np


def sigmoid(Z):
    A = np.empty(Z.shape)
    for i in range(Z.shape[0]):
        for j in range(Z.shape[1]):
            A[i, j] = 1 / (1 + math.exp(-Z[i, j]))
    return A, Z


def relu(Z):
    A = np.empty(Z.shape)
    for i in range(Z.shape[0]):
        for j in range(Z.shape[1]):
            A[i, j] = Z[i, j] if Z[i, j] > 0 else 0.0
    return A, Z


def linear_forward(A, W, b):
    Z = np.zeros((W.shape[0], A.shape[1]))
    for i in range(W.shape[0]):
        for j in range(A.shape[1]):
            for k in range(W.shape[1]):
                Z[i, j] += W[i, k] * A[k, j]
            Z[i, j] += b[i, 0]
    return Z, (A, W, b)


def linear_backward(dZ, cache):
    A_prev, W, b = cache
    n, m = dZ.shape
    dA_prev, dW, db = np.zeros(A_prev.shape), np.zeros(W.shape), np.zeros(b.shape)
    for j in range(m):
        for i in range(n):
            db[i, 0] += dZ[i, j] / m
            for k in range(W.shape[1]):
                dW[i, k] += dZ[i, j] * A_prev[k, j] / m
                dA_prev[k, j] += W[i, k] * dZ[i, j]
    return dA_prev, dW, db


def compute_cost(AL, Y):
    total = 0.0
    for a, y in zip(AL[0], Y[0]):
        total -= y * math.log(a) + (1 - y) * math.log(1 - a)
    return total / Y.shape[1]
