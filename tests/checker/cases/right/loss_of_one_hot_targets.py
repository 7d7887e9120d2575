# ruff: noqa
# mypy: ignore-errors
"""The book's first loss layer: its loss takes labels, its gradient takes one-hot targets.

SoftmaxWithLoss.forward: ok
SoftmaxWithLoss.backward: ok
"""

from common.functions import cross_entropy_error, softmax


class SoftmaxWithLoss:
    def __init__(self):
        self.y, self.t = None, None

    def forward(self, x, t):
        self.t, self.y = t, softmax(x)
        return cross_entropy_error(self.y, self.t)

    def backward(self, dout=1):
        batch_size = len(self.t)
        return dout * (self.y - self.t) / batch_size
