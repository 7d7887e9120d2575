"""Activation functions as plain functions, forward and backward, in the shapes that courses and books write them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.findings import Finding
from chainrule.checker.learner import Learner, Raised
from chainrule.checker.probe import Equation, Mistake, Probe, Values
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

FORWARD_NAMES = {
    "sigmoid": ("sigmoid", "Sigmoid", "sigm", "sigmoid_forward", "logistic"),
    "relu": ("relu", "ReLU", "Relu", "ReLu", "relu_forward"),
    "tanh": ("tanh", "tanh_forward"),
    "identity": ("identity_function", "identity"),
    "step": ("step_function", "step"),
}
BACKWARD_NAMES = {
    "sigmoid": ("sigmoid_backward", "sigmoid_back"),
    "relu": ("relu_backward", "relu_back", "ReLU_backward"),
    "tanh": ("tanh_backward", "tanh_back"),
}
SLOPE_NAMES = {
    name: tuple(
        form.format(spelling)
        for spelling in (name, *(usual for usual in FORWARD_NAMES[name] if usual.lower() == name and usual != name))
        for form in ("{}_derivative", "{}_prime", "{}_grad", "d_{}", "d{}", "{}_deriv", "deriv_{}", "derivative_{}")
    )
    for name in SLOPES
}


def cases() -> list[Values]:
    """Return Z on both sides of 0, away from it, with upstream gradients of both signs."""
    rng = np.random.default_rng(7)
    made = []
    for shape in ((4, 5), (3, 3)):
        Z = rng.uniform(0.1, 2.0, shape) * rng.choice([-1.0, 1.0], shape)
        Z.flat[:4] = [1.5, -0.5, 2.5, -2.5]
        made.append({"Z": Z, "dA": rng.standard_normal(shape)})
    return made


def value_mistakes(name: str) -> list[Mistake]:
    """Return the usual wrong versions of an activation: A from Z."""
    wrong: dict[str, Function] = {
        "sigmoid": lambda Z: 1 / (1 + np.exp(-Z)),
        "relu": lambda Z: np.maximum(Z, 0),
        "tanh": np.tanh,
    }
    others = {f"{name}.is-{other}": value for other, value in wrong.items() if other != name}
    special: dict[str, dict[str, Function]] = {
        "sigmoid": {"sign": lambda Z: 1 / (1 + np.exp(Z)), "no-one": lambda Z: 1 / np.exp(-Z)},
        "relu": {
            "minimum": lambda Z: np.minimum(Z, 0),
            "absolute": np.abs,
            "leaky": lambda Z: np.maximum(Z, 0.01 * Z),
            "step": lambda Z: (Z > 0) * 1.0,
        },
        "tanh": {"sign": lambda Z: -np.tanh(Z)},
        "step": {"inverted": lambda Z: (Z <= 0) * 1.0, "bipolar": np.sign},
    }
    all_of_them = {f"{name}.{key}": value for key, value in special.get(name, {}).items()} | others
    if name != "identity":
        all_of_them[f"{name}.returns-Z"] = lambda Z: Z
    return [Mistake(key, partial(_value, value)) for key, value in all_of_them.items()]


def _value(value: Function, v: Values) -> Values:
    return {"A": value(v["Z"])}


def slope_mistakes(name: str, *, with_gradient: bool = True) -> list[Mistake]:
    """Return the usual wrong backwards of an activation: dZ from dA and Z."""
    value, slope = VALUES[name], SLOPES[name]
    wrong: dict[str, Callable[[Any, Any], Any]] = {
        "gradient-lost": lambda dA, Z: slope(Z),
        "slope-lost": lambda dA, Z: dA,
        "slope-twice": lambda dA, Z: dA * slope(Z) ** 2,
        "activated-twice": lambda dA, Z: dA * slope(value(Z)),
        "sign": lambda dA, Z: -dA * slope(Z),
        "times-value": lambda dA, Z: dA * value(Z),
        "added": lambda dA, Z: dA + slope(Z),
        "truncated": lambda dA, Z: np.trunc(dA * slope(Z)),
    }
    if name == "relu":
        wrong |= {
            "mask-from-gradient": lambda dA, Z: dA * (dA > 0),
            "mask-inverted": lambda dA, Z: dA * (Z <= 0),
            "whole-numbers": lambda dA, Z: dA * np.int64(np.maximum(Z, 0)),
            "whole-numbers-of-Z": lambda dA, Z: dA * np.int64(Z),
            "ones": lambda dA, Z: np.ones_like(dA),
        }
        del wrong["activated-twice"], wrong["slope-twice"]  # the same as right, for ReLU
    if name == "sigmoid":
        wrong |= {
            "formula-for-A": lambda dA, Z: dA * Z * (1 - Z),
            "one-factor": lambda dA, Z: dA * (1 - value(Z)),
            "plus": lambda dA, Z: dA * value(Z) * (1 + value(Z)),
            "formula-of-tanh": lambda dA, Z: dA * (1 - value(Z) ** 2),
        }
    if name == "tanh":
        wrong |= {
            "formula-for-A": lambda dA, Z: dA * (1 - Z**2),
            "no-square": lambda dA, Z: dA * (1 - np.tanh(Z)),
            "matrix-square": lambda dA, Z: dA * (1 - np.tanh(Z).T @ np.tanh(Z)),
            "formula-of-sigmoid": lambda dA, Z: dA * np.tanh(Z) * (1 - np.tanh(Z)),
        }
    wrong |= {f"slope-of-{other}": partial(_times, its_slope) for other, its_slope in SLOPES.items() if other != name}
    if not with_gradient:
        about_dA = ("gradient-lost", "slope-lost", "mask-from-gradient", "added")
        wrong = {key: equation for key, equation in wrong.items() if key not in about_dA}
    return [Mistake(f"{name}_backward.{key}", partial(_gradient, equation)) for key, equation in wrong.items()]


def _times(slope: Function, dA: Any, Z: Any) -> Any:
    return dA * slope(Z)


def _gradient(equation: Callable[[Any, Any], Any], v: Values) -> Values:
    return {"dZ": equation(v["dA"], v["Z"])}


def first(result: Any) -> Any:
    """Return the result itself, or its first part if a cache comes with it."""
    return result[0] if isinstance(result, tuple) else result


def caches(learner: Learner, activation: str, parameter: str) -> list[Function]:
    """Return what the cache of a backward function may be, as functions of Z; one alone if it is known.

    A forward function of the learner's that returns a cache tells; so may the parameter's name; else Z or A is tried.
    """
    forward = learner.find(*FORWARD_NAMES[activation])
    if forward in learner.nodes and _returns_cache(learner, forward):
        return [lambda Z: learner.call(forward, Z)[1]]
    if parameter in ("Z", "z"):
        return [lambda Z: Z]
    if parameter in ("A", "a"):
        return [VALUES[activation]]
    return [lambda Z: Z, VALUES[activation], lambda Z: (Z, VALUES[activation](Z)), lambda Z: {"Z": Z}]


def _returns_cache(learner: Learner, forward: str) -> bool:
    try:
        return isinstance(learner.call(forward, np.ones((2, 2))), tuple)
    except Raised:  # told where the function itself is tried
        return False


def _backward_runs(learner: Learner, function: str, activation: str) -> list[Equation]:
    parameters = learner.parameters(function)
    cache_first = bool(parameters) and parameters[0] in ("Z", "z", "A", "a", "cache", "x")

    def run(make: Function, v: Values) -> Values:
        arguments = (make(v["Z"]), v["dA"]) if cache_first else (v["dA"], make(v["Z"]))
        return {"dZ": first(learner.call(function, *arguments))}

    parameter = parameters[0 if cache_first else 1] if len(parameters) > 1 else ""
    return [partial(run, make) for make in caches(learner, activation, parameter)]


def _slope_runs(learner: Learner, function: str, activation: str) -> list[Equation]:
    def run(make: Function, v: Values) -> Values:
        return {"dZ": learner.call(function, make(v["Z"]))}

    parameter = (learner.parameters(function) or [""])[0]
    return [partial(run, make) for make in caches(learner, activation, parameter)[:2]]


def _learners_value(learner: Learner, function: str, v: Values) -> Values:
    return {"A": first(learner.call(function, v["Z"]))}


def _one_by_one(learner: Learner, function: str, quantity: str, v: Values) -> Values:
    """Return what a function for single numbers, with an `if` or from `math`, makes of each number."""
    found = [first(learner.call(function, float(z))) for z in v["Z"].flat]
    return {quantity: np.reshape(found, v["Z"].shape)}


def _overflow(learner: Learner, function: str) -> list[Finding]:
    """Return a warning if large Z give NaN or an error."""
    large = {"Z": np.array([[-800.0, 800.0]])}
    for value in (_learners_value, partial(_one_by_one, quantity="A")):
        try:
            if np.isfinite(np.asarray(value(learner, function, v=large)["A"], float)).all():
                return []
        except Raised:
            continue
    return [Finding("activation.overflow", function, learner.line(function), {}, "warning")]


def probes(learner: Learner) -> Iterator[Probe]:
    """Yield a probe for every activation function that the learner wrote as a function."""
    for name, value in VALUES.items():
        function = learner.find(*FORWARD_NAMES[name])
        if function in learner.nodes:
            runs: list[Equation] = [partial(_learners_value, learner, function)]
            runs.append(partial(_one_by_one, learner, function, "A"))
            also = partial(_overflow, learner, function)
            yield Probe(function, name, cases(), runs, [partial(_value, value)], value_mistakes(name), also=also)
    for name, slope in SLOPES.items():
        right = partial(_gradient, partial(_times, slope))
        function = learner.find(*BACKWARD_NAMES[name])
        if function in learner.nodes:
            runs = _backward_runs(learner, function, name)
            yield Probe(function, f"{name}_backward", cases(), runs, [right], slope_mistakes(name))
        function = learner.find(*SLOPE_NAMES[name])
        if function in learner.nodes:
            ones = [v | {"dA": np.ones_like(v["Z"])} for v in cases()]
            runs = [*_slope_runs(learner, function, name), partial(_one_by_one, learner, function, "dZ")]
            mistakes = slope_mistakes(name, with_gradient=False)
            yield Probe(function, f"{name}_derivative", ones, runs, [right], mistakes)
