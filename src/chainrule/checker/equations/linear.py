"""The linear part of a layer: its equations, and how they usually go wrong. Examples are columns."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.equations.mistakes import Mistake, Values

SHAPES = ((3, 4, 6), (4, 4, 4))
"""n_prev, n and m: all different, and all equal, so that no transpose raises an error."""


def cases() -> list[Values]:
    """Return A_prev, W, b and the upstream gradient dZ."""
    rng = np.random.default_rng(11)
    examples = []
    for n_prev, n, m in SHAPES:
        shapes = {"A_prev": (n_prev, m), "W": (n, n_prev), "b": (n, 1), "dZ": (n, m)}
        examples.append({name: rng.standard_normal(shape) for name, shape in shapes.items()})
    return examples


def forward(v: Values) -> Values:
    """Return Z = W A_prev + b."""
    return {"Z": v["W"] @ v["A_prev"] + v["b"]}


def _z(equation: Callable[[Any, Any, Any], Any], v: Values) -> Values:
    return {"Z": equation(v["A_prev"], v["W"], v["b"])}


_FORWARD: dict[str, Callable[[Any, Any, Any], Any]] = {
    "linear_forward.no-bias": lambda A, W, b: W @ A,
    "linear_forward.minus-bias": lambda A, W, b: W @ A - b,
    "linear_forward.elementwise": lambda A, W, b: W * A + b,
    "linear_forward.weights-transposed": lambda A, W, b: W.T @ A + b,
    "linear_forward.order": lambda A, W, b: A @ W + b,
    "linear_forward.input-transposed": lambda A, W, b: W @ A.T + b,
    "linear_forward.bias-twice": lambda A, W, b: W @ A + 2 * b,
    "linear_forward.bias-inside": lambda A, W, b: W @ (A + b),
    "linear_forward.bias-times": lambda A, W, b: (W @ A) * b,
    "linear_forward.bias-summed": lambda A, W, b: W @ A + b.sum(),
}
FORWARD_MISTAKES = [Mistake(key, partial(_z, equation)) for key, equation in _FORWARD.items()]
"""Usual wrong versions of `forward`."""
ACTIVATED_MISTAKES = [Mistake("linear_forward.bias-after", lambda v: {"Z": v["W"] @ v["A_prev"], "late": v["b"]})]
"""What else goes wrong where an activation follows; what is called "late" is added after it."""


def backward(v: Values, *, mean: bool) -> Values:
    """Return dA_prev, dW and db; with `mean`, dW and db are divided by the number of examples."""
    A, W, dZ = v["A_prev"], v["W"], v["dZ"]
    m = A.shape[1] if mean else 1
    return {"dA_prev": W.T @ dZ, "dW": dZ @ A.T / m, "db": dZ.sum(axis=1, keepdims=True) / m}


def _changed(mean: bool, changes: dict[str, Callable[[Any, Any, Any, float], Any]], v: Values) -> Values:
    m = v["A_prev"].shape[1] if mean else 1
    changed = {name: equation(v["A_prev"], v["W"], v["dZ"], m) for name, equation in changes.items()}
    return backward(v, mean=mean) | changed


_Changes = dict[str, Callable[[Any, Any, Any, float], Any]]
_BACKWARD: dict[str, _Changes] = {
    "linear_backward.gradient-lost": {
        "dW": lambda A, W, dZ, m: np.ones_like(dZ) @ A.T / m,
        "db": lambda A, W, dZ, m: np.ones_like(dZ).sum(axis=1, keepdims=True) / m,
        "dA_prev": lambda A, W, dZ, m: W.T @ np.ones_like(dZ),
    },
    "linear_backward.m-is-features": {
        "dW": lambda A, W, dZ, m: dZ @ A.T / len(A),
        "db": lambda A, W, dZ, m: dZ.sum(axis=1, keepdims=True) / len(A),
    },
    "linear_backward.db-flat": {"db": lambda A, W, dZ, m: dZ.sum(axis=1) / m},
    "linear_backward.db-wrong-axis": {"db": lambda A, W, dZ, m: dZ.sum(axis=0, keepdims=True) / m},
    "linear_backward.db-wrong-axis-flat": {"db": lambda A, W, dZ, m: dZ.sum(axis=0) / m},
    "linear_backward.db-scalar": {"db": lambda A, W, dZ, m: dZ.sum() / m},
    "linear_backward.db-one-number": {"db": lambda A, W, dZ, m: dZ.sum(keepdims=True) / m},
    "linear_backward.db-not-summed": {"db": lambda A, W, dZ, m: dZ / m},
    "linear_backward.db-forgotten": {"db": lambda A, W, dZ, m: np.zeros((len(dZ), 1))},
    "linear_backward.db-mean-over-all": {"db": lambda A, W, dZ, m: np.mean(dZ)},
    "linear_backward.dW-transposed": {"dW": lambda A, W, dZ, m: A @ dZ.T / m},
    "linear_backward.dW-not-transposed": {"dW": lambda A, W, dZ, m: dZ @ A / m},
    "linear_backward.dW-order": {"dW": lambda A, W, dZ, m: A.T @ dZ / m},
    "linear_backward.dW-elementwise": {"dW": lambda A, W, dZ, m: dZ * A / m},
    "linear_backward.dW-from-W": {"dW": lambda A, W, dZ, m: dZ @ W.T / m},
    "linear_backward.dW-forgotten": {"dW": lambda A, W, dZ, m: np.zeros_like(W)},
    "linear_backward.dA-not-transposed": {"dA_prev": lambda A, W, dZ, m: W @ dZ},
    "linear_backward.dA-elementwise": {"dA_prev": lambda A, W, dZ, m: W.T * dZ},
    "linear_backward.dA-order": {"dA_prev": lambda A, W, dZ, m: dZ @ W},
    "linear_backward.dA-from-dW": {"dA_prev": lambda A, W, dZ, m: (dZ @ A.T / m).T @ dZ},
    "linear_backward.dA-from-A": {"dA_prev": lambda A, W, dZ, m: A @ dZ.T},
    "linear_backward.dA-not-passed": {"dA_prev": lambda A, W, dZ, m: dZ},
    "linear_backward.sign": {
        "dA_prev": lambda A, W, dZ, m: -W.T @ dZ,
        "dW": lambda A, W, dZ, m: -dZ @ A.T / m,
        "db": lambda A, W, dZ, m: -dZ.sum(axis=1, keepdims=True) / m,
    },
    "linear_backward.dA-sign": {"dA_prev": lambda A, W, dZ, m: -W.T @ dZ},
    "linear_backward.dW-sign": {"dW": lambda A, W, dZ, m: -dZ @ A.T / m},
    "linear_backward.db-sign": {"db": lambda A, W, dZ, m: -dZ.sum(axis=1, keepdims=True) / m},
}
_NO_MEAN: dict[str, _Changes] = {
    "linear_backward.no-mean": {
        "dW": lambda A, W, dZ, m: dZ @ A.T,
        "db": lambda A, W, dZ, m: dZ.sum(axis=1, keepdims=True),
    },
    "linear_backward.dW-no-mean": {"dW": lambda A, W, dZ, m: dZ @ A.T},
    "linear_backward.db-no-mean": {"db": lambda A, W, dZ, m: dZ.sum(axis=1, keepdims=True)},
    "linear_backward.dA-mean": {"dA_prev": lambda A, W, dZ, m: W.T @ dZ / A.shape[1]},
    "linear_backward.mean-twice": {
        "dW": lambda A, W, dZ, m: dZ @ A.T / A.shape[1] ** 2,
        "db": lambda A, W, dZ, m: dZ.sum(axis=1, keepdims=True) / A.shape[1] ** 2,
    },
    "linear_backward.db-flat-no-mean": {"db": lambda A, W, dZ, m: dZ.sum(axis=1)},
    "linear_backward.half-mean": {
        "dW": lambda A, W, dZ, m: dZ @ A.T / (2 * m),
        "db": lambda A, W, dZ, m: dZ.sum(axis=1, keepdims=True) / (2 * m),
    },
}
_EXTRA_MEAN: dict[str, _Changes] = {
    "linear_backward.extra-mean": {
        "dW": lambda A, W, dZ, m: dZ @ A.T / A.shape[1],
        "db": lambda A, W, dZ, m: dZ.sum(axis=1, keepdims=True) / A.shape[1],
    },
    "linear_backward.dW-extra-mean": {"dW": lambda A, W, dZ, m: dZ @ A.T / A.shape[1]},
    "linear_backward.db-extra-mean": {"db": lambda A, W, dZ, m: dZ.mean(axis=1, keepdims=True)},
    "linear_backward.dA-mean": {"dA_prev": lambda A, W, dZ, m: W.T @ dZ / A.shape[1]},
}


def backward_mistakes(*, mean: bool) -> list[Mistake]:
    """Return usual wrong versions of `backward`."""
    wrong = (_NO_MEAN if mean else _EXTRA_MEAN) | _BACKWARD
    if not mean:
        del wrong["linear_backward.m-is-features"]
    return [Mistake(key, partial(_changed, mean, changes)) for key, changes in wrong.items()]


def _with_output(v: Values) -> Values:
    """Return the gradients with dW made from the layer's output where its input belongs."""
    return backward(v, mean=False) | {"dW": v["dZ"] @ forward(v)["Z"].T}


STORED_MISTAKES = [Mistake("affine_backward.cache", _with_output)]
"""What else goes wrong where a layer keeps for itself what its backward pass needs."""
