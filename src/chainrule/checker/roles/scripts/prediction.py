"""From what a learner's forward pass gives to an answer: 0 or 1, or a class."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.conventions.styles import Style, arguments, call, outputs
from chainrule.checker.equations import network
from chainrule.checker.equations.mistakes import Mistake, Values
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Probe
from chainrule.checker.roles.scripts.whole import Reading

PREDICT = ("predict", "get_predictions", "prediction")
_DECISIONS: dict[str, Callable[[Any], Any]] = {
    "predict.no-threshold": lambda A: A,
    "predict.inverted": lambda A: A < 0.5,
    "predict.always-one": lambda A: A > 0,
    "predict.threshold-1": lambda A: A > 1,
    "predict.argmax": lambda A: A.argmax(axis=0),
    "predict.argmax-axis": lambda A: A.argmax(axis=1),
    "predict.argmin": lambda A: A.argmin(axis=0),
    "predict.argmax-of-all": np.argmax,
    "predict.threshold-of-classes": lambda A: A > 0.5,
    "predict.largest-value": lambda A: A.max(axis=0),
}


def _own_result(learner: Learner, forward: str, style: Style, v: Values) -> Any:
    return outputs(learner, forward, style, v)["AL"]


def _decided(own: Callable[[Values], Any], decide: Callable[[Any], Any], v: Values) -> Values:
    P = np.asarray(decide(own(v)), float)
    return {"P": P.reshape(-1) if P.ndim == 2 and len(P) == 1 else P}


def _prediction_run(learner: Learner, function: str, style: Style, v: Values) -> Values:
    P = style.examples(np.asarray(call(learner, function, style.known(v)), float))
    return {"P": P.reshape(-1) if P.ndim == 2 and len(P) == 1 else P}


def _above_half(A: Any) -> Any:
    return A > 0.5


def _classes(A: Any) -> Any:
    return A.argmax(axis=0)


def _one_hot(A: Any) -> Any:
    return A == A.max(axis=0)


def prediction_probes(
    learner: Learner, forward: str, reading: Reading, function: str | None, *, probabilities: bool
) -> Iterator[Probe]:
    """Yield how to try `predict` on what the learner's forward pass gives.

    Parameters
    ----------
    learner, forward, reading
        The learner's network.
    function
        The function that predicts.
    probabilities
        Whether it may return them as they are.
    """
    style = reading.styles[0]
    cases = network.cases(style.layers, reading.output)
    if function not in learner.nodes or arguments(learner, function, style.known(cases[0])) is None:
        return
    own = partial(_own_result, learner, forward, style)
    rules: list[Callable[[Any], Any]] = [_above_half] if reading.output == "sigmoid" else [_classes, _one_hot]
    rules += [_DECISIONS["predict.no-threshold"]] if probabilities or reading.output == "identity" else []
    right = [partial(_decided, own, rule) for rule in rules]
    mistakes = [Mistake(key, partial(_decided, own, rule)) for key, rule in _DECISIONS.items()]
    run = partial(_prediction_run, learner, function, style)
    yield Probe(function, "predict", cases, [run], right, mistakes, needs=[forward])
