"""Softmax as a layer: a class whose forward method is no softmax is wrong there, and not in its backward method."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.conventions import classes
from chainrule.checker.equations import softmax
from chainrule.checker.equations.mistakes import Equation, Mistake, Values
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Probe

_NAME = re.compile(r"(activation_?)?soft_?max(_?(layer|activation))?", re.IGNORECASE)
_MAY_BE_MEANT = ("softmax.returns-Z", "softmax.logarithm")  # where the loss does the rest

_IN_ANY_LAYOUT = "softmax.different-exponents"  # which of its two axes is wrong depends on the layout


def _run(learner: Learner, name: str, turn: Any, v: Values) -> Values:
    result = classes.call(learner, name, classes.build(learner, name), "forward", turn(v["Z"]))
    return {"A": turn(np.asarray(result, float))}


def probes(learner: Learner) -> Iterator[Probe]:
    """Yield a probe for every such class, but for one that is right for one example at a time and takes no more."""
    for name in filter(_NAME.fullmatch, learner.classes):
        function = f"{name}.forward"
        if function not in learner.nodes or len(learner.parameters(function)) != 1:
            continue
        runs: list[Equation] = [partial(_run, learner, name, turn) for turn in (np.transpose, np.copy)]
        right: list[Equation] = [softmax.equation(softmax.softmax)]
        wrong = [Mistake(key, softmax.equation(value)) for key, value in softmax.WRONG if key not in _MAY_BE_MEANT]
        wrong.sort(key=lambda mistake: mistake.key != _IN_ANY_LAYOUT)
        probe = Probe(function, "softmax", softmax.cases(), runs, right, wrong)
        columns = [{"Z": v["Z"][:, :1]} for v in softmax.cases()]
        vectors = [{"Z": v["Z"][:, 0]} for v in softmax.cases()]
        alone = [Probe(function, "softmax", single, runs, right) for single in (columns, vectors)]
        if classes.is_right(learner, probe) or not any(classes.is_right(learner, each) for each in alone):
            yield probe
