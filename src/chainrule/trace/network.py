"""The trace of a network's pass."""

from __future__ import annotations

from typing import Any

from chainrule.arrays import Array
from chainrule.common.errors import InputError
from chainrule.common.settings import Each, Flag, Maybe, Whole, whole
from chainrule.common.texts import later
from chainrule.data import sources
from chainrule.data.door import Door
from chainrule.equations import optimizers
from chainrule.equations.optimizers import Optimizer
from chainrule.trace.examples import one_batch
from chainrule.trace.run import Step, run
from chainrule.trace.trace import Trace

_TRAINING = Maybe(Flag())
_BATCH = Each(Whole(1), later("the epoch and the batch in it, both counted from 1"), least=2, most=2)


def traced(
    network: Any,
    examples: sources.Held,
    door: Door,
    optimizer: str | Optimizer | None,
    last: tuple[Optimizer, dict[str, Array]] | None,
    *,
    training: bool | None,
    seed: int,
    batch: tuple[int, int],
) -> Trace:
    """Return the trace that `Network.trace` returns.

    Parameters
    ----------
    network
        The network; only read.
    examples, door
        The batch, and what checks it.
    optimizer, last
        What to update with, and the last optimizer with its state.
    training, seed, batch
        As for `Network.trace`.
    """
    training = _TRAINING.check("trace", "training", training)
    seed = whole("trace", "seed", seed, least=0)
    epoch, number = _BATCH.check("trace", "batch", batch)
    key = seed, epoch, number - 1
    scored = examples.y is not None or sources.brings_batches(examples.X)
    rule = None if optimizer is None else optimizers.find(optimizer, "trace")
    training = scored if training is None else training
    if rule is not None and not (scored and training):
        raise InputError(
            "The optimizer's step is one of training, which needs y and training=True (or None): give them, or leave "
            "out optimizer."
        )
    body = network.body
    data = one_batch(examples, door, network.feature_names, network.dtype, whole=body.vocabulary_of_input is not None)
    step = None if rule is None else Step(rule, last[1] if last is not None and last[0] == rule else {})
    loss = network.loss if scored else None
    return run(body, loss, network.params, data, training=training, key=key, step=step)
