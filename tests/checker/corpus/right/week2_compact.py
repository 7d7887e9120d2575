# ruff: noqa
# mypy: ignore-errors
"""Logistic regression in few lines: b is a number, the cost a float."""

import numpy as np


def sigmoid(z):
    return np.exp(-np.logaddexp(0, -z))


def initialize_with_zeros(dim):
    return np.zeros(shape=(dim, 1)), 0


def propagate(w, b, X, Y):
    m = X.shape[1]
    A = sigmoid(w.T @ X + b)
    cost = -np.mean(Y * np.log(A) + (1 - Y) * np.log(1 - A))
    dz = (A - Y) / m
    return {"dw": X @ dz.T, "db": dz.sum()}, cost


def optimize(w, b, X, Y, num_iterations, learning_rate, print_cost=False):
    costs = []
    for i in range(num_iterations):
        grads, cost = propagate(w, b, X, Y)
        w = w - learning_rate * grads["dw"]
        b = b - learning_rate * grads["db"]
        if i % 100 == 0:
            costs.append(cost)
    return {"w": w, "b": b}, grads, costs


def predict(w, b, X):
    return (sigmoid(w.T @ X + b) > 0.5).astype(float)
