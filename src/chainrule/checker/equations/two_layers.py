"""How the gradients of a network of two layers, softmax and cross-entropy go wrong as a whole."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from chainrule.checker.equations import activations
from chainrule.checker.equations.mistakes import Mistake, Values
from chainrule.checker.equations.softmax import softmax

CHANGED = "params are changed"
PARAMS = ("W1", "b1", "W2", "b2")
_ACTIVATIONS = ("sigmoid", "relu", "tanh")


def expected(v: Values) -> Values:
    """Return the gradients that central differences gave, which come with the case."""
    return {f"d{key}": v[f"d{key}"] for key in PARAMS} | {CHANGED: 0.0}


def _scaled(factor: Callable[[int, int], float], v: Values) -> Values:
    scale = factor(v["X"].shape[1], len(v["W2"]))
    return {name: g if name == CHANGED else scale * g for name, g in expected(v).items()}


_SCALES: dict[str, Callable[[int, int], float]] = {
    "gradient.no-mean": lambda m, classes: m,
    "gradient.mean-twice": lambda m, classes: 1 / m,
    "gradient.sign": lambda m, classes: -1.0,
    "gradient.mean-over-classes": lambda m, classes: m / classes,
    "gradient.twice": lambda m, classes: 2.0,
}


def _part(which: str, v: Values) -> Values:
    found = expected(v)
    return found | {name: 0 * found[name] for name in found if name.startswith(which)}


def _replaced(name: str, other: str, v: Values) -> Values:
    return expected(v) | {f"d{kind}{name}": v[f"d{kind}{other}"] for kind in "Wb"}


def _one_replaced(name: str, other: str, v: Values) -> Values:
    return expected(v) | {name: v[other]}


def _changed(v: Values) -> Values:
    return expected(v) | {CHANGED: 1.0}


def _pieces(activation: str, v: Values) -> tuple[Any, Any, Any]:
    Z = v["W1"] @ v["X"] + v["b1"]
    A = activations.VALUES[activation](Z)
    P = softmax(v["W2"] @ A + v["b2"])
    return Z, A, (P - v["Y"]) / v["X"].shape[1]


def _through(activation: str, dA: Any, Z: Any) -> Any:
    """Return dZ, with the error that a mask of another shape raises if the shapes do not fit."""
    if activation == "relu":
        dZ = dA.copy()
        dZ[Z <= 0] = 0
        return dZ
    return dA * activations.SLOPES[activation](Z)


def _first_layer(activation: str, change: str, v: Values) -> Values:
    """Return gradients with one thing wrong between the second layer and the first."""
    Z, A, d = _pieces(activation, v)
    slope = activations.SLOPES[activation]
    dZ = {
        "gradient.no-slope": lambda: v["W2"].T @ d,
        "gradient.slope-at-A": lambda: v["W2"].T @ d * slope(A),
        "gradient.slope-twice": lambda: v["W2"].T @ d * slope(Z) ** 2,
        "gradient.gradient-lost": lambda: slope(Z),
        "gradient.W2-not-transposed": lambda: _through(activation, v["W2"] @ d, Z),
        "gradient.dW2-for-W2": lambda: _through(activation, (d @ A.T).T @ d, Z),
        "gradient.chain-not-advanced": lambda: 0 * _through(activation, d, Z) + d,
    }[change]()
    return _four(dZ @ v["X"].T, dZ.sum(axis=1), d @ A.T, d.sum(axis=1))


def _not_propagated(activation: str, v: Values) -> Values:
    Z, A, d = _pieces(activation, v)
    dZ = _through(activation, d, Z)
    return _four(dZ @ v["X"].T, dZ.sum(axis=1), d @ A.T, d.sum(axis=1))


def _order(activation: str, v: Values) -> Values:
    """Return gradients with the layers passed from the first to the last."""
    Z, A, d = _pieces(activation, v)
    back = _through(activation, v["W1"].T @ d, Z)
    return _four(d @ v["X"].T, d.sum(axis=1), back @ A.T, back.sum(axis=1))


def _input_for_hidden(activation: str, v: Values) -> Values:
    Z, _, d = _pieces(activation, v)
    dZ = v["W2"].T @ d * activations.SLOPES[activation](Z)
    return _four(dZ @ v["X"].T, dZ.sum(axis=1), d @ v["X"].T, d.sum(axis=1))


def _sum_for_hidden(activation: str, v: Values) -> Values:
    Z, _, d = _pieces(activation, v)
    dZ = v["W2"].T @ d * activations.SLOPES[activation](Z)
    return _four(dZ @ v["X"].T, dZ.sum(axis=1), d @ Z.T, d.sum(axis=1))


def _four(dW1: Any, db1: Any, dW2: Any, db2: Any) -> Values:
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2, CHANGED: 0.0}


def gradient_mistakes() -> list[Mistake]:
    """Return usual wrong versions of the gradients of two layers."""
    wrong: list[tuple[str, Callable[[Values], Values]]] = []
    wrong += [(key, partial(_scaled, factor)) for key, factor in _SCALES.items()]
    for which, key in (
        ("db", "gradient.no-db"),
        ("dW1", "gradient.no-dW1"),
        ("dW2", "gradient.no-dW2"),
        ("db1", "gradient.no-db"),
        ("db2", "gradient.no-db"),
    ):
        wrong.append((key, partial(_part, which)))
    for a, b in (("1", "2"), ("2", "1")):
        wrong.append(("gradient.wrong-layer", partial(_replaced, a, b)))
        wrong += [("gradient.wrong-layer", partial(_one_replaced, f"d{kind}{a}", f"d{kind}{b}")) for kind in "Wb"]
    wrong.append(("gradient.changes-parameters", _changed))
    changes = (
        "gradient.no-slope",
        "gradient.slope-at-A",
        "gradient.slope-twice",
        "gradient.gradient-lost",
        "gradient.W2-not-transposed",
        "gradient.dW2-for-W2",
    )
    for activation in _ACTIVATIONS:
        wrong += [
            (change, partial(_first_layer, activation, change))
            for change in changes
            if activation != "relu"
            or change not in ("gradient.slope-at-A", "gradient.slope-twice")  # for ReLU they are right
        ]
        wrong.append(("gradient.chain-not-advanced", partial(_first_layer, activation, "gradient.chain-not-advanced")))
        wrong.append(("gradient.chain-not-advanced", partial(_not_propagated, activation)))
        wrong.append(("gradient.not-reversed", partial(_order, activation)))
        wrong.append(("gradient.input-for-hidden", partial(_input_for_hidden, activation)))
        wrong.append(("gradient.sum-for-hidden", partial(_sum_for_hidden, activation)))
    return [Mistake(key, equation) for key, equation in wrong]
