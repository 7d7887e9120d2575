# ruff: noqa
# mypy: ignore-errors
"""What NumPy 1 ran and newer versions refuse: one number in three brackets.

conv_single_step: ok old-numpy
"""

import numpy as np


def conv_single_step(a_slice_prev, W, b):
    return float(b) + np.sum(np.multiply(a_slice_prev, W))
