# ruff: noqa
# mypy: ignore-errors
"""Columns, by a helper file of the course, beside the rows of a book: what our helper refuses proves nothing.

linear_activation_forward: unchecked other-call
forward: ok
"""

import numpy as np
from dnn_app_utils_v2 import linear_forward, sigmoid


def linear_activation_forward(A_prev, W, b, activation):
    Z, cache = linear_forward(A_prev, W, b)
    return (sigmoid(Z)[0] if activation == "sigmoid" else np.maximum(0, Z)), (cache, Z)


def forward(network, x):
    W1, W2, W3 = network["W1"], network["W2"], network["W3"]
    b1, b2, b3 = network["b1"], network["b2"], network["b3"]
    z1 = sigmoid(np.dot(x, W1) + b1)[0]
    z2 = sigmoid(np.dot(z1, W2) + b2)[0]
    return np.dot(z2, W3) + b3
