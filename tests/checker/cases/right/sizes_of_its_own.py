# ruff: noqa
# mypy: ignore-errors
"""The sizes of the layers are written down, so nobody can ask for others.

init_params: ok
"""

import numpy as np


def init_params():
    rng = np.random.default_rng(0)
    W1, b1 = rng.standard_normal((16, 784)) * 0.05, np.zeros((16, 1))
    W2, b2 = rng.standard_normal((10, 16)) * 0.25, np.zeros((10, 1))
    return W1, b1, W2, b2
