# ruff: noqa
# mypy: ignore-errors
"""All keys are small, everywhere; and layers are counted from 0.

initialize_parameters_deep: ok
update_parameters: unchecked other-call
"""

import numpy as np


def initialize_parameters_deep(layer_dims):
    np.random.seed(3)
    parameters = {}
    for l in range(1, len(layer_dims)):
        parameters["w" + str(l)] = np.random.randn(layer_dims[l], layer_dims[l - 1]) * 0.01
        parameters["b" + str(l)] = np.zeros((layer_dims[l], 1))
    return parameters


def update_parameters(parameters, grads, learning_rate):
    for l in range(len(parameters) // 2):
        parameters["w" + str(l)] = parameters["w" + str(l)] - learning_rate * grads["dw" + str(l)]
        parameters["b" + str(l)] = parameters["b" + str(l)] - learning_rate * grads["db" + str(l)]
    return parameters
