# ruff: noqa
# mypy: ignore-errors
"""A capital letter too much, where everything is imported from a file that is not here.

update_parameters: wrong misspelt-name
"""

from my_activations import *
import numpy as np


def update_parameters(W1, b1, dW1, db1, lr):
    W1 = W1 - lr * dW1
    b1 = b1 - lR * db1
    return W1, b1
