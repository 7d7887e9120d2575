# ruff: noqa
# mypy: ignore-errors
"""None where it belongs: for what comes later, and for what may be left out.

Sigmoid.forward: ok
Sigmoid.backward: ok
mean_squared_error: ok
"""

import numpy as np


class Sigmoid:
    def __init__(self):
        self.out = None

    def forward(self, x):
        self.out = 1 / (1 + np.exp(-x))
        return self.out

    def backward(self, dout):
        return dout * self.out * (1 - self.out)


def mean_squared_error(y, t):
    total = None
    for error in np.ravel(y - t):
        total = error**2 if total is None else total + error**2
    return 0.5 * total
