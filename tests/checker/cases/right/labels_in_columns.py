# ruff: noqa
# mypy: ignore-errors
"""Labels are numbers of classes, and pick one probability of each column.

compute_cost: ok
"""

import numpy as np


def compute_cost(AL, Y):
    m = AL.shape[1]
    return -np.log(AL[Y, np.arange(m)] + 1e-12).sum() / m
