# ruff: noqa
# mypy: ignore-errors
"""The layer knows ReLU and softmax, and the file asks for these.

linear_activation_forward: unchecked other-call
"""

import numpy as np


def linear_activation_forward(A_prev, W, b, activation):
    Z = W @ A_prev + b
    if activation == "softmax":
        E = np.exp(Z - Z.max(axis=0))
        A = E / E.sum(axis=0)
    elif activation == "relu":
        A = np.maximum(0, Z)
    return A, ((A_prev, W, b), Z)


def classify(X, W1, b1, W2, b2):
    A1, _ = linear_activation_forward(X, W1, b1, "relu")
    return linear_activation_forward(A1, W2, b2, "softmax")[0]
