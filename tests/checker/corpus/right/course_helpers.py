# ruff: noqa
# mypy: ignore-errors
"""A learner who factors out everything."""

import numpy as np


def _w(params, l):
    return params["W" + str(l)], params["b" + str(l)]


def _activation(Z, name):
    return np.tanh(Z) if name == "tanh" else np.maximum(0, Z) if name == "relu" else 1 / (1 + np.exp(-Z))


def _slope(Z, name):
    if name == "relu":
        return (Z > 0).astype(float)
    A = _activation(Z, name)
    return 1 - A * A if name == "tanh" else A * (1 - A)


def linear_activation_forward(A_prev, W, b, activation):
    Z = W @ A_prev + b
    return _activation(Z, activation), ((A_prev, W, b), Z)


def linear_activation_backward(dA, cache, activation):
    (A_prev, W, b), Z = cache
    m = A_prev.shape[1]
    dZ = dA * _slope(Z, activation)
    return W.T @ dZ, dZ @ A_prev.T / m, np.sum(dZ, axis=1, keepdims=True) / m


def L_model_forward(X, parameters):
    L, A, caches = len(parameters) // 2, X, []
    for l in range(1, L + 1):
        A, cache = linear_activation_forward(A, *_w(parameters, l), "relu" if l < L else "sigmoid")
        caches.append(cache)
    return A, caches


def L_model_backward(AL, Y, caches):
    grads, dA = {}, -(Y / AL - (1 - Y) / (1 - AL))
    for l, cache in reversed(list(enumerate(caches, start=1))):
        out = linear_activation_backward(dA, cache, "sigmoid" if l == len(caches) else "relu")
        grads["dA" + str(l - 1)], grads["dW" + str(l)], grads["db" + str(l)] = out
        dA = out[0]
    return grads


def update_parameters(parameters, grads, learning_rate):
    return {name: value - learning_rate * grads["d" + name] for name, value in parameters.items()}
