# ruff: noqa
# mypy: ignore-errors
"""A residual block of layer classes, each with its own forward and backward pass."""

import numpy as np


class Dense:
    def __init__(self, n_in, n_out, seed=0):
        rng = np.random.RandomState(seed)
        self.W = rng.randn(n_in, n_out) * np.sqrt(2 / n_in)
        self.b = np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, grad):
        self.dW = self.x.T @ grad
        self.db = grad.sum(axis=0)
        return grad @ self.W.T

    def update(self, lr):
        self.W -= lr * self.dW
        self.b -= lr * self.db


class Relu:
    def forward(self, x):
        self.positive = x > 0
        return x * self.positive

    def backward(self, grad):
        return grad * self.positive

    def update(self, lr):
        pass


class ResidualBlock:
    """y = x + F(x), where F is two dense layers with a ReLU between them."""

    def __init__(self, width, hidden, seed=0):
        self.inside = [Dense(width, hidden, seed), Relu(), Dense(hidden, width, seed + 1)]

    def forward(self, x):
        out = x
        for layer in self.inside:
            out = layer.forward(out)
        return x + out

    def backward(self, grad):
        inner = grad
        for layer in reversed(self.inside):
            inner = layer.backward(inner)
        return grad + inner

    def update(self, lr):
        for layer in self.inside:
            layer.update(lr)


class MeanSquaredError:
    def forward(self, prediction, target):
        self.difference = prediction - target
        return np.mean(self.difference**2)

    def backward(self):
        return 2 * self.difference / self.difference.size


class Network:
    def __init__(self):
        self.layers = [Dense(3, 6, 1), ResidualBlock(6, 8, 2), Relu(), ResidualBlock(6, 8, 4), Dense(6, 2, 6)]
        self.loss = MeanSquaredError()

    def predict(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def train_step(self, x, target, lr):
        loss = self.loss.forward(self.predict(x), target)
        grad = self.loss.backward()
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
        for layer in self.layers:
            layer.update(lr)
        return loss


def main():
    rng = np.random.RandomState(7)
    x = rng.randn(24, 3)
    target = np.stack([np.sin(x[:, 0]) * x[:, 1], x[:, 2] ** 2], axis=1)
    network = Network()
    for epoch in range(60):
        loss = network.train_step(x, target, 0.05)
        if epoch % 20 == 0:
            print(epoch, loss)


if __name__ == "__main__":
    main()
