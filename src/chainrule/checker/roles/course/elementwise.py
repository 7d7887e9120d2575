"""Activation functions as plain functions, forward and backward, in the shapes that courses and books write them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from chainrule.checker.conventions.handed_over import is_cache_ignored, without_cache
from chainrule.checker.conventions.names import BACKWARD_NAMES, FORWARD_NAMES, SLOPE_NAMES, first
from chainrule.checker.equations.activations import (
    SLOPES,
    VALUES,
    Function,
    backward,
    cases,
    forward,
    slope_mistakes,
    value_mistakes,
)
from chainrule.checker.equations.mistakes import Equation, Values
from chainrule.checker.findings import Finding
from chainrule.checker.learner import Learner, Raised
from chainrule.checker.probe import Probe, close


def caches(learner: Learner, activation: str, parameter: str) -> list[Function]:
    """Return what the cache of a backward function may be, as functions of Z.

    A forward function of the learner's that returns a cache tells (it has to be Z, or to fit: see `_unfit_cache`); so
    may the parameter's name; else Z or A is tried.
    """
    function = learner.find(*FORWARD_NAMES[activation])
    if function in learner.nodes and _returns_cache(learner, function):
        return [lambda Z: learner.call(function, Z)[1], lambda Z: Z]
    if parameter in ("Z", "z"):
        return [lambda Z: Z]
    if parameter in ("A", "a"):
        return [VALUES[activation]]
    return [lambda Z: Z, VALUES[activation], lambda Z: (Z, VALUES[activation](Z)), lambda Z: {"Z": Z}]


def _returns_cache(learner: Learner, function: str) -> bool:
    try:
        return isinstance(learner.call(function, np.ones((2, 2))), tuple)
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
    numbers = [first(learner.call(function, float(z))) for z in v["Z"].flat]
    return {quantity: np.reshape(numbers, v["Z"].shape)}


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


def _kept(learner: Learner, function: str, activation: str) -> list[Finding]:
    """Return what is wrong with a function whose numbers are right: its cache, or large numbers."""
    try:
        result = learner.call(function, np.ones((2, 2)))
    except Raised:  # it is for single numbers
        return _overflow(learner, function)
    unfit = without_cache(learner, function, result) or _unfit_cache(learner, function, activation)
    return unfit or _overflow(learner, function)


def _unfit_cache(learner: Learner, function: str, activation: str) -> list[Finding]:
    """Return a finding if the backward function is right for Z, but not for what the forward function keeps."""
    backwards = learner.find(*BACKWARD_NAMES.get(activation, ()))
    ignored = is_cache_ignored(learner, function)
    if backwards not in learner.nodes or ignored or not _returns_cache(learner, function):
        return []
    own, by_Z = (_is_right(run, activation) for run in _backward_runs(learner, backwards, activation)[:2])
    if own or not by_Z:
        return []
    return [Finding("activation.cache", function, learner.line(function), {"name": backwards})]


def _is_right(run: Equation, activation: str) -> bool:
    try:
        return all(close(backward(activation)(v)["dZ"], run(v)["dZ"], 1e-6) for v in cases())
    except Raised:
        return False


def probes(learner: Learner) -> Iterator[Probe]:
    """Yield a probe for every activation function that the learner wrote as a function."""
    for name in VALUES:
        function = learner.find(*FORWARD_NAMES[name])
        if function in learner.nodes:
            runs: list[Equation] = [partial(_learners_value, learner, function)]
            runs.append(partial(_one_by_one, learner, function, "A"))
            also = partial(_kept, learner, function, name)
            yield Probe(function, name, cases(), runs, [forward(name)], value_mistakes(name), also=also)
    for name in SLOPES:
        function = learner.find(*BACKWARD_NAMES[name])
        if function in learner.nodes:
            runs = _backward_runs(learner, function, name)
            yield Probe(function, f"{name}_backward", cases(), runs, [backward(name)], slope_mistakes(name))
        function = learner.find(*SLOPE_NAMES[name])
        if function in learner.nodes:
            ones = [v | {"dA": np.ones_like(v["Z"])} for v in cases()]
            runs = [*_slope_runs(learner, function, name), partial(_one_by_one, learner, function, "dZ")]
            mistakes = slope_mistakes(name, with_gradient=False)
            yield Probe(function, f"{name}_derivative", ones, runs, [backward(name)], mistakes)
