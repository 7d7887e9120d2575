# ruff: noqa
# mypy: ignore-errors
"""What backward reads is set by another method that forward calls.

Relu.forward: ok
Relu.backward: ok
"""


class Relu:
    def __init__(self):
        self.mask = None

    def remember(self, x):
        self.mask = x <= 0

    def forward(self, x):
        self.remember(x)
        out = x.copy()
        out[self.mask] = 0
        return out

    def backward(self, dout):
        dx = dout.copy()
        dx[self.mask] = 0
        return dx
