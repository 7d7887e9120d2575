# ruff: noqa
# mypy: ignore-errors
"""An optimizer with its numbers in its equations, which collects no squares.

RMSProp.update: wrong squares.no-square
"""

import numpy as np


class RMSProp:
    def __init__(self):
        self.h = None

    def update(self, params, grads):
        if self.h is None:
            self.h = {k: np.zeros_like(p) for k, p in params.items()}
        for k in params:
            self.h[k] = 0.95 * self.h[k] + 0.05 * grads[k]
            params[k] -= 0.002 * grads[k] / (np.sqrt(self.h[k]) + 1e-5)
