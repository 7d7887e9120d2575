# ruff: noqa
# mypy: ignore-errors
"""Functions for one number, as on a book's first pages.

sigmoid: ok activation.overflow
relu: ok
step_function: ok
relu_derivative: ok
"""

import math


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def relu(x):
    if x > 0:
        return x
    return 0


def step_function(x):
    return 1 if x > 0 else 0


def relu_derivative(x):
    return 1 if x > 0 else 0
