# ruff: noqa
# mypy: ignore-errors
"""The loop of the backward pass ends before the first layer, whose gradients stay 0: no numbers that were cut off.

relu: ok
relu_prime: ok
Network.backprop: wrong wrong-numbers
"""

import numpy as np


def relu(z):
    return np.maximum(0, z)


def relu_prime(z):
    return (z > 0) * 1.0


def softmax(z):
    e = np.exp(z - z.max(axis=0, keepdims=True))
    return e / e.sum(axis=0, keepdims=True)


class Network:
    def __init__(self, sizes):
        self.num_layers = len(sizes)
        self.biases = [np.random.randn(n, 1) for n in sizes[1:]]
        self.weights = [np.random.randn(n, k) for k, n in zip(sizes[:-1], sizes[1:])]

    def feedforward(self, a):
        for b, w in zip(self.biases[:-1], self.weights[:-1]):
            a = relu(w @ a + b)
        return softmax(self.weights[-1] @ a + self.biases[-1])

    def backprop(self, x, y):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        activations, zs = [x], []
        for b, w in zip(self.biases, self.weights):
            zs.append(w @ activations[-1] + b)
            activations.append(relu(zs[-1]))
        activations[-1] = softmax(zs[-1])
        delta = activations[-1] - y
        nabla_b[-1], nabla_w[-1] = delta.sum(axis=1, keepdims=True), delta @ activations[-2].T
        for l in range(2, self.num_layers - 1):
            delta = self.weights[1 - l].T @ delta * relu_prime(zs[-l])
            nabla_b[-l], nabla_w[-l] = delta.sum(axis=1, keepdims=True), delta @ activations[-l - 1].T
        return nabla_b, nabla_w
