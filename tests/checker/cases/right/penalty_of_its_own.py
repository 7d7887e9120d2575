# ruff: noqa
# mypy: ignore-errors
"""A backward pass that adds the gradient of a penalty, whose factor is its own.

forward: ok
backward: unchecked other-result
"""

import numpy as np


def forward(X, params):
    A1 = np.tanh(X @ params["W1"] + params["b1"])
    Z2 = A1 @ params["W2"] + params["b2"]
    E = np.exp(Z2 - Z2.max(axis=1, keepdims=True))
    A2 = E / E.sum(axis=1, keepdims=True)
    return A2, {"A1": A1, "A2": A2}


def backward(X, Y, params, cache, reg=0.01):
    d2 = (cache["A2"] - Y) / len(X)
    d1 = (d2 @ params["W2"].T) * (1 - cache["A1"] ** 2)
    dW2, dW1 = cache["A1"].T @ d2 + reg * params["W2"], X.T @ d1 + reg * params["W1"]
    return {"dW1": dW1, "db1": d1.sum(axis=0), "dW2": dW2, "db2": d2.sum(axis=0)}
