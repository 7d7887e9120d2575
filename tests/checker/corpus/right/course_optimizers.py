# ruff: noqa
# mypy: ignore-errors
"""The course's optimizers and mini-batches, with loops over W and b."""

import numpy as np, math, copy


def update_parameters_with_gd(parameters, grads, learning_rate):
    L = len(parameters) // 2
    for l in range(1, L + 1):
        parameters["W" + str(l)] = parameters["W" + str(l)] - learning_rate * grads["dW" + str(l)]
        parameters["b" + str(l)] = parameters["b" + str(l)] - learning_rate * grads["db" + str(l)]
    return parameters


def random_mini_batches(X, Y, mini_batch_size=64, seed=0):
    np.random.seed(seed)
    m = X.shape[1]
    mini_batches = []
    permutation = list(np.random.permutation(m))
    shuffled_X = X[:, permutation]
    shuffled_Y = Y[:, permutation].reshape((1, m))
    n = math.floor(m / mini_batch_size)
    for k in range(0, n):
        xb = shuffled_X[:, k * mini_batch_size : (k + 1) * mini_batch_size]
        yb = shuffled_Y[:, k * mini_batch_size : (k + 1) * mini_batch_size]
        mini_batches.append((xb, yb))
    if m % mini_batch_size != 0:
        xb = shuffled_X[:, n * mini_batch_size :]
        yb = shuffled_Y[:, n * mini_batch_size :]
        mini_batches.append((xb, yb))
    return mini_batches


def initialize_velocity(parameters):
    L = len(parameters) // 2
    v = {}
    for l in range(1, L + 1):
        v["dW" + str(l)] = np.zeros(parameters["W" + str(l)].shape)
        v["db" + str(l)] = np.zeros(parameters["b" + str(l)].shape)
    return v


def update_parameters_with_momentum(parameters, grads, v, beta, learning_rate):
    L = len(parameters) // 2
    for l in range(1, L + 1):
        for n in "Wb":
            v["d" + n + str(l)] = beta * v["d" + n + str(l)] + (1 - beta) * grads["d" + n + str(l)]
            parameters[n + str(l)] = parameters[n + str(l)] - learning_rate * v["d" + n + str(l)]
    return parameters, v


def initialize_adam(parameters):
    L = len(parameters) // 2
    v = {}
    s = {}
    for l in range(1, L + 1):
        v["dW" + str(l)] = np.zeros(parameters["W" + str(l)].shape)
        v["db" + str(l)] = np.zeros(parameters["b" + str(l)].shape)
        s["dW" + str(l)] = np.zeros(parameters["W" + str(l)].shape)
        s["db" + str(l)] = np.zeros(parameters["b" + str(l)].shape)
    return v, s


def update_parameters_with_adam(parameters, grads, v, s, t, learning_rate=0.01, beta1=0.9, beta2=0.999, epsilon=1e-8):
    L = len(parameters) // 2
    vc = {}
    sc = {}
    for l in range(1, L + 1):
        for n in "Wb":
            k = "d" + n + str(l)
            v[k] = beta1 * v[k] + (1 - beta1) * grads[k]
            vc[k] = v[k] / (1 - beta1**t)
            s[k] = beta2 * s[k] + (1 - beta2) * grads[k] ** 2
            sc[k] = s[k] / (1 - beta2**t)
            parameters[n + str(l)] = parameters[n + str(l)] - learning_rate * vc[k] / (np.sqrt(sc[k]) + epsilon)
    return parameters, v, s, vc, sc
