"""Activation functions and their slopes, and how they usually go wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.equations.mistakes import Equation, Mistake, Values, each_equation
from chainrule.equations import activations

Function = Callable[[Any], Any]


def sigmoid(Z: Any) -> Any:
    """Return the sigmoid."""
    return activations.sigmoid(np.asarray(Z, float))


VALUES: dict[str, Function] = {
    "sigmoid": sigmoid,
    "relu": lambda Z: np.maximum(Z, 0),
    "tanh": np.tanh,
    "identity": lambda Z: Z,
    "step": lambda Z: (Z > 0) * 1.0,
}
SLOPES: dict[str, Function] = {
    "sigmoid": lambda Z: sigmoid(Z) * (1 - sigmoid(Z)),
    "relu": lambda Z: (Z > 0) * 1.0,
    "tanh": lambda Z: 1 - np.tanh(Z) ** 2,
}
"""The derivative of each activation with respect to Z."""
SLOPES_BY_VALUE: dict[str, Function] = {
    "sigmoid": lambda A: A * (1 - A),
    "relu": lambda A: (A > 0) * 1.0,
    "tanh": lambda A: 1 - A**2,
}
"""The same derivatives, from A."""


WRONG_VALUES: dict[str, dict[str, Function]] = {
    "sigmoid": {
        "sigmoid.sign": lambda Z: 1 / (1 + np.exp(Z)),
        "sigmoid.no-one": lambda Z: 1 / np.exp(-Z),
        "sigmoid.no-exponential": lambda Z: 1 / (1 - Z),
        "sigmoid.is-relu": VALUES["relu"],
        "sigmoid.is-tanh": np.tanh,
        "sigmoid.returns-Z": VALUES["identity"],
    },
    "relu": {
        "relu.minimum": lambda Z: np.minimum(Z, 0),
        "relu.absolute": np.abs,
        "relu.leaky": lambda Z: np.maximum(Z, 0.01 * Z),
        "relu.step": VALUES["step"],
        "relu.is-sigmoid": sigmoid,
        "relu.is-tanh": np.tanh,
        "relu.returns-Z": VALUES["identity"],
    },
    "tanh": {
        "tanh.sign": lambda Z: -np.tanh(Z),
        "tanh.is-sigmoid": sigmoid,
        "tanh.is-relu": VALUES["relu"],
        "tanh.returns-Z": VALUES["identity"],
    },
    "identity": {
        "identity.is-sigmoid": sigmoid,
        "identity.is-relu": VALUES["relu"],
        "identity.is-tanh": np.tanh,
    },
    "step": {
        "step.inverted": lambda Z: (Z <= 0) * 1.0,
        "step.bipolar": np.sign,
        "step.is-sigmoid": sigmoid,
        "step.is-relu": VALUES["relu"],
        "step.is-tanh": np.tanh,
        "step.returns-Z": VALUES["identity"],
    },
}


def cases() -> list[Values]:
    """Return Z on both sides of 0, away from it, with upstream gradients of both signs."""
    rng = np.random.default_rng(7)
    examples = []
    for shape in ((4, 5), (3, 3)):
        Z = rng.uniform(0.1, 2.0, shape) * rng.choice([-1.0, 1.0], shape)
        Z.flat[:4] = [1.5, -0.5, 2.5, -2.5]
        examples.append({"Z": Z, "dA": rng.standard_normal(shape)})
    return examples


def forward(name: str) -> Equation:
    """Return the equation of an activation: A from Z."""
    return partial(_value, VALUES[name])


def backward(name: str) -> Equation:
    """Return the equation of an activation's backward: dZ from dA and Z."""
    return partial(_gradient, partial(_times, SLOPES[name]))


def value_mistakes(name: str) -> list[Mistake]:
    """Return the usual wrong versions of an activation: A from Z."""
    return [Mistake(key, partial(_value, value)) for key, value in WRONG_VALUES[name].items()]


def _value(value: Function, v: Values) -> Values:
    return {"A": value(v["Z"])}


Gate = Callable[[Any, Any], Any]
"""dZ from dA and Z."""


def _truncated(dZ: Any) -> Any:
    """Return whole numbers; of zeros alone nobody knows that they were numbers below 1."""
    whole = np.trunc(dZ)
    if not whole.any():
        raise ValueError("nothing is left to tell it by")
    return whole


