# ruff: noqa
# mypy: ignore-errors
"""An exception of whatever kind costs no other function its verdict.

tanh: wrong raised
relu: wrong raised
sigmoid: ok
"""

import numpy as np


class Stop(BaseException):
    pass


def tanh(Z):
    raise Stop


def relu(Z):
    raise KeyboardInterrupt


def sigmoid(Z):
    return 1 / (1 + np.exp(-Z)), Z
