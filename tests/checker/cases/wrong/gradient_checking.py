# ruff: noqa
# mypy: ignore-errors
"""A gradient check that is wrong is found beside gradients that are, and not excused by them.

forward_propagation: ok
backward_propagation: wrong gradient_check.other-derivative
gradient_check: wrong gradient_check.divided-by-epsilon
forward_propagation_n: ok
backward_propagation_n: wrong gradient_check.planted
gradient_check_n: wrong gradient_check.one-sided-half
"""

import numpy as np


def forward_propagation(x, theta):
    return x * theta


def backward_propagation(x, theta):
    return theta


def gradient_check(x, theta, epsilon=1e-7, print_msg=False):
    above = forward_propagation(x, theta + epsilon)
    below = forward_propagation(x, theta - epsilon)
    approximated = (above - below) / epsilon
    own = backward_propagation(x, theta)
    return np.linalg.norm(own - approximated) / (np.linalg.norm(own) + np.linalg.norm(approximated))


def forward_propagation_n(X, Y, parameters):
    W1, b1, W2, b2, W3, b3 = (parameters[name] for name in ("W1", "b1", "W2", "b2", "W3", "b3"))
    A1 = np.maximum(0, W1 @ X + b1)
    A2 = np.maximum(0, W2 @ A1 + b2)
    A3 = 1 / (1 + np.exp(-(W3 @ A2 + b3)))
    cost = -np.mean(Y * np.log(A3) + (1 - Y) * np.log(1 - A3))
    return cost, (A1, A2, W2, A3, W3)


def backward_propagation_n(X, Y, cache):
    A1, A2, W2, A3, W3 = cache
    m = X.shape[1]
    d3 = (A3 - Y) / m
    d2 = W3.T @ d3 * (A2 > 0)
    d1 = W2.T @ d2 * (A1 > 0)
    gradients = {"dW3": d3 @ A2.T, "dW2": 2 * d2 @ A1.T, "dW1": d1 @ X.T}
    return gradients | {f"db{i}": d.sum(axis=1, keepdims=True) for i, d in ((1, d1), (2, d2), (3, d3))}


_SHAPES = {"W1": (5, 4), "b1": (5, 1), "W2": (3, 5), "b2": (3, 1), "W3": (1, 3), "b3": (1, 1)}


def _vector(values, prefix=""):
    return np.concatenate([values[prefix + name].reshape(-1, 1) for name in _SHAPES])


def _dictionary(theta):
    parameters, at = {}, 0
    for name, (rows, columns) in _SHAPES.items():
        parameters[name] = theta[at : at + rows * columns].reshape(rows, columns)
        at += rows * columns
    return parameters


def gradient_check_n(parameters, gradients, X, Y, epsilon=1e-7):
    theta, own = _vector(parameters), _vector(gradients, "d")
    approximated = np.zeros_like(theta)
    for i in range(len(theta)):
        above, below = theta.copy(), theta.copy()
        above[i] += epsilon
        below[i] += 0
        costs = [forward_propagation_n(X, Y, _dictionary(each))[0] for each in (above, below)]
        approximated[i] = (costs[0] - costs[1]) / (2 * epsilon)
    return np.linalg.norm(own - approximated) / (np.linalg.norm(own) + np.linalg.norm(approximated))
