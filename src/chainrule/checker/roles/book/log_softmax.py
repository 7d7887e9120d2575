"""The logarithm of softmax, as a function or as a layer: examples as rows or as columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.conventions import classes
from chainrule.checker.conventions.layout import layouts
from chainrule.checker.conventions.names import first
from chainrule.checker.equations import softmax
from chainrule.checker.equations.mistakes import Mistake, Values
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Probe

NAMES = ("log_softmax", "logsoftmax", "LogSoftmax", "Log_Softmax")
Turn = Callable[[Any], Any]


def _of_function(learner: Learner, function: str, turn: Turn, v: Values) -> Values:
    return {"A": turn(np.asarray(first(learner.call(function, turn(v["Z"]))), float))}


def _of_layer(learner: Learner, name: str, turn: Turn, v: Values) -> Values:
    result = classes.call(learner, name, classes.build(learner, name), "forward", turn(v["Z"]))
    return {"A": turn(np.asarray(first(result), float))}


def probes(learner: Learner) -> Iterator[Probe]:
    """Yield a probe for a function and for the forward pass of a layer that has its name."""
    runs = {}
    function = learner.find(*NAMES)
    if function in learner.nodes and len(classes.required(learner.namespace[function])) == 1:
        runs[function] = partial(_of_function, learner, function)
    for name in classes.layers(learner, *NAMES):
        cls: Any = learner.classes[name]
        if not classes.required(cls) and len(classes.required(cls.forward)) == 2:
            runs[f"{name}.forward"] = partial(_of_layer, learner, name)
    right = [softmax.equation(softmax.log_softmax)]
    mistakes = [Mistake(key, softmax.equation(wrong)) for key, wrong in softmax.WRONG_LOGARITHMS]
    for known, run in runs.items():
        ways = [partial(run, np.transpose if in_rows else np.copy) for in_rows in layouts(learner, known)]
        yield Probe(known, "log_softmax", softmax.cases(), ways, right, mistakes)
