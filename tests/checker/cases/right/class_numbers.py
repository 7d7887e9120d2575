# ruff: noqa
# mypy: ignore-errors
"""One error takes class numbers, the other what it is given: nothing says that their targets are the same.

cross_entropy: ok
mean_squared_error: ok
"""

import numpy as np


def mean_squared_error(y, t):
    return np.sum((y - t) ** 2) / len(y)


def cross_entropy(y, t):
    return -np.log(y[np.arange(len(t)), t] + 1e-7).mean()
