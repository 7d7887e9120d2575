# ruff: noqa
# mypy: ignore-errors
"""Numbers that remember how they were made; who goes back through them is in another file.

Number.__init__: ok
Number.__add__: ok
Number.__mul__: ok
Number.exp: ok
"""

import math


class Number:
    def __init__(self, value, parents=()):
        self.value = value
        self.grad = 0.0
        self.parents = tuple(parents)
        self.pull = lambda: None

    def __add__(self, other):
        total = Number(self.value + other.value, (self, other))

        def pull():
            self.grad += total.grad
            other.grad += total.grad

        total.pull = pull
        return total

    def __mul__(self, other):
        product = Number(self.value * other.value, (self, other))

        def pull():
            self.grad += other.value * product.grad
            other.grad += self.value * product.grad

        product.pull = pull
        return product

    def exp(self):
        power = Number(math.exp(self.value), (self,))

        def pull():
            self.grad += power.value * power.grad

        power.pull = pull
        return power
