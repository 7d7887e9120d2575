# ruff: noqa
# mypy: ignore-errors
"""Parameters of fixed sizes with one output, whose weights nobody would expect to differ from those of another unit.

init_params: ok
"""

import numpy as np


def init_params():
    W1, b1 = np.random.randn(4, 2), np.zeros((4, 1))
    W2, b2 = np.random.randn(1, 4), np.zeros((1, 1))
    return W1, b1, W2, b2
