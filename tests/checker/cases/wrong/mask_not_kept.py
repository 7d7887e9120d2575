# ruff: noqa
# mypy: ignore-errors
"""Forward does not keep what backward reads.

Relu.forward: wrong forward.never-kept
Relu.backward: unchecked needs-another
"""


class Relu:
    def __init__(self):
        self.mask = None

    def forward(self, x):
        mask = x <= 0
        out = x.copy()
        out[mask] = 0
        return out

    def backward(self, dout):
        dout[self.mask] = 0
        return dout
