# ruff: noqa
# mypy: ignore-errors
"""Templates that keep None in a dict, loop over it, or ask it.

initialize_parameters_deep: not-started
update_parameters: not-started
L_model_forward: not-started
"""

import numpy as np


def initialize_parameters_deep(layer_dims):
    parameters = {}
    for l in range(1, len(layer_dims)):
        parameters["W" + str(l)] = None
        parameters["b" + str(l)] = np.zeros((layer_dims[l], 1))
    return parameters


def update_parameters(parameters, grads, learning_rate):
    L = len(parameters) // 2
    for l in range(L):
        parameters["W" + str(l + 1)] = ...
        parameters["b" + str(l + 1)] = ...
    return parameters


def L_model_forward(X, parameters):
    caches = []
    A = X
    for l in range(None):
        A, cache = linear_activation_forward(A, parameters["W" + str(l)], parameters["b" + str(l)], "relu")
        caches.append(cache)
    return A, caches
