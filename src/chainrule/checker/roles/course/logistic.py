"""Logistic regression as in the course's second week: one unit, w (n, 1), b a number, examples in columns or rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.conventions.layout import rows
from chainrule.checker.conventions.names import FORWARD_NAMES, first
from chainrule.checker.conventions.styles import calls
from chainrule.checker.equations import cost, descent, logistic, predictions
from chainrule.checker.equations.logistic import UNIT, number
from chainrule.checker.equations.mistakes import Equation, Mistake, Values, named
from chainrule.checker.equations.network import Steps
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Probe

Data = Callable[[Values], tuple[Any, ...]]
"""w, b, X and, if there are some, labels, as a function takes them."""


def _in_columns(v: Values) -> tuple[Any, ...]:
    return tuple(v[name] for name in ("w", "b", "X", "Y") if name in v)


def _in_rows(v: Values) -> tuple[Any, ...]:
    return v["w"], v["b"], *(v[name].T for name in ("X", "Y") if name in v)


def _in_flat_rows(v: Values) -> tuple[Any, ...]:
    return np.ravel(v["w"]), v["b"], v["X"].T, *(np.ravel(v[name]) for name in ("Y",) if name in v)


def _ways(learner: Learner, function: str) -> list[Data]:
    """Return how a function may take its data: the course's columns, or rows, of which there may be one number each."""
    return [_in_rows, _in_flat_rows] if rows(learner, function) else [_in_columns]


def _propagate(learner: Learner, function: str, data: Data, v: Values) -> Values:
    result = learner.call(function, *data(v))
    grads = next(part for part in result if isinstance(part, dict))
    return {
        "dw": _column(data, grads.get("dw")),
        "db": number(grads.get("db")),
        "cost": number(next(part for part in result if not isinstance(part, dict))),
    }


def _column(data: Data, w: Any) -> Any:
    """Return the weights, or what has their shape, as a column."""
    return np.reshape(w, (-1, 1)) if data is _in_flat_rows and np.ndim(w) == 1 else w


def _own(learner: Learner, function: str, *usual: str) -> str | None:
    """Return the learner's helper of a usual name, if the function uses it."""
    helper = learner.find(*usual)
    return helper if helper in calls(learner, function) else None


def _units(learner: Learner, function: str) -> list[Steps]:
    """Return the unit with the sigmoid, and with the learner's own if the function uses one."""
    own = _own(learner, function, *FORWARD_NAMES["sigmoid"])
    return [UNIT] if own is None else [UNIT, replace(UNIT, output=partial(_own_sigmoid, learner, own))]


def _own_sigmoid(learner: Learner, function: str, Z: Any) -> Any:
    return np.asarray(first(learner.call(function, Z)), float)


def _kept(result: Any) -> Values:
    """Return w and b of a result: in a dict, in a tuple with one, or in a row."""
    parts = result if isinstance(result, tuple) else (result,)
    parameters = next((part for part in parts if isinstance(part, dict) and "w" in part), None)
    if parameters is None:
        parameters = dict(zip(("w", "b"), parts, strict=False))
    return {"w": parameters.get("w"), "b": number(parameters.get("b"))}


def _optimize(learner: Learner, function: str, data: Data, v: Values) -> Values:
    kept = _kept(learner.call(function, *data(v), descent.STEPS, descent.RATE))
    return kept | {"w": _column(data, kept["w"])}


def _model(learner: Learner, function: str, data: Data, v: Values) -> Values:
    _, _, X, Y = data(v)
    kept = _kept(learner.call(function, X, Y, X, Y, descent.STEPS, descent.RATE))
    return kept | {"w": _column(data, kept["w"])}


def _from_zeros(equation: Equation, v: Values) -> Values:
    return equation(v | {"w": np.zeros_like(v["w"]), "b": 0.0})


