# ruff: noqa
# mypy: ignore-errors
"""Type hints, and caches that are named tuples."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class LinearCache(NamedTuple):
    A_prev: Array
    W: Array
    b: Array


def sigmoid(Z: Array) -> tuple[Array, Array]:
    return 1 / (1 + np.exp(-Z)), Z


def sigmoid_backward(dA: Array, cache: Array) -> Array:
    A, _ = sigmoid(cache)
    return dA * A * (1 - A)


def linear_forward(A: Array, W: Array, b: Array) -> tuple[Array, LinearCache]:
    return W @ A + b, LinearCache(A, W, b)


def linear_backward(dZ: Array, cache: LinearCache) -> tuple[Array, Array, Array]:
    A_prev, W, _ = cache
    m: int = A_prev.shape[1]
    return W.T @ dZ, dZ @ A_prev.T / m, dZ.sum(1, keepdims=True) / m


def predict(X: Array, parameters: dict[str, Array]) -> NDArray[np.int_]:
    A: Array = X
    L = len(parameters) // 2
    for l in range(1, L + 1):
        Z, _ = linear_forward(A, parameters[f"W{l}"], parameters[f"b{l}"])
        A = np.maximum(Z, 0) if l < L else sigmoid(Z)[0]
    return (A > 0.5).astype(int)
