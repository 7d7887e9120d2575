"""What scripts do with labels: one_hot(Y), get_predictions(A), get_accuracy(predictions, Y)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from chainrule.checker.conventions.layout import layouts
from chainrule.checker.equations import labels
from chainrule.checker.equations.mistakes import Equation, Values
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Probe

ONE_HOT = ("one_hot", "onehot", "to_one_hot", "one_hot_encode", "one_hot_encoding")
PREDICTIONS = ("get_predictions", "get_prediction")
ACCURACY = ("get_accuracy", "compute_accuracy", "calculate_accuracy")


def _encoded(learner: Learner, function: str, arguments: int, v: Values) -> Values:
    return {"result": learner.call(function, *(v["Y"], v["K"])[:arguments])}


def _decided(learner: Learner, function: str, v: Values) -> Values:
    return {"result": learner.call(function, v["A"])}


def _counted(learner: Learner, function: str, v: Values) -> Values:
    return {"result": learner.call(function, v["predictions"], v["Y"])}


def _required(learner: Learner, function: str) -> int:
    return len(learner.parameters(function)) - len(learner.nodes[function].args.defaults)


def _fixed_width(learner: Learner, function: str) -> int:
    """Return the number of classes that a function assumes where it is not told, as in one_hot(Y, classes=10); or 0."""
    defaults: list[Any] = [getattr(node, "value", None) for node in learner.nodes[function].args.defaults]
    return next((value for value in defaults if type(value) is int), 0)


def probes(learner: Learner) -> Iterator[Probe]:
    """Yield a probe for each of the functions that is there."""
    function = learner.find(*ONE_HOT)
    if function in learner.nodes and 1 <= _required(learner, function) <= 2:
        width = _fixed_width(learner, function)
        runs: list[Equation] = [partial(_encoded, learner, function, _required(learner, function))]
        right, wrong = labels.one_hot_rights(width), labels.one_hot_mistakes(width)
        yield Probe(function, "one_hot", labels.cases(), runs, right, wrong)
    function = learner.find(*PREDICTIONS)
    if function in learner.nodes and len(learner.parameters(function)) == 1:
        known = layouts(learner, function)
        right = labels.decided_rights(columns=False in known, rows=True in known)
        runs = [partial(_decided, learner, function)]
        yield Probe(function, "predict", labels.cases(), runs, right, labels.decided_mistakes())
    function = learner.find(*ACCURACY)
    if function in learner.nodes and len(learner.parameters(function)) == 2:
        runs = [partial(_counted, learner, function)]
        right = labels.accuracy_rights()
        yield Probe(function, "accuracy", labels.cases(), runs, right, labels.accuracy_mistakes())
