# ruff: noqa
# mypy: ignore-errors
import numpy as np


def init_params(n_in, n_hidden, n_out, seed=0):
    rng = np.random.RandomState(seed)
    W1 = rng.randn(n_in, n_hidden) * np.sqrt(2.0 / n_in)
    b1 = np.zeros((1, n_hidden))
    W2 = rng.randn(n_hidden, n_out) * np.sqrt(2.0 / n_hidden)
    b2 = np.zeros((1, n_out))
    return {"W1": W1, "b1": b1, "W2": W2, "b2": b2}


def relu(Z):
    return np.maximum(Z, 0)


def relu_backward(dA, Z):
    dZ = dA * (Z > 0)
    return dZ


def sigmoid(Z):
    return 1.0 / (1.0 + np.exp(-Z))


def sigmoid_backward(dA, Z):
    A = sigmoid(Z)
    dZ = dA * A * (1 - A)
    return dZ


def tanh_backward(dA, Z):
    A = np.tanh(Z)
    return dA * (1 - A**2)


def softmax(Z):
    shifted = Z - np.max(Z, axis=1, keepdims=True)
    exps = np.exp(shifted)
    return exps / np.sum(exps, axis=1, keepdims=True)


def forward(X, params):
    Z1 = X @ params["W1"] + params["b1"]
    A1 = relu(Z1)
    Z2 = A1 @ params["W2"] + params["b2"]
    probs = softmax(Z2)
    cache = {"X": X, "Z1": Z1, "A1": A1, "Z2": Z2}
    return probs, cache


def cross_entropy(probs, y):
    m = y.shape[0]
    return -np.sum(y * np.log(probs + 1e-12)) / m


def backward(probs, y, cache, params):
    m = y.shape[0]
    dZ2 = (probs - y) / m
    dW2 = cache["A1"].T @ dZ2
    db2 = np.sum(dZ2, axis=0, keepdims=True)
    dA1 = dZ2 @ params["W2"].T
    dZ1 = relu_backward(dA1, cache["Z1"])
    dW1 = cache["X"].T @ dZ1
    db1 = np.sum(dZ1, axis=0, keepdims=True)
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}


def update(params, grads, lr):
    new = dict(params)
    for i in range(1, len(params) // 2 + 1):
        new[f"W{i}"] = params[f"W{i}"] - lr * grads[f"W{i}"]
        new[f"b{i}"] = params[f"b{i}"] - lr * grads[f"b{i}"]
    return new


def numerical_gradient(f, x, h=1e-5):
    grad = np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        old = x[i]
        x[i] = old + h
        plus = f(x)
        x[i] = old - h
        minus = f(x)
        x[i] = old
        grad[i] = (plus - minus) / (2 * h)
    return grad


def predict(X, params):
    probs, _ = forward(X, params)
    return np.argmax(probs, axis=1)


def train(X, y, n_hidden=16, epochs=200, lr=0.5, seed=0):
    params = init_params(X.shape[1], n_hidden, y.shape[1], seed)
    losses = []
    for epoch in range(epochs):
        probs, cache = forward(X, params)
        losses.append(cross_entropy(probs, y))
        grads = backward(probs, y, cache, params)
        params = update(params, grads, lr)
    return params, losses
