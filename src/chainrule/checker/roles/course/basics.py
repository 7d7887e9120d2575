"""The first functions of the course's second week."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from chainrule.checker.equations import activations, basics
from chainrule.checker.equations.mistakes import Equation, Values
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Probe

_NAMES = {
    "image2vector": ("image2vector", "image_to_vector"),
    "normalizeRows": ("normalizeRows", "normalize_rows"),
    "L1": ("L1", "L1_loss"),
    "L2": ("L2", "L2_loss"),
}
_CASES = {
    "image2vector": basics.picture_cases,
    "normalizeRows": basics.row_cases,
    "L1": basics.distance_cases,
    "L2": basics.distance_cases,
}


def _run(learner: Learner, function: str, v: Values) -> Values:
    return {"result": learner.call(function, *v.values())}


def _one_by_one(learner: Learner, function: str, v: Values) -> Values:
    """Return what a function of single numbers makes of each."""
    return {"A": np.reshape([learner.call(function, float(z)) for z in v["Z"].flat], v["Z"].shape)}


def probes(learner: Learner) -> Iterator[Probe]:
    """Yield a probe for each function that is there."""
    function = learner.find("basic_sigmoid")
    if function in learner.nodes and len(learner.parameters(function)) == 1:
        runs: list[Equation] = [partial(_one_by_one, learner, function)]
        wrong = activations.value_mistakes("sigmoid")
        yield Probe(function, "sigmoid", activations.cases(), runs, [activations.forward("sigmoid")], wrong)
    for name, names in _NAMES.items():
        function = learner.find(*names)
        cases = _CASES[name]()
        if function in learner.nodes and len(learner.parameters(function)) == len(cases[0]):
            runs = [partial(_run, learner, function)]
            # The course says of normalizeRows: "You are allowed to modify x."
            may_change = frozenset(learner.parameters(function)) if name == "normalizeRows" else frozenset()
            right, wrong = [basics.right(name)], basics.mistakes(name)
            yield Probe(function, name, cases, runs, right, wrong, may_change=may_change)
