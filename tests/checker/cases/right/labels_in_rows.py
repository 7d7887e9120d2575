# ruff: noqa
# mypy: ignore-errors
"""Labels are numbers of classes, and pick one probability of each row.

cross_entropy_loss: ok
"""

import numpy as np


def cross_entropy_loss(probs, y):
    picked = probs[range(len(y)), y]
    return -np.mean(np.log(picked))
