"""Activation functions and their slopes, and how they usually go wrong."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.equations.mistakes import Equation, Mistake, Values
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


def cases() -> list[Values]:
    """Return Z on both sides of 0, away from it, with upstream gradients of both signs."""
    rng = np.random.default_rng(7)
    made = []
    for shape in ((4, 5), (3, 3)):
        Z = rng.uniform(0.1, 2.0, shape) * rng.choice([-1.0, 1.0], shape)
        Z.flat[:4] = [1.5, -0.5, 2.5, -2.5]
        made.append({"Z": Z, "dA": rng.standard_normal(shape)})
    return made


def forward(name: str) -> Equation:
    """Return the equation of an activation: A from Z."""
    return partial(_value, VALUES[name])


def backward(name: str) -> Equation:
    """Return the equation of an activation's backward: dZ from dA and Z."""
    return partial(_gradient, partial(_times, SLOPES[name]))


def value_mistakes(name: str) -> list[Mistake]:
    """Return the usual wrong versions of an activation: A from Z."""
    wrong: dict[str, Function] = {
        "sigmoid": lambda Z: 1 / (1 + np.exp(-Z)),
        "relu": lambda Z: np.maximum(Z, 0),
        "tanh": np.tanh,
    }
    others = {f"{name}.is-{other}": value for other, value in wrong.items() if other != name}
    special: dict[str, dict[str, Function]] = {
        "sigmoid": {"sigmoid.sign": lambda Z: 1 / (1 + np.exp(Z)), "sigmoid.no-one": lambda Z: 1 / np.exp(-Z)},
        "relu": {
            "relu.minimum": lambda Z: np.minimum(Z, 0),
            "relu.absolute": np.abs,
            "relu.leaky": lambda Z: np.maximum(Z, 0.01 * Z),
            "relu.step": lambda Z: (Z > 0) * 1.0,
        },
        "tanh": {"tanh.sign": lambda Z: -np.tanh(Z)},
        "step": {"step.inverted": lambda Z: (Z <= 0) * 1.0, "step.bipolar": np.sign},
    }
    all_of_them = special.get(name, {}) | others
    if name != "identity":
        all_of_them[f"{name}.returns-Z"] = lambda Z: Z
    return [Mistake(key, partial(_value, value)) for key, value in all_of_them.items()]


def _value(value: Function, v: Values) -> Values:
    return {"A": value(v["Z"])}


def slope_mistakes(name: str, *, with_gradient: bool = True) -> list[Mistake]:
    """Return the usual wrong backwards of an activation: dZ from dA and Z."""
    value, slope = VALUES[name], SLOPES[name]
    common: dict[str, Callable[[Any, Any], Any]] = {
        "gradient-lost": lambda dA, Z: slope(Z),
        "slope-lost": lambda dA, Z: dA,
        "slope-twice": lambda dA, Z: dA * slope(Z) ** 2,
        "activated-twice": lambda dA, Z: dA * slope(value(Z)),
        "sign": lambda dA, Z: -dA * slope(Z),
        "times-value": lambda dA, Z: dA * value(Z),
        "added": lambda dA, Z: dA + slope(Z),
        "truncated": lambda dA, Z: np.trunc(dA * slope(Z)),
    }
    wrong = {f"{name}_backward.{key}": equation for key, equation in common.items()}
    if name == "relu":
        wrong |= {
            "relu_backward.mask-from-gradient": lambda dA, Z: dA * (dA > 0),
            "relu_backward.mask-inverted": lambda dA, Z: dA * (Z <= 0),
            "relu_backward.whole-numbers": lambda dA, Z: dA * np.int64(np.maximum(Z, 0)),
            "relu_backward.whole-numbers-of-Z": lambda dA, Z: dA * np.int64(Z),
            "relu_backward.ones": lambda dA, Z: np.ones_like(dA),
        }
        del wrong["relu_backward.activated-twice"], wrong["relu_backward.slope-twice"]  # the same as right, for ReLU
    if name == "sigmoid":
        wrong |= {
            "sigmoid_backward.formula-for-A": lambda dA, Z: dA * Z * (1 - Z),
            "sigmoid_backward.one-factor": lambda dA, Z: dA * (1 - value(Z)),
            "sigmoid_backward.plus": lambda dA, Z: dA * value(Z) * (1 + value(Z)),
            "sigmoid_backward.formula-of-tanh": lambda dA, Z: dA * (1 - value(Z) ** 2),
        }
    if name == "tanh":
        wrong |= {
            "tanh_backward.formula-for-A": lambda dA, Z: dA * (1 - Z**2),
            "tanh_backward.no-square": lambda dA, Z: dA * (1 - np.tanh(Z)),
            "tanh_backward.matrix-square": lambda dA, Z: dA * (1 - np.tanh(Z).T @ np.tanh(Z)),
            "tanh_backward.formula-of-sigmoid": lambda dA, Z: dA * np.tanh(Z) * (1 - np.tanh(Z)),
        }
    others = {other: its_slope for other, its_slope in SLOPES.items() if other != name}
    wrong |= {f"{name}_backward.slope-of-{other}": partial(_times, its_slope) for other, its_slope in others.items()}
    if not with_gradient:
        about_dA = (".gradient-lost", ".slope-lost", ".mask-from-gradient", ".added")
        wrong = {key: equation for key, equation in wrong.items() if not key.endswith(about_dA)}
    return [Mistake(key, partial(_gradient, equation)) for key, equation in wrong.items()]


def _times(slope: Function, dA: Any, Z: Any) -> Any:
    return dA * slope(Z)


def _gradient(equation: Callable[[Any, Any], Any], v: Values) -> Values:
    return {"dZ": equation(v["dA"], v["Z"])}