COMMON_GATES: dict[str, Callable[[Any, Any, Function, Function], Any]] = {
    "activation_backward.gradient-lost": lambda dA, Z, value, slope: slope(Z),
    "activation_backward.slope-lost": lambda dA, Z, value, slope: dA,
    "activation_backward.slope-twice": lambda dA, Z, value, slope: dA * slope(Z) ** 2,
    "activation_backward.activated-twice": lambda dA, Z, value, slope: dA * slope(value(Z)),
    "activation_backward.sign": lambda dA, Z, value, slope: -dA * slope(Z),
    "activation_backward.times-value": lambda dA, Z, value, slope: dA * value(Z),
    "activation_backward.added": lambda dA, Z, value, slope: dA + slope(Z),
    "activation_backward.truncated": lambda dA, Z, value, slope: _truncated(dA * slope(Z)),
}
"""Wrong ways from dA to dZ, from these two and the activation and its slope as functions of Z."""
_SPECIAL: dict[str, dict[str, Gate | list[Gate]]] = {
    "relu": {
        "activation_backward.mask-from-gradient": lambda dA, Z: dA * (dA > 0),
        "activation_backward.mask-inverted": lambda dA, Z: dA * (Z <= 0),
        "activation_backward.whole-numbers": [
            lambda dA, Z: dA * np.int64(np.maximum(Z, 0)),
            lambda dA, Z: dA * np.int64(Z),
        ],
        "activation_backward.ones": lambda dA, Z: np.ones_like(dA),
    },
    "sigmoid": {
        "activation_backward.formula-for-A": lambda dA, Z: dA * Z * (1 - Z),
        "activation_backward.one-factor": lambda dA, Z: dA * (1 - sigmoid(Z)),
        "activation_backward.plus": lambda dA, Z: dA * sigmoid(Z) * (1 + sigmoid(Z)),
    },
    "tanh": {
        "activation_backward.formula-for-A": lambda dA, Z: dA * (1 - Z**2),
        "activation_backward.no-square": lambda dA, Z: dA * (1 - np.tanh(Z)),
        "activation_backward.matrix-square": [
            lambda dA, Z: dA * (1 - np.tanh(Z).T @ np.tanh(Z)),
            lambda dA, Z: dA * (1 - np.tanh(Z) @ np.tanh(Z)),
            lambda dA, Z: dA * (1 - np.tanh(Z) @ np.tanh(Z).T),
        ],
    },
}
_OF_OTHERS = {
    "sigmoid": "activation_backward.slope-of-sigmoid",
    "relu": "activation_backward.slope-of-relu",
    "tanh": "activation_backward.slope-of-tanh",
}
_ABOUT_THE_GRADIENT = {
    "activation_backward.gradient-lost",
    "activation_backward.slope-lost",
    "activation_backward.mask-from-gradient",
    "activation_backward.added",
}


def wrong_gates(name: str, value: Function, slope: Function) -> Iterator[tuple[str, Gate]]:
    """Yield the usual wrong ways from dA to dZ of an activation; its name is "" if it is none of the usual ones."""
    for key, equation in COMMON_GATES.items():
        yield key, partial(_common, equation, value, slope)
    yield from each_equation(_SPECIAL.get(name, {}))
    for other, key in _OF_OTHERS.items():
        if other != name:
            yield key, partial(_times, SLOPES[other])
            yield key, partial(_times_by_value, value, SLOPES_BY_VALUE[other])


def _common(
    equation: Callable[[Any, Any, Function, Function], Any], value: Function, slope: Function, dA: Any, Z: Any
) -> Any:
    return equation(dA, Z, value, slope)


def _times(slope: Function, dA: Any, Z: Any) -> Any:
    return dA * slope(Z)


def _times_by_value(value: Function, slope: Function, dA: Any, Z: Any) -> Any:
    return dA * slope(value(Z))


def slope_mistakes(name: str, *, with_gradient: bool = True) -> list[Mistake]:
    """Return the usual wrong backwards of an activation: dZ from dA and Z."""
    gates = wrong_gates(name, VALUES[name], SLOPES[name])
    return [
        Mistake(key, partial(_gradient, gate)) for key, gate in gates if with_gradient or key not in _ABOUT_THE_GRADIENT
    ]


def _gradient(equation: Gate, v: Values) -> Values:
    return {"dZ": equation(v["dA"], v["Z"])}
