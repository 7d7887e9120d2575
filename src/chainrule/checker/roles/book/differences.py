"""Derivatives by differences, as the book checks its gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial
from typing import Any

import numpy as np

from chainrule.checker.conventions import classes
from chainrule.checker.equations.mistakes import Mistake, Values
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Probe

_H = tuple(k * 10.0**-n for n in range(2, 11) for k in (1, 5))
_LEFT, _WHOLE = "x is left changed", "whole numbers go wrong"


def _f(x: Any) -> Any:
    """Return a quadratic whose terms depend on each other: central differences of it are exact."""
    flat = np.ravel(x) * 1.0
    return flat @ flat + 0.5 * flat.sum() ** 2 + 3.0


def _df(x: Any) -> Any:
    return 2 * x + x.sum()


def _truncated(x: Any) -> Any:
    return np.trunc(_df(x))


def _central(f: Any, x: Any, h: float) -> Any:
    return (f(x + h) - f(x - h)) / (2 * h)


Difference = Callable[[Any, Any, float], Any]
_WRONG: dict[str, Difference] = {
    "numerical.precedence": lambda f, x, h: f(x + h) - f(x - h) / (2 * h),
    "numerical.precedence-h": lambda f, x, h: (f(x + h) - f(x - h)) / 2 * h,
    "numerical.divided-by-h": lambda f, x, h: (f(x + h) - f(x - h)) / h,
    "numerical.one-sided-half": lambda f, x, h: (f(x + h) - f(x)) / (2 * h),
    "numerical.not-divided": lambda f, x, h: f(x + h) - f(x - h),
    "numerical.sign": lambda f, x, h: (f(x - h) - f(x + h)) / (2 * h),
    "numerical.plus": lambda f, x, h: (f(x + h) + f(x - h)) / (2 * h),
    "numerical.zero": lambda f, x, h: 0.0 * x,
}
_ONE_SIDED: dict[str, Difference] = {
    "forward": lambda f, x, h: (f(x + h) - f(x)) / h,
    "backward": lambda f, x, h: (f(x) - f(x - h)) / h,
}


def _along(x: Any, unit: Any, step: float) -> Any:
    return _f(x + step * unit)


def _gradient(difference: Difference, h: float, x: Any) -> Any:
    """Return a difference for every entry of x."""
    return _gradient_at(difference, h, x.shape, x.tobytes())


@cache  # the same for every learner
def _gradient_at(difference: Difference, h: float, shape: tuple[int, ...], numbers: bytes) -> Any:
    x = np.frombuffer(numbers).reshape(shape)
    made = np.zeros_like(x)
    for at in np.ndindex(x.shape):
        unit = np.zeros_like(x)
        unit[at] = 1.0
        made[at] = difference(partial(_along, x, unit), 0.0, h)
    return made


def _learners(learner: Learner, function: str, v: Values) -> Values:
    gradient = learner.call(function, _f, v["x"])
    left = not np.allclose(learner.given[1], v["x"], rtol=0, atol=1e-10)
    found = {"gradient": gradient, _LEFT: float(left), _WHOLE: 0.0}
    if not left and np.shape(gradient) == v["x"].shape and np.allclose(gradient, _df(v["x"]), rtol=1e-4):
        whole = np.round(3 * v["x"]).astype(int)
        found[_WHOLE] = float(not np.allclose(learner.call(function, _f, whole), _df(whole), rtol=1e-2))
    return found


def _expected(equation: Callable[[Any], Any], left: float, whole: float, v: Values) -> Values:
    return {"gradient": equation(v["x"]), _LEFT: left, _WHOLE: whole}


def _walked_away(h: float, v: Values) -> Values:
    """Return central differences where no entry is put back."""
    x, made = v["x"].copy(), np.zeros_like(v["x"])
    for at in np.ndindex(x.shape):
        unit = np.zeros_like(x)
        unit[at] = 1.0
        made[at] = (_f(x + h * unit) - _f(x - h * unit)) / (2 * h)
        x[at] -= h
    return {"gradient": made, _LEFT: 1.0, _WHOLE: 0.0}


_FUNCTIONS = [["f"], ["func"], ["fn"], ["function"], ["loss"], ["J"], ["loss_f"], ["loss_function"], ["cost"]]
_SHAPES = (((4,), (3,)), ((2, 3), (3, 3)))


def _gradient_probes(learner: Learner) -> Iterator[Probe]:
    usual = ("numerical_gradient", "numerical_gradient_1d", "_numerical_gradient_1d", "numerical_gradient_no_batch")
    function = learner.find(*usual, "numeric_gradient", "numerical_grad", "eval_numerical_gradient")
    if function not in learner.nodes or classes.required(learner.namespace[function])[:1] not in _FUNCTIONS:
        return
    rng = np.random.default_rng(23)
    vectors, matrices = ([{"x": rng.uniform(0.5, 2.0, shape)} for shape in shapes] for shapes in _SHAPES)
    wrong = [
        Mistake(key, partial(_expected, partial(_gradient, each, h), 0.0, 0.0))
        for key, each in _WRONG.items()
        for h in (_H if key != "numerical.zero" else _H[:1])
    ]
    wrong += [Mistake("numerical.x-not-restored", partial(_walked_away, h)) for h in _H]
    wrong.append(Mistake("numerical.truncated", partial(_expected, _truncated, 0.0, 0.0)))
    wrong.append(Mistake("numerical.whole-numbers", partial(_expected, _df, 0.0, 1.0), "warning"))
    wrong += [
        Mistake("numerical.one-sided", partial(_expected, partial(_gradient, each, h), 0.0, whole), "warning")
        for each in _ONE_SIDED.values()
        for h in _H
        for whole in (0.0, 1.0)
    ]
    may_change = frozenset(learner.parameters(function)[1:2])
    run = partial(_learners, learner, function)
    right = [partial(_expected, _df, 0.0, 0.0)]
    probe = Probe(function, "numerical_gradient", [], [run], right, wrong, tolerance=2e-6, may_change=may_change)
    for cases in ([*vectors, *matrices], vectors, matrices):  # some are for vectors only
        if classes.is_right(learner, replace(probe, cases=cases)):
            yield replace(probe, cases=cases)
            return
    yield replace(probe, cases=vectors)


def _g(x: Any) -> Any:
    return 3 * x**2 + 2 * x + 5


def _slope(learner: Learner, function: str, v: Values) -> Values:
    return {"derivative": learner.call(function, _g, v["x"])}


def _slope_by(difference: Difference, h: float, v: Values) -> Values:
    return {"derivative": difference(_g, v["x"], h)}


def probes(learner: Learner) -> Iterator[Probe]:
    """Yield probes of a derivative and of a gradient by differences."""
    function = learner.find("numerical_diff", "numerical_derivative", "numeric_diff", "numerical_differentiation")
    if function in learner.nodes and len(classes.required(learner.namespace[function])) == 2:
        wrong = [
            Mistake(key, partial(_slope_by, each, h))
            for key, each in _WRONG.items()
            for h in (_H if key != "numerical.zero" else _H[:1])
        ]
        wrong += [
            Mistake("numerical.one-sided", partial(_slope_by, each, h), "warning")
            for each in _ONE_SIDED.values()
            for h in _H
        ]
        run, right = partial(_slope, learner, function), [partial(_slope_by, _central, 1e-3)]
        cases: list[Values] = [{"x": 1.5}, {"x": -2.0}, {"x": 0.75}]
        yield Probe(function, "numerical_diff", cases, [run], right, wrong, tolerance=2e-6)
    yield from _gradient_probes(learner)
