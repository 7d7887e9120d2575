# ruff: noqa
# mypy: ignore-errors
"""The book's first functions, for one example at a time."""

import numpy as np


def AND(x1, x2):
    return 1 if 0.5 * x1 + 0.5 * x2 > 0.7 else 0


def NAND(x1, x2):
    return int(-0.5 * x1 - 0.5 * x2 + 0.7 > 0)


def OR(x1, x2):
    return int(np.dot([0.5, 0.5], [x1, x2]) - 0.2 > 0)


def XOR(x1, x2):
    return AND(NAND(x1, x2), OR(x1, x2))


def step_function(x):
    return (x > 0).astype(int)


def identity_function(x):
    return x


def softmax(a):
    exp_a = np.exp(a - np.max(a))
    return exp_a / np.sum(exp_a)


def cross_entropy_error(y, t):
    return -np.sum(t * np.log(y + 1e-7))


def mean_squared_error(y, t):
    return 0.5 * np.sum((y - t) ** 2)


def numerical_gradient(f, x):
    h = 1e-4
    grad = np.zeros_like(x)
    for idx in range(x.size):
        old = x.flat[idx]
        x.flat[idx] = old + h
        plus = f(x)
        x.flat[idx] = old - h
        grad.flat[idx] = (plus - f(x)) / (2 * h)
        x.flat[idx] = old
    return grad
