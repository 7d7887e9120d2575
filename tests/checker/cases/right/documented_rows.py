# ruff: noqa
# mypy: ignore-errors
"""The course's names and parameters with examples as rows: the signature alone does not say which are meant.

linear_forward: ok
L_model_forward: ok
rnn_cell_forward: ok
"""

import numpy as np


def linear_forward(A, W, b):
    return A @ W + b, (A, W, b)


def L_model_forward(X, parameters):
    caches, A, L = [], X, len(parameters) // 2
    for l in range(1, L + 1):
        W, b = parameters["W" + str(l)], parameters["b" + str(l)]
        Z = A @ W + b
        caches.append(((A, W, b), Z))
        A = np.maximum(0, Z) if l < L else 1 / (1 + np.exp(-Z))
    return A, caches


def rnn_cell_forward(xt, a_prev, parameters):
    p = parameters
    a_next = np.tanh(xt @ p["Wax"] + a_prev @ p["Waa"] + p["ba"])
    E = np.exp(a_next @ p["Wya"] + p["by"])
    return a_next, E / E.sum(axis=1, keepdims=True), (a_next, a_prev, xt, parameters)