def _gradients(learner: Learner, function: str) -> list[Equation]:
    """Return what may compute the gradients: the equations, and the learner's own functions."""
    equations: list[Equation] = [partial(logistic.propagate, step=unit) for unit in _units(learner, function)]
    own = _own(learner, function, "propagate")
    if own is None:
        return equations
    return [*equations, *(partial(_propagate, learner, own, data) for data in _ways(learner, own))]


def _predict(learner: Learner, function: str, data: Data, v: Values) -> Values:
    P = np.asarray(learner.call(function, *data(v)), float)
    across = 0 if data is _in_columns else -1
    return {"P": P.reshape(-1) if P.ndim == 2 and P.shape[across] == 1 else P}


def _zeros(learner: Learner, function: str, v: Values) -> Values:
    w, b = learner.call(function, v["dim"])
    return {"w": w, "b": number(b)}


def is_logistic(learner: Learner, function: str | None, count: int) -> bool:
    """Return whether a function takes w and b first, and so many arguments at least."""
    if function not in learner.nodes:
        return False
    names = learner.parameters(function)
    return names[:2] == ["w", "b"] and len(names) >= count


def probes(learner: Learner) -> Iterator[Probe]:
    """Yield a probe for every function of logistic regression."""
    function = learner.find("initialize_with_zeros")
    if function is not None and function in learner.nodes:
        run, wrong = partial(_zeros, learner, function), named(logistic.WRONG_ZEROS)
        yield Probe(function, "initialize", [{"dim": 3}, {"dim": 2}], [run], [logistic.zeros], wrong)
    function = learner.find("propagate")
    if function is not None and function in learner.nodes and len(learner.parameters(function)) == 4:
        rights: list[Equation] = [partial(logistic.propagate, step=unit) for unit in _units(learner, function)]
        runs = [partial(_propagate, learner, function, data) for data in _ways(learner, function)]
        needs, wrong = sorted(calls(learner, function)), logistic.propagate_mistakes()
        yield Probe(function, "propagate", logistic.cases(), runs, rights, wrong, cost.TOLERANCE, needs=needs)
    yield from _training(learner)
    function = learner.find("predict")
    if function is not None and is_logistic(learner, function, 3):
        units = [partial(logistic.predict, unit) for unit in _units(learner, function)]
        rights = [partial(predictions.decided, unit, predictions.above_half) for unit in units]
        runs = [partial(_predict, learner, function, data) for data in _ways(learner, function)]
        needs, wrong = sorted(calls(learner, function)), logistic.prediction_mistakes()
        yield Probe(function, "predict", logistic.prediction_cases(), runs, rights, wrong, needs=needs)


def _training(learner: Learner) -> Iterator[Probe]:
    """Yield probes for the functions that train: a few steps of theirs give exact numbers."""
    function = learner.find("optimize")
    if function is not None and is_logistic(learner, function, 6):
        gradients = _gradients(learner, function)
        rights: list[Equation] = [partial(descent.descend, gradient) for gradient in gradients]
        runs = [partial(_optimize, learner, function, data) for data in _ways(learner, function)]
        needs, wrong = sorted(calls(learner, function)), descent.mistakes(gradients[0])
        yield Probe(function, "optimize", logistic.cases(), runs, rights, wrong, needs=needs)
    function = learner.find("model")
    if function is not None and function in learner.nodes and len(learner.parameters(function)) >= 6:
        gradients, optimize = _gradients(learner, function), _own(learner, function, "optimize")
        rights = [partial(descent.descend, gradient) for gradient in gradients]
        if optimize is not None:
            rights += [partial(_optimize, learner, optimize, data) for data in _ways(learner, optimize)]
        rights = [partial(_from_zeros, right) for right in rights]
        wrong = [Mistake(m.key, partial(_from_zeros, m.wrong), m.severity) for m in descent.mistakes(gradients[0])]
        runs = [partial(_model, learner, function, data) for data in _ways(learner, function)]
        yield Probe(function, "model", logistic.cases(), runs, rights, wrong, needs=sorted(calls(learner, function)))
