"""The optimizer's step that ends a pass: what each parameter was, its gradient, the state, and what it becomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.arrays import Array, leaves
from chainrule.arrays.threads import one_blas_thread
from chainrule.engines.numpy import NumpyEngine
from chainrule.equations.losses import Loss
from chainrule.equations.optimizers import Decoupled, Optimizer, clip_scale
from chainrule.equations.schedules import rate_at
from chainrule.layers.base import path_kinds
from chainrule.trace.record import PassRecord, differential, renewed
from chainrule.trace.untouched import copied, random_numbers_kept

State = dict[str, Array]
"""An optimizer's state as an engine restores it: arrays by letter and path, such as ``m/0.W``, and the steps."""


@dataclass(frozen=True, eq=False)
class Update:
    """One parameter's share of a step.

    Attributes
    ----------
    name
        Its full name in the trace, such as ``layer0.W``.
    old, gradient, new
        Before the step, its gradient, and after the step.
    before, after
        The optimizer's state for it before and after, by the letters of the rule; empty if it remembers nothing.
    decay
        The strength of weight decay on it.
    """

    name: str
    old: Array
    gradient: Array
    new: Array
    before: dict[str, Array]
    after: dict[str, Array]
    decay: float

    @property
    def new_name(self) -> str:
        """What the parameter is called after the step."""
        return renewed(self.name)

    @property
    def gradient_name(self) -> str:
        """What its gradient is called."""
        return differential(self.name)


@dataclass(frozen=True, eq=False)
class Step:
    """One step of an optimizer.

    Attributes
    ----------
    rule
        The optimizer.
    number, rate
        Which step it is, from 1, and its learning rate.
    clipped
        What all gradients were multiplied by to keep their norm within its limit; 1 if it was within.
    updates
        The parameters' shares, by their names in the trace.
    """

    rule: Optimizer
    number: int
    rate: float
    clipped: float
    updates: dict[str, Update]

    @property
    def decoupled(self) -> bool:
        """Whether weight decay is no part of the gradient."""
        return isinstance(self.rule, Decoupled)


def step_of(traced: PassRecord, loss: Loss, rule: Optimizer, state: State) -> Step:
    """Return the step that ends a traced pass, done once more by the engine that trains.

    Parameters
    ----------
    traced
        The pass, with its optimizer's step.
    loss, rule, state
        The loss, the optimizer, and what it goes on from; no state before its first step.
    """
    result: Any = traced.loss
    engine = NumpyEngine(copied(traced.body), loss, rule, traced.params)  # type: ignore[arg-type]
    if state:
        engine.restore({f"params/{path}": p for path, p in leaves(traced.params)} | state)
    before = engine.state()
    with np.errstate(over="ignore", invalid="ignore"), one_blas_thread(), random_numbers_kept():
        engine.step(traced.X, result.Y, result.weights, traced.mode.key or (0, 1, 0), traced.mode.mask)
    after = engine.state()
    gradients = gradients_of(traced)
    kinds = path_kinds(traced.body, traced.params)
    updates = [
        Update(
            f"layer{path}",
            before[f"params/{path}"],
            gradient,
            after[f"params/{path}"],
            _of_path(before, path),
            _of_path(after, path),
            rule.weight_decay if kinds[path] == "weight" else 0.0,
        )
        for path, gradient in gradients.items()
    ]
    return Step(
        rule,
        engine.steps,
        float(rate_at(rule.lr, engine.steps)),
        _clipped(rule, gradients),
        {u.name: u for u in updates},
    )


def gradients_of(traced: PassRecord) -> dict[str, Array]:
    """Return the gradient of each parameter by its path, such as ``0.W``."""
    return {
        f"{record.path.removeprefix('layer')}.{name}": gradient
        for layer in traced.layers
        for record in layer.walk()
        if not record.parts
        for name, gradient in leaves(record.grads)
    }


def _of_path(state: State, path: str) -> dict[str, Array]:
    """Return the letters of the rule's state, each with its array of one parameter."""
    split = ((name.partition("/"), array) for name, array in state.items())
    return {letter: array for (letter, _, of), array in split if of == path and letter not in ("params", "pending")}


def _clipped(rule: Optimizer, gradients: dict[str, Array]) -> float:
    if rule.clip_norm is None:
        return 1.0
    total = sum(float((g.astype(float) ** 2).sum()) for g in gradients.values())
    return float(clip_scale(np.asarray(total), rule.clip_norm))
