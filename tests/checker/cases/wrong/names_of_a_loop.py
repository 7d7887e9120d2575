# ruff: noqa
# mypy: ignore-errors
"""A network whose step moves its parameters under the names of a loop; softmax is written out.

Classifier.learn: wrong own-step
"""

import numpy as np


class Classifier:
    def __init__(self, n_features, h1, n_classes, rate=0.05):
        self.rate = rate
        self.V, self.c = 0.3 * np.random.randn(n_features, h1), np.zeros(h1)
        self.U, self.d = 0.3 * np.random.randn(h1, n_classes), np.zeros(n_classes)

    def forward(self, x):
        self.hidden = np.tanh(x @ self.V + self.c)
        e = np.exp(self.hidden @ self.U + self.d)
        self.p = e / e.sum(axis=1, keepdims=True)
        return self.p

    def learn(self, x, y):
        up = (self.p - y) / len(x)
        down = up @ self.U.T  # the slope of tanh is missing
        for weights, bias, delta, inputs in [[self.V, self.c, down, x], [self.U, self.d, up, self.hidden]]:
            weights -= self.rate * inputs.T @ delta
            bias -= self.rate * delta.sum(axis=0)
