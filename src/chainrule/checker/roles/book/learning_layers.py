"""Affine layers that take their own step: backward(dout, learning_rate) changes W and b and returns dx.

The learning rate may also be an attribute.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.conventions import classes
from chainrule.checker.equations import learning, linear
from chainrule.checker.equations.mistakes import Equation, Values
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Inspection, Probe
from chainrule.checker.proof import Doubt
from chainrule.checker.roles.book.layers import AFFINE, LAYOUTS, Layout, affine, affine_forward, rate_of


def _slot(arrays: dict[tuple[Any, ...], Any], shape: tuple[int, ...]) -> tuple[Any, ...]:
    return next(place for place, array in arrays.items() if array.shape == shape)


def _stepped(learner: Learner, name: str, layout: Layout, v: Values) -> Values:
    """Return dx, and the gradients that W and b went along."""
    instance = affine(learner, name, layout, v)
    before = {slot: array.copy() for slot, array in classes.slots(learner, instance)}
    weight, bias = (_slot(before, layout[i](v[name]).shape) for i, name in ((1, "W"), (2, "b")))
    rate = (rate_of(learner, f"{name}.backward") or "").removeprefix("self.")
    given = [] if rate in learner.attributes(instance) else [learning.RATE]
    if not given:
        learner.put(instance, (rate,), learning.RATE)
    classes.call(learner, name, instance, "forward", layout[0](v["A_prev"]))
    dx = classes.call(learner, name, instance, "backward", layout[0](v["dZ"]), *given)
    after = dict(classes.slots(learner, instance))
    dW, db = ((before[slot] - np.asarray(after[slot])) / learning.RATE for slot in (weight, bias))
    return {"dA_prev": layout[0](dx), "dW": layout[1](dW), "db": np.reshape(db, (-1, 1))}


def probes(learner: Learner) -> Iterator[Probe | Inspection]:
    """Yield a probe of the backward pass of each such layer."""
    v = linear.cases()[0]
    for name in classes.layers(learner, *AFFINE):
        fitting = [layout for layout in LAYOUTS if classes.attempt(partial(affine_forward, learner, name, layout), v)]
        if not fitting or rate_of(learner, f"{name}.backward") is None:
            continue
        runs: list[Equation] = [partial(_stepped, learner, name, fitting[0])]
        right: list[Equation] = [partial(linear.backward, mean=mean) for mean in (False, True)]
        needs = [f"{name}.forward"]
        wrong = learning.mistakes()
        probe = Probe(f"{name}.backward", "linear_backward", linear.cases(), runs, right, wrong, needs=needs)
        known = [*right, *(mistake.wrong for mistake in probe.mistakes)]
        if classes.is_right(learner, replace(probe, right=known, mistakes=())):
            yield probe
        else:  # the step may have momentum, a limit or a penalty in it
            yield Inspection(probe.function, probe.role, partial(Doubt, "other-result", {"role": probe.role}))
