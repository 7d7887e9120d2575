# ruff: noqa
# mypy: ignore-errors
"""Classes that nobody can make without knowing their constructor; a base class is no class of its own.

Stack: unchecked other-constructor
Scalar: unchecked other-constructor
Blank: not-started
"""


class Part:
    def forward(self, x):
        raise NotImplementedError

    def backward(self, dout):
        raise NotImplementedError


class Stack(Part):
    def __init__(self, parts, rate, seed=0):
        self.parts, self.rate, self.seed = parts, rate, seed

    def forward(self, x):
        for part in self.parts:
            x = part.forward(x)
        return x


class Scalar:
    def __init__(self, number, came_from=()):
        self.number, self.grad, self.came_from = number, 0.0, came_from
        self._backward = lambda: None

    def __add__(self, other):
        total = Scalar(self.number + other.number, (self, other))

        def _backward():
            self.grad += total.grad
            other.grad += total.grad

        total._backward = _backward
        return total


class Blank:
    def __init__(self, n_in, n_out):
        pass

    def forward(self, x):
        pass
