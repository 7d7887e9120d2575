"""Derivatives by differences, as the book checks its gradients."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from chainrule.checker.conventions import classes
from chainrule.checker.equations import differences
from chainrule.checker.equations.mistakes import Values
from chainrule.checker.findings import Finding
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Probe

_FUNCTIONS = [["f"], ["func"], ["fn"], ["function"], ["loss"], ["J"], ["loss_f"], ["loss_function"], ["cost"]]
_SHAPES = (((4,), (3,)), ((2, 3), (3, 3)))


def _gradient(learner: Learner, function: str, v: Values) -> Values:
    gradient = learner.call(function, differences.quadratic, v["x"])
    return {"gradient": gradient, "change of x": np.round(learner.given[1] - v["x"], 9)}


def _has_tiny_step(learner: Learner, function: str) -> bool:
    """Return whether a number in a function is so small that nothing is left of it beside 1."""
    numbers = [node.value for node in ast.walk(learner.nodes[function]) if isinstance(node, ast.Constant)]
    return any(isinstance(number, float) and 0 < number < differences.TOO_SMALL for number in numbers)


def _loses_decimals(learner: Learner, function: str, v: Values) -> list[Finding]:
    """Return a warning if a function whose gradients are right gives others at whole numbers."""
    x = np.round(3 * v["x"]).astype(int)
    if np.allclose(learner.call(function, differences.quadratic, x), differences.slopes(x), rtol=1e-2):
        return []
    return [Finding("numerical.whole-numbers", function, learner.line(function), {}, "warning")]


def _gradient_probes(learner: Learner) -> Iterator[Probe]:
    usual = ("numerical_gradient", "numerical_gradient_1d", "_numerical_gradient_1d", "numerical_gradient_no_batch")
    function = learner.find(*usual, "numeric_gradient", "numerical_grad", "eval_numerical_gradient")
    if function not in learner.nodes or classes.required(learner.namespace[function])[:1] not in _FUNCTIONS:
        return
    rng = np.random.default_rng(23)
    vectors, matrices = ([{"x": rng.uniform(0.5, 2.0, shape)} for shape in shapes] for shapes in _SHAPES)
    may_change = frozenset(learner.parameters(function)[1:2])
    run = partial(_gradient, learner, function)
    wrong = differences.gradient_mistakes(tiny=_has_tiny_step(learner, function))
    right = [differences.gradient]
    probe = Probe(function, "numerical_gradient", [], [run], right, wrong, tolerance=2e-6, may_change=may_change)
    for cases in ([*vectors, *matrices], vectors, matrices):  # some are for vectors only
        if classes.is_right(learner, replace(probe, cases=cases)):
            yield replace(probe, cases=cases, also=partial(_loses_decimals, learner, function, cases[0]))
            return
    yield replace(probe, cases=vectors)


def _derivative(learner: Learner, function: str, v: Values) -> Values:
    return {"derivative": learner.call(function, differences.polynomial, v["x"])}


def probes(learner: Learner) -> Iterator[Probe]:
    """Yield probes of a derivative and of a gradient by differences."""
    function = learner.find("numerical_diff", "numerical_derivative", "numeric_diff", "numerical_differentiation")
    if function in learner.nodes and len(classes.required(learner.namespace[function])) == 2:
        run = partial(_derivative, learner, function)
        wrong = differences.derivative_mistakes(tiny=_has_tiny_step(learner, function))
        cases: list[Values] = [{"x": 1.5}, {"x": -2.0}, {"x": 0.75}]
        yield Probe(function, "numerical_diff", cases, [run], [differences.derivative], wrong, tolerance=2e-6)
    yield from _gradient_probes(learner)
