"""One pass with everything that it computes written down: forward, loss, backward, and the optimizer's step."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, Mode, Params, leaves, map_leaves
from chainrule.arrays.threads import one_blas_thread
from chainrule.common.errors import NotFiniteError
from chainrule.data.batches import Data
from chainrule.engines.numpy import NumpyEngine, training_mode
from chainrule.equations.losses import Loss
from chainrule.equations.optimizers import Optimizer
from chainrule.layers import Sequential
from chainrule.layers.base import path_kinds
from chainrule.trace.record import LayerRecord, LossRecord, StepRecord, named
from chainrule.trace.recorder import Entry, Recorder
from chainrule.trace.trace import Trace
from chainrule.trace.untouched import copied, freeze, frozen, random_numbers_kept


class Step(NamedTuple):
    """The optimizer's step that ends the pass."""

    optimizer: Optimizer
    state: dict[str, Array]  # what it goes on from; empty at its first step


def run(
    body: Sequential,
    loss: Loss | None,
    params: Params,
    data: Data,
    *,
    training: bool,
    key: tuple[int, ...],
    step: Step | None = None,
) -> Trace:
    """Run one pass and return its trace.

    Parameters
    ----------
    body, loss, params
        The network; without a loss there is a forward pass only.
    data
        The examples, checked and in the dtype of the network.
    training
        Whether it is a pass of training.
    key
        Which one: the seed, the epoch from 1 on, and the batch from 0 on, of which random numbers follow.
    step
        The step to do in the end.

    Raises
    ------
    NotFiniteError
        The outputs are NaN or infinite.
    """
    params, data = map_leaves(frozen, params), data.each(frozen)
    statistics = "statistic" in path_kinds(body, params).values()
    mode = training_mode(statistics, key, data.weights, data.mask) if training else Mode(mask=data.mask)
    root, result = passed(body, loss, params, data, mode)
    updated = {} if step is None or loss is None else _updated(body, loss, params, data, key, step)
    layers = tuple(frozen_record(entry, updated, f"{entry.path}.") for entry in root.parts)
    return Trace(layers, result, body, params, mode, data.X, step and step.optimizer)


def passed(body: Sequential, loss: Any, params: Params, data: Data, mode: Mode) -> tuple[Entry, LossRecord | None]:
    """Return what was written down of a pass: of the layers, and of the loss if there is one."""
    root = Entry("", body)
    recorder = Recorder(root)
    with np.errstate(over="ignore", invalid="ignore"), one_blas_thread(), random_numbers_kept():
        Z, cache = recorder.forward(params, data.X, mode)
        if not np.isfinite(Z).all():
            raise NotFiniteError(
                "The outputs of this pass are NaN or infinite: the weights are too large for these inputs. Train again "
                "with a smaller learning rate, or look at an earlier moment of the training."
            )
        if loss is None:
            return root, None
        value, dZ = loss(Z, data.Y, data.weights)
        recorder.backward(cache, dZ)
        P = loss.activation(Z)
    freeze((dZ, P))
    return root, LossRecord(loss, ("Z", "loss"), Z, data.Y, data.weights, P, float(value), dZ)


def _updated(
    body: Sequential, loss: Loss, params: Params, data: Data, key: tuple[int, ...], step: Step
) -> dict[str, Array]:
    """Return the parameters after an untraced step of the engine that trains, by their paths."""
    engine = NumpyEngine(copied(body), loss, step.optimizer, params)
    if step.state:
        engine.restore({f"params/{path}": p for path, p in leaves(params)} | step.state)
    with np.errstate(over="ignore", invalid="ignore"), one_blas_thread(), random_numbers_kept():
        engine.step(data.X, data.Y, data.weights, key, data.mask)
    return {path: frozen(p) for path, p in leaves(engine.params)}


def frozen_record(entry: Entry, updated: dict[str, Array], prefix: str) -> LayerRecord:
    """Return what was written down as a record.

    Parameters
    ----------
    updated
        The parameters after the step, by their paths in the network.
    prefix
        What the names of the layer's arrays begin with.
    """
    freeze(named((entry.y, entry.cache, entry.dy, entry.dx, entry.grads, entry.ran, entry.ran_back)).values())
    path = entry.path.removeprefix("layer")
    return LayerRecord(
        entry.path,
        prefix,
        entry.ran_by or entry.layer,
        entry.params,
        entry.mode,
        entry.x,
        entry.y,
        entry.cache,
        entry.dy,
        entry.dx,
        entry.grads,
        {name.removeprefix(f"{path}."): p for name, p in updated.items() if name.startswith(f"{path}.")},
        tuple(frozen_record(part, updated, f"{part.path}.") for part in entry.parts),
        _steps(entry),
    )


def _steps(entry: Entry) -> tuple[StepRecord, ...]:
    """Return a recurrent layer's steps in their order of time."""
    forward, backward = entry.ran, entry.ran_back[::-1]
    if not forward:
        return ()
    if getattr(entry.layer, "reverse", False):
        forward, backward = forward[::-1], backward[::-1]
    backward = backward or [{}] * len(forward)
    return tuple(StepRecord(t, *both) for t, both in enumerate(zip(forward, backward, strict=True)))
