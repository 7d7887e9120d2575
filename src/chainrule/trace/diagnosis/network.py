"""What `Network.diagnose` and the callback look at."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.data import checks, sources
from chainrule.data.batches import BlockSize, Data, counting_rows
from chainrule.data.door import Door
from chainrule.equations import optimizers
from chainrule.equations.optimizers import Optimizer
from chainrule.trace.diagnosis.examine import diagnosis
from chainrule.trace.diagnosis.finding import Diagnosis
from chainrule.trace.diagnosis.subject import Subject
from chainrule.trace.diagnosis.thresholds import EXAMPLES
from chainrule.trace.run import Step


def diagnosed(
    network: Any,
    examples: sources.Held,
    door: Door,
    optimizer: str | Optimizer | None,
    last: tuple[Optimizer, dict[str, Array]] | None,
) -> Diagnosis:
    """Return the diagnosis that `Network.diagnose` returns.

    Parameters
    ----------
    network
        The network; only read.
    examples, door
        The examples, and what checks them.
    optimizer, last
        What it trains with, and the last optimizer with its state.
    """
    rule = optimizers.find(optimizer, "diagnose") if optimizer is not None else last[0] if last is not None else None
    step = None if rule is None else Step(rule, last[1] if last is not None and last[0] == rule else {})
    source = sources.source(examples, sources.Cutting(EXAMPLES, seed=0), door, network.feature_names)
    return diagnosis(subject(network, some_examples(source, 0, network), step))


def some_examples(source: Any, epoch: int, network: Any) -> Data:
    """Return the first examples of an epoch, in its random order, without those of weight 0."""
    with closing(source.blocks(epoch, 0, BlockSize(2**62, EXAMPLES))) as blocks:
        data: Data = source.take(next(blocks), network.dtype, whole=network.body.vocabulary_of_input is not None)
    if data.mask is not None:
        checks.some_weight(data.mask)
    if data.weights is not None:
        checks.some_weight(data.weights)
        counting = counting_rows(data.weights)
        data = data.each(lambda a: a[counting])
    return data.each(lambda a: a[:EXAMPLES])


def subject(network: Any, data: Data, step: Step | None, seed: int = 0) -> Subject:
    """Return a network as it is now, with examples and what it trains with."""
    begun, _ = network.body.init(np.random.default_rng(network.seed), network.input_shape, network.dtype)
    return Subject(
        network.body,
        network.loss,
        network.params,
        data,
        step,
        epochs=len(network.history),
        begun=begun,
        columns=network.feature_names,
        seed=seed,
    )
