# ruff: noqa
# mypy: ignore-errors
import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def sigmoid_prime(z):
    s = sigmoid(z)
    return s * (1 - s)


class Net:
    """One example at a time, as a column; squared error; weights and biases in lists."""

    def __init__(self, sizes):
        pairs = list(zip(sizes[1:], sizes[:-1]))
        self.weights = [np.random.randn(n, k) / np.sqrt(k) for n, k in pairs]
        self.biases = [np.zeros((n, 1)) for n, _ in pairs]

    def feedforward(self, x):
        out = x
        for W, b in zip(self.weights, self.biases):
            out = sigmoid(W @ out + b)
        return out

    def backprop(self, x, y):
        outs, sums = [x], []
        for W, b in zip(self.weights, self.biases):
            sums.append(W @ outs[-1] + b)
            outs.append(sigmoid(sums[-1]))
        error = (outs[-1] - y) * sigmoid_prime(sums[-1])
        nabla_b, nabla_w = [error], [error @ outs[-2].T]
        for i, W in enumerate(self.weights[:0:-1], start=2):
            error = (W.T @ error) * sigmoid_prime(sums[-i])
            nabla_b.insert(0, error)
            nabla_w.insert(0, error @ outs[-i - 1].T)
        return nabla_b, nabla_w
