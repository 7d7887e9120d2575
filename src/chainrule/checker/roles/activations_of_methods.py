"""Activations and their slopes that are methods, as in a network in one class: called as the program calls them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.conventions.names import FORWARD_NAMES, SLOPE_NAMES, first
from chainrule.checker.derivatives.judgment import Watcher
from chainrule.checker.equations.activations import VALUES, backward, cases, forward, slope_mistakes, value_mistakes
from chainrule.checker.equations.mistakes import Equation, Values
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Probe

_NAMED = ("sigmoid", "relu", "tanh")


def probes(learner: Learner, watcher: Watcher) -> Iterator[Probe]:
    """Yield a probe for every method of one argument that is called like an activation or its slope, and was called."""
    values = {usual: name for name in _NAMED for usual in FORWARD_NAMES[name]}
    slopes = {usual: name for name in _NAMED for usual in SLOPE_NAMES[name]}
    named = {f: f.rpartition(".")[2].strip("_") for f in learner.nodes if "." in f and len(learner.parameters(f)) == 1}
    chosen = {function: usual for function, usual in named.items() if usual in values or usual in slopes}
    calls = watcher.watch().calls if chosen else {}
    for function, usual in chosen.items():
        passed = calls.get(function, {})
        if "self" not in passed:
            continue
        if usual in values:
            name = values[usual]
            runs: list[Equation] = [partial(_value, learner, function, passed)]
            yield Probe(function, name, cases(), runs, [forward(name)], value_mistakes(name))
        else:
            name = slopes[usual]
            ones = [v | {"dA": np.ones_like(v["Z"])} for v in cases()]
            runs = [partial(_slope, learner, function, passed, of) for of in (None, name)]
            mistakes = slope_mistakes(name, with_gradient=False)
            yield Probe(function, f"{name}_derivative", ones, runs, [backward(name)], mistakes)


def _value(learner: Learner, function: str, passed: Mapping[str, Any], v: Values) -> Values:
    return {"A": first(learner.again(function, _with(learner, function, passed, v["Z"])))}


def _slope(learner: Learner, function: str, passed: Mapping[str, Any], of: str | None, v: Values) -> Values:
    """Return a slope of Z, or of what the activation `of` makes of it."""
    argument = VALUES[of](v["Z"]) if of else v["Z"]
    return {"dZ": learner.again(function, _with(learner, function, passed, argument))}


def _with(learner: Learner, function: str, passed: Mapping[str, Any], argument: Any) -> dict[str, Any]:
    return {"self": passed["self"], learner.parameters(function)[0]: argument}
