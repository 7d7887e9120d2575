# ruff: noqa
# mypy: ignore-errors
"""A loss for labels of -1 and 1, one below the other, with its gradients.

logistic_loss: ok
"""

import numpy as np


def scores(x, w, b):
    return x.dot(w) + b


def logistic_loss(x, y, w, b):
    z = scores(x, w, b)
    loss = np.mean(np.log(1 + np.exp(-y * z)), axis=0)
    dz = -y * np.exp(-y * z) / (1 + np.exp(-y * z))
    dw = x.T.dot(dz)
    db = np.sum(dz, axis=0)
    return loss, dw, db
