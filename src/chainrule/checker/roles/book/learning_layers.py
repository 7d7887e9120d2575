"""Affine layers that take their own step: backward(dout, learning_rate) changes W and b and returns dx.

The learning rate may also be an attribute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.conventions import classes
from chainrule.checker.equations import linear
from chainrule.checker.equations.mistakes import Equation, Mistake, Values
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Inspection, Probe
from chainrule.checker.proof import Doubt
from chainrule.checker.roles.book.layers import AFFINE, LAYOUTS, Layout, affine, affine_forward, rate_of

_RATE = 0.2


def _slot(arrays: dict[tuple[Any, ...], Any], shape: tuple[int, ...]) -> tuple[Any, ...]:
    return next(place for place, array in arrays.items() if array.shape == shape)


def _stepped(learner: Learner, name: str, layout: Layout, v: Values) -> Values:
    """Return dx, and the gradients that W and b went along."""
    instance = affine(learner, name, layout, v)
    before = {slot: array.copy() for slot, array in classes.slots(learner, instance)}
    weight, bias = (_slot(before, layout[i](v[name]).shape) for i, name in ((1, "W"), (2, "b")))
    rate = (rate_of(learner, f"{name}.backward") or "").removeprefix("self.")
    given = [] if rate in learner.attributes(instance) else [_RATE]
    if not given:
        learner.put(instance, (rate,), _RATE)
    classes.call(learner, name, instance, "forward", layout[0](v["A_prev"]))
    dx = classes.call(learner, name, instance, "backward", layout[0](v["dZ"]), *given)
    after = dict(classes.slots(learner, instance))
    dW, db = ((before[slot] - np.asarray(after[slot])) / _RATE for slot in (weight, bias))
    return {"dA_prev": layout[0](dx), "dW": layout[1](dW), "db": np.reshape(db, (-1, 1))}


def _changed(change: Callable[[Values, Values], Values], mean: bool, v: Values) -> Values:
    gradients = linear.backward(v, mean=mean)
    return gradients | change(v, gradients)


_CHANGES: list[tuple[str, Callable[[Values, Values], Values]]] = [
    ("update.ascent", lambda v, g: {"dW": -g["dW"], "db": -g["db"]}),
    ("update.ascent", lambda v, g: {"dW": -g["dW"]}),
    ("update.ascent", lambda v, g: {"db": -g["db"]}),
    ("update.ascent", lambda v, g: {"dW": -g["dW"], "dA_prev": (v["W"] + _RATE * g["dW"]).T @ v["dZ"]}),
    ("update.biases-skipped", lambda v, g: {"db": 0 * g["db"]}),
    ("update.weights-skipped", lambda v, g: {"dW": 0 * g["dW"]}),
    ("update.no-rate", lambda v, g: {"dW": g["dW"] / _RATE, "db": g["db"] / _RATE}),
    ("whole_backward.updated-first", lambda v, g: {"dA_prev": (v["W"] - _RATE * g["dW"]).T @ v["dZ"]}),
]


def _mistakes() -> list[Mistake]:
    """Return what goes wrong in the step, and in the gradients."""
    wrong = [Mistake(key, partial(_changed, change, mean)) for mean in (False, True) for key, change in _CHANGES]
    return wrong + linear.backward_mistakes(mean=False)


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
        probe = Probe(f"{name}.backward", "linear_backward", linear.cases(), runs, right, _mistakes(), needs=needs)
        known = [*right, *(mistake.wrong for mistake in probe.mistakes)]
        if classes.is_right(learner, replace(probe, right=known, mistakes=())):
            yield probe
        else:  # the step may have momentum, a limit or a penalty in it
            yield Inspection(probe.function, probe.role, partial(Doubt, "other-result", {"role": probe.role}))
