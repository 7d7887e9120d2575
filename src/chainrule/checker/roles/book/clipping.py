"""Gradients that are made shorter, as the book's second volume does before each step of a recurrent network."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from chainrule.checker.conventions import classes
from chainrule.checker.equations import clipping
from chainrule.checker.equations.mistakes import Values
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Probe


def _clipped(learner: Learner, function: str, v: Values) -> Values:
    """Return the gradients after a call: those that it returns, or those that it changed."""
    gradients = [v["dW"].copy(), v["db"].copy()]
    returned = learner.call(function, gradients, v["max_norm"])
    dW, db = learner.given[0] if returned is None else returned
    return {"dW": dW, "db": db}


def probes(learner: Learner) -> Iterator[Probe]:
    """Yield a probe of `clip_grads(grads, max_norm)`."""
    function = learner.find("clip_grads")
    if function not in learner.nodes or classes.required(learner.namespace[function]) != ["grads", "max_norm"]:
        return
    rng = np.random.default_rng(29)
    cases: list[Values] = [
        {"dW": size * rng.uniform(0.2, 1.0, (3, 4)), "db": size * rng.uniform(0.2, 1.0, 4), "max_norm": 5.0}
        for size in (10.0, 3.0, 0.1)
    ]
    may_change = frozenset(learner.parameters(function)[:1])
    run = partial(_clipped, learner, function)
    mistakes = clipping.mistakes()
    yield Probe(
        function, "clip_grads", cases, [run], [clipping.clipped], mistakes, tolerance=1e-5, may_change=may_change
    )
