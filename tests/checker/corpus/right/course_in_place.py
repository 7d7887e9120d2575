# ruff: noqa
# mypy: ignore-errors
"""The update happens in the dictionary that was given, and the same dictionary comes back."""

import numpy as np


def initialize_parameters(n_x, n_h, n_y):
    parameters = {}
    parameters["W1"] = np.random.normal(0, 0.1, (n_h, n_x))
    parameters["b1"] = np.zeros(shape=(n_h, 1))
    parameters["W2"] = np.random.normal(0, 0.1, (n_y, n_h))
    parameters["b2"] = np.zeros(shape=(n_y, 1))
    return parameters


def update_parameters(parameters, grads, learning_rate):
    """Change parameters in place; returns the same dictionary."""
    for name in parameters:
        parameters[name] -= learning_rate * grads["d" + name]
    return parameters


def compute_cost(AL, Y):
    m = Y.shape[1]
    cost = -(np.dot(Y, np.log(AL).T) + np.dot(1 - Y, np.log(1 - AL).T)) / m
    return cost.item()
