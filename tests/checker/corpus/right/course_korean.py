# ruff: noqa
# mypy: ignore-errors
"""순전파와 역전파를 한 번에 정리한 노트."""

import numpy as np


# 활성화 함수
def sigmoid(Z):
    A = 1 / (1 + np.exp(-Z))  # 0과 1 사이의 값
    return A, Z


def relu(Z):
    A = Z * (Z > 0)  # 음수는 0으로
    return A, Z


# 활성화 함수의 역전파: dZ = dA * g'(Z)
def sigmoid_backward(dA, Z):
    s = 1 / (1 + np.exp(-Z))
    return dA * s * (1 - s)


def relu_backward(dA, Z):
    기울기 = (Z > 0).astype(dA.dtype)
    return 기울기 * dA


# 선형 부분
def linear_forward(x, W, b):
    Z = W.dot(x) + b
    cache = (x, W, b)  # 역전파에서 사용
    return Z, cache


def linear_backward(dZ, cache):
    X_prev, W, b = cache
    m = X_prev.shape[1]  # 샘플 수
    dW = np.dot(dZ, X_prev.T) / m
    db = np.sum(dZ, axis=1, keepdims=True) / m
    dX_prev = np.dot(W.T, dZ)
    return dX_prev, dW, db


def linear_activation_forward(X_prev, W, b, activation):
    Z, linear_cache = linear_forward(X_prev, W, b)
    if activation == "relu":
        X, activation_cache = relu(Z)
    else:
        X, activation_cache = sigmoid(Z)
    return X, (linear_cache, activation_cache)


def linear_activation_backward(dA, cache, activation):
    linear_cache, activation_cache = cache
    if activation == "relu":
        dZ = relu_backward(dA, activation_cache)
    else:
        dZ = sigmoid_backward(dA, activation_cache)
    return linear_backward(dZ, linear_cache)


def N_layers_forward(X, parameters):
    caches = []
    L = len(parameters) // 2
    for l in range(1, L):
        X, cache = linear_activation_forward(X, parameters["W" + str(l)], parameters["b" + str(l)], "relu")
        caches.append(cache)
    prediction, cache = linear_activation_forward(X, parameters["W" + str(L)], parameters["b" + str(L)], "sigmoid")
    caches.append(cache)
    return prediction, caches


def cross_entropy_loss(prediction, Y):
    m = Y.shape[1]
    return np.squeeze((-1.0 / m) * np.sum(Y * np.log(prediction) + (1 - Y) * np.log(1 - prediction)))


def N_layers_backward(prediction, Y, caches):
    grads = {}
    L = len(caches)
    dX = -(np.divide(Y, prediction) - np.divide(1 - Y, 1 - prediction))
    for l in reversed(range(L)):
        activation = "sigmoid" if l == L - 1 else "relu"
        dX, grads["dW" + str(l + 1)], grads["db" + str(l + 1)] = linear_activation_backward(dX, caches[l], activation)
        grads["dX" + str(l)] = dX
    return grads
