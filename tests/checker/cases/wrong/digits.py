# ruff: noqa
# mypy: ignore-errors
"""Digits in Kaggle's way, each function that is not used by another with a mistake.

init_params: wrong initialize.symmetric
ReLU: ok
softmax: ok softmax.overflow
forward_prop: ok
ReLU_deriv: ok
one_hot: ok
backward_prop: wrong linear_backward.db-scalar
update_params: wrong update.other-gradient
get_predictions: wrong predict.argmax-axis
get_accuracy: wrong accuracy.inverted
"""

import numpy as np

m = 400


def init_params():
    W1 = np.zeros((10, 784))
    b1 = np.random.rand(10, 1) - 0.5
    W2 = np.random.rand(10, 10) - 0.5
    b2 = np.random.rand(10, 1) - 0.5
    return W1, b1, W2, b2


def ReLU(Z):
    return np.maximum(Z, 0)


def softmax(Z):
    A = np.exp(Z) / sum(np.exp(Z))
    return A


def forward_prop(W1, b1, W2, b2, X):
    Z1 = W1.dot(X) + b1
    A1 = ReLU(Z1)
    Z2 = W2.dot(A1) + b2
    A2 = softmax(Z2)
    return Z1, A1, Z2, A2


def ReLU_deriv(Z):
    return Z > 0


def one_hot(Y):
    marked = np.zeros((Y.size, Y.max() + 1))
    marked[np.arange(Y.size), Y] = 1
    marked = marked.T
    return marked


def backward_prop(Z1, A1, Z2, A2, W1, W2, X, Y):
    marked = one_hot(Y)
    dZ2 = A2 - marked
    dW2 = 1 / m * dZ2.dot(A1.T)
    db2 = 1 / m * np.sum(dZ2)
    dZ1 = W2.T.dot(dZ2) * ReLU_deriv(Z1)
    dW1 = 1 / m * dZ1.dot(X.T)
    db1 = 1 / m * np.sum(dZ1)
    return dW1, db1, dW2, db2


def update_params(W1, b1, W2, b2, dW1, db1, dW2, db2, alpha):
    W1 = W1 - alpha * dW1
    b1 = b1 - alpha * db1
    W2 = W2 - alpha * dW2
    b2 = b2 - alpha * db1
    return W1, b1, W2, b2


def get_predictions(A2):
    return np.argmax(A2, 1)


def get_accuracy(predictions, Y):
    return np.sum(predictions != Y) / Y.size


def gradient_descent(X, Y, alpha, iterations):
    W1, b1, W2, b2 = init_params()
    for i in range(iterations):
        Z1, A1, Z2, A2 = forward_prop(W1, b1, W2, b2, X)
        dW1, db1, dW2, db2 = backward_prop(Z1, A1, Z2, A2, W1, W2, X, Y)
        W1, b1, W2, b2 = update_params(W1, b1, W2, b2, dW1, db1, dW2, db2, alpha)
        if i % 10 == 0:
            print(get_accuracy(get_predictions(A2), Y))
    return W1, b1, W2, b2
