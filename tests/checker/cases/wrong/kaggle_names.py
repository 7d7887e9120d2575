# ruff: noqa
# mypy: ignore-errors
"""A network with its parameters apart: the slope is inverted, the softmax sums over the wrong axis, the update climbs.

ReLU: ok
deriv_ReLU: wrong activation_backward.mask-inverted
softmax: wrong softmax.wrong-axis
forward_prop: ok
update_params: wrong update.ascent
"""

import numpy as np


def ReLU(Z):
    return np.maximum(Z, 0)


def deriv_ReLU(Z):
    return Z <= 0


def softmax(Z):
    E = np.exp(Z - np.max(Z))
    return E / E.sum(axis=1, keepdims=True)


def forward_prop(W1, b1, W2, b2, X):
    Z1 = W1.dot(X) + b1
    A1 = ReLU(Z1)
    Z2 = W2.dot(A1) + b2
    A2 = softmax(Z2)
    return Z1, A1, Z2, A2


def update_params(W1, b1, W2, b2, dW1, db1, dW2, db2, alpha):
    return W1 + alpha * dW1, b1 + alpha * db1, W2 + alpha * dW2, b2 + alpha * db2
