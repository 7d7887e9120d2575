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
    made = []
    for n_prev, n, m in SHAPES:
        shapes = {"A_prev": (n_prev, m), "W": (n, n_prev), "b": (n, 1), "dZ": (n, m)}
        made.append({name: rng.standard_normal(shape) for name, shape in shapes.items()})
    return made


def forward(v: Values) -> Values:
    """Return Z = W A_prev + b."""
    return {"Z": v["W"] @ v["A_prev"] + v["b"]}


def _z(equation: Callable[[Any, Any, Any], Any], v: Values) -> Values:
    return {"Z": equation(v["A_prev"], v["W"], v["b"])}


_FORWARD: dict[str, Callable[[Any, Any, Any], Any]] = {
    "no-bias": lambda A, W, b: W @ A,
    "minus-bias": lambda A, W, b: W @ A - b,
    "elementwise": lambda A, W, b: W * A + b,
    "weights-transposed": lambda A, W, b: W.T @ A + b,
    "order": lambda A, W, b: A @ W + b,
    "input-transposed": lambda A, W, b: W @ A.T + b,
    "bias-twice": lambda A, W, b: W @ A + 2 * b,
    "bias-inside": lambda A, W, b: W @ (A + b),
    "bias-times": lambda A, W, b: (W @ A) * b,
    "bias-summed": lambda A, W, b: W @ A + b.sum(),
}
FORWARD_MISTAKES = [Mistake(f"linear_forward.{key}", partial(_z, equation)) for key, equation in _FORWARD.items()]
"""Usual wrong versions of `forward`."""


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
    "gradient-lost": {
        "dW": lambda A, W, dZ, m: np.ones_like(dZ) @ A.T / m,
        "db": lambda A, W, dZ, m: np.ones_like(dZ).sum(axis=1, keepdims=True) / m,
        "dA_prev": lambda A, W, dZ, m: W.T @ np.ones_like(dZ),
    },
    "m-is-features": {
        "dW": lambda A, W, dZ, m: dZ @ A.T / len(A),
        "db": lambda A, W, dZ, m: dZ.sum(axis=1, keepdims=True) / len(A),
    },
    "db-flat": {"db": lambda A, W, dZ, m: dZ.sum(axis=1) / m},
    "db-wrong-axis": {"db": lambda A, W, dZ, m: dZ.sum(axis=0, keepdims=True) / m},
    "db-wrong-axis-flat": {"db": lambda A, W, dZ, m: dZ.sum(axis=0) / m},
    "db-scalar": {"db": lambda A, W, dZ, m: dZ.sum() / m},
    "db-one-number": {"db": lambda A, W, dZ, m: dZ.sum(keepdims=True) / m},
    "db-not-summed": {"db": lambda A, W, dZ, m: dZ / m},
    "db-forgotten": {"db": lambda A, W, dZ, m: np.zeros((len(dZ), 1))},
    "db-mean-over-all": {"db": lambda A, W, dZ, m: np.mean(dZ)},
    "dW-transposed": {"dW": lambda A, W, dZ, m: A @ dZ.T / m},
    "dW-not-transposed": {"dW": lambda A, W, dZ, m: dZ @ A / m},
    "dW-order": {"dW": lambda A, W, dZ, m: A.T @ dZ / m},
    "dW-elementwise": {"dW": lambda A, W, dZ, m: dZ * A / m},
    "dW-from-W": {"dW": lambda A, W, dZ, m: dZ @ W.T / m},
    "dW-forgotten": {"dW": lambda A, W, dZ, m: np.zeros_like(W)},
    "dA-not-transposed": {"dA_prev": lambda A, W, dZ, m: W @ dZ},
    "dA-elementwise": {"dA_prev": lambda A, W, dZ, m: W.T * dZ},
    "dA-order": {"dA_prev": lambda A, W, dZ, m: dZ @ W},
    "dA-from-dW": {"dA_prev": lambda A, W, dZ, m: (dZ @ A.T / m).T @ dZ},
    "dA-from-A": {"dA_prev": lambda A, W, dZ, m: A @ dZ.T},
    "dA-not-passed": {"dA_prev": lambda A, W, dZ, m: dZ},
    "sign": {
        "dA_prev": lambda A, W, dZ, m: -W.T @ dZ,
        "dW": lambda A, W, dZ, m: -dZ @ A.T / m,
        "db": lambda A, W, dZ, m: -dZ.sum(axis=1, keepdims=True) / m,
    },
    "dA-sign": {"dA_prev": lambda A, W, dZ, m: -W.T @ dZ},
    "dW-sign": {"dW": lambda A, W, dZ, m: -dZ @ A.T / m},
    "db-sign": {"db": lambda A, W, dZ, m: -dZ.sum(axis=1, keepdims=True) / m},
}
_NO_MEAN: dict[str, _Changes] = {
    "no-mean": {
        "dW": lambda A, W, dZ, m: dZ @ A.T,
        "db": lambda A, W, dZ, m: dZ.sum(axis=1, keepdims=True),
    },
    "dW-no-mean": {"dW": lambda A, W, dZ, m: dZ @ A.T},
    "db-no-mean": {"db": lambda A, W, dZ, m: dZ.sum(axis=1, keepdims=True)},
    "dA-mean": {"dA_prev": lambda A, W, dZ, m: W.T @ dZ / A.shape[1]},
    "mean-twice": {
        "dW": lambda A, W, dZ, m: dZ @ A.T / A.shape[1] ** 2,
        "db": lambda A, W, dZ, m: dZ.sum(axis=1, keepdims=True) / A.shape[1] ** 2,
    },
    "db-flat-no-mean": {"db": lambda A, W, dZ, m: dZ.sum(axis=1)},
    "half-mean": {
        "dW": lambda A, W, dZ, m: dZ @ A.T / (2 * m),
        "db": lambda A, W, dZ, m: dZ.sum(axis=1, keepdims=True) / (2 * m),
    },
}
_EXTRA_MEAN: dict[str, _Changes] = {
    "extra-mean": {
        "dW": lambda A, W, dZ, m: dZ @ A.T / A.shape[1],
        "db": lambda A, W, dZ, m: dZ.sum(axis=1, keepdims=True) / A.shape[1],
    },
    "dW-extra-mean": {"dW": lambda A, W, dZ, m: dZ @ A.T / A.shape[1]},
    "db-extra-mean": {"db": lambda A, W, dZ, m: dZ.mean(axis=1, keepdims=True)},
    "dA-mean": {"dA_prev": lambda A, W, dZ, m: W.T @ dZ / A.shape[1]},
}


def backward_mistakes(*, mean: bool) -> list[Mistake]:
    """Return usual wrong versions of `backward`."""
    wrong = (_NO_MEAN if mean else _EXTRA_MEAN) | _BACKWARD
    if not mean:
        del wrong["m-is-features"]
    return [Mistake(f"linear_backward.{key}", partial(_changed, mean, changes)) for key, changes in wrong.items()]
