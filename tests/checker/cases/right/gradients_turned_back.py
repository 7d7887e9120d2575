# ruff: noqa
# mypy: ignore-errors
"""Gradients of the weights lie the other way round, and the update turns them back.

sigmoid: ok
forward_propagation: ok
backward_propagation: ok
update_parameters: ok
"""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def forward_propagation(X, params):
    A1 = sigmoid(X @ params["W1"] + params["b1"])
    A2 = sigmoid(A1 @ params["W2"] + params["b2"])
    return A2, {"A1": A1, "A2": A2}


def backward_propagation(X, Y, cache, params):
    n = X.shape[0]
    dZ2 = cache["A2"] - Y
    dZ1 = (dZ2 @ params["W2"].T) * cache["A1"] * (1 - cache["A1"])
    grads = {"dW2": dZ2.T @ cache["A1"] / n, "db2": dZ2.sum(axis=0, keepdims=True) / n}
    grads |= {"dW1": dZ1.T @ X / n, "db1": dZ1.sum(axis=0, keepdims=True) / n}
    return grads


def update_parameters(params, grads, lr):
    return {
        "W1": params["W1"] - lr * grads["dW1"].T,
        "b1": params["b1"] - lr * grads["db1"],
        "W2": params["W2"] - lr * grads["dW2"].T,
        "b2": params["b2"] - lr * grads["db2"],
    }
