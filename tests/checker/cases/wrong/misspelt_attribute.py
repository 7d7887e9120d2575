# ruff: noqa
# mypy: ignore-errors
"""forward keeps self.mask, backward asks for self.msk; an annotation without a value keeps nothing.

Relu.forward: ok
Relu.backward: wrong misspelt-attribute
Momentum.update: wrong raised
"""


class Relu:
    def forward(self, x):
        self.mask = x <= 0
        return x * ~self.mask

    def backward(self, dout):
        return dout * ~self.msk


class Momentum:
    v: dict

    def __init__(self, lr=0.01, momentum=0.9):
        self.lr, self.momentum = lr, momentum

    def update(self, params, grads):
        if self.v is None:
            self.v = {key: 0 * value for key, value in params.items()}
        for key in params:
            self.v[key] = self.momentum * self.v[key] - self.lr * grads[key]
            params[key] += self.v[key]
