# ruff: noqa
# mypy: ignore-errors
"""The number of examples is a variable of the file, and not of the function.

relu: ok
forward_prop: ok
backward_prop: unchecked needs-file
"""

import numpy as np

data = np.genfromtxt("train.csv", delimiter=",")
m, n = data.shape


def relu(Z):
    return np.maximum(Z, 0)


def softmax(Z):
    return np.exp(Z) / sum(np.exp(Z))


def forward_prop(W1, b1, W2, b2, X):
    Z1 = W1.dot(X) + b1
    A1 = relu(Z1)
    Z2 = W2.dot(A1) + b2
    A2 = softmax(Z2)
    return Z1, A1, Z2, A2


def backward_prop(Z1, A1, Z2, A2, W2, X, Y):
    dZ2 = A2 - np.eye(A2.shape[0])[Y].T
    dW2 = dZ2.dot(A1.T) / m
    db2 = dZ2.sum(axis=1, keepdims=True) / m
    dZ1 = W2.T.dot(dZ2) * (Z1 > 0)
    return dZ1.dot(X.T) / m, dZ1.sum(axis=1, keepdims=True) / m, dW2, db2
