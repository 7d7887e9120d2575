"""What training on several devices costs each of them: the memory that it holds, the bytes that it sends, its time."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, Params, Shape, leaves, machine
from chainrule.data.batches import BlockSize
from chainrule.engines.devices import divided_axis
from chainrule.equations.optimizers import Optimizer
from chainrule.layers import Sequential
from chainrule.layers.base import path_kinds
from chainrule.layers.summary import bytes_of_pass


class Training(NamedTuple):
    """What is trained on devices, and how."""

    body: Sequential
    params: Params
    input_shape: Shape
    dtype: Any
    optimizer: Optimizer
    batch: int
    """Rows of a batch, on all devices together."""
    sharded: bool

    def rows(self, devices: int) -> int:
        """Return the rows of a batch that a device has, with those that fill up."""
        return -(-self.batch // devices)

    def trained(self) -> list[Array]:
        """Return the parameters that have a gradient."""
        kinds = path_kinds(self.body, self.params)
        return [p for path, p in leaves(self.params) if kinds[path] != "statistic"]


class Memory(NamedTuple):
    """The bytes that a device holds."""

    parameters: int
    optimizer: int
    """The state of the optimizer."""
    gradients: int
    """Those of the device's own rows."""
    exchanged: int
    """Room for the parameters that are gathered, if they are sharded, and after that for the sum of all gradients."""
    activations: int
    """The inputs of a batch and what the layers keep for backward."""
    inputs: int
    """Those of the batches that wait on the device, at most."""


def bytes_of_gradients(training: Training) -> int:
    """Return the bytes of all gradients."""
    return int(sum(p.nbytes for p in training.trained()))


def memory(training: Training, devices: int) -> Memory:
    r"""Return what each of several devices holds.

    Of parameters and state, what can be divided by the N devices is, if they are sharded:

    .. math::
        \text{held} = \sum_{a \text{ divided}} \frac{\text{bytes}(a)}{N} + \sum_{a \text{ whole}} \text{bytes}(a)

    Gradients are whole until they are summed. The activations are those of the equations: XLA may keep less, and needs
    room for what is computed in between: nothing for dense layers, one and a half times as much for an LSTM.

    References
    ----------
    Rajbhandari et al., ZeRO: memory optimizations toward training trillion parameter models, 2020, section 5.
    """
    alone = devices == 1

    def held(array: Array) -> int:
        whole = alone or not training.sharded or divided_axis(array.shape, devices) is None
        return int(array.nbytes) // (1 if whole else devices)

    parameters, trained = [p for _, p in leaves(training.params)], training.trained()
    gradients, rows = bytes_of_gradients(training), training.rows(devices)
    batch = training.batch * math.prod(training.input_shape) * np.dtype(training.dtype).itemsize
    waiting = BlockSize(machine.XLA_BLOCK_BYTES, machine.XLA_BLOCK_BATCHES).batches_of(batch)
    return Memory(
        parameters=sum(map(held, parameters)),
        optimizer=sum(held(a) for p in trained for _, a in leaves(training.optimizer.init(p))),
        gradients=gradients,
        exchanged=0 if alone else max(gradients, sum(p.nbytes for p in parameters) if training.sharded else 0),
        activations=bytes_of_pass(training.body, training.params, training.input_shape, training.dtype, rows),
        inputs=waiting * batch // training.batch * rows,
    )


def sent(training: Training, devices: int) -> int:
    r"""Return the bytes that each of N devices sends in a step.

    The sum of the gradients over a ring of devices, each of which passes on one N-th at a time, takes N - 1 messages to
    add up and N - 1 to hand out; sharded parameters, which are gathered for the pass, take N - 1 more:

    .. math::
        2 \, \frac{N - 1}{N} \, \text{bytes of gradients} + \frac{N - 1}{N} \, \text{bytes of divided parameters}

    Left out are the sums of the loss and of batch statistics. Where XLA scatters the sum of gradients that are sharded
    instead of handing all of it out, as it may on GPUs, their part is half as much.

    References
    ----------
    Patarasuk and Yuan, Bandwidth optimal all-reduce algorithms for clusters of workstations, 2009, section 3; sharded:
    Rajbhandari et al., ZeRO, 2020, section 7.
    """
    divided = [p.nbytes for _, p in leaves(training.params) if divided_axis(p.shape, devices) is not None]
    total = 2 * bytes_of_gradients(training) + (sum(divided) if training.sharded else 0)
    return round((devices - 1) / devices * total)


class Pace(NamedTuple):
    """How long one device computes for a step, from measured times."""

    seconds: dict[int, float]
    """By the number of rows."""

    def of(self, rows: int) -> float:
        """Return the seconds for a number of rows: on a line through two times, in proportion to a single one.

        A row among many takes no longer than one among few: where it was measured so, something else had the cores.
        """
        (few, least), (many, most) = min(self.seconds.items()), max(self.seconds.items())
        alone = least / few
        per_row = alone if few == many else min(alone, max(0.0, most - least) / (many - few))
        return least + (rows - few) * per_row


class Step(NamedTuple):
    """A step of training on so many devices, in seconds."""

    devices: int
    rows: int
    computing: float
    exchange: float

    @property
    def seconds(self) -> float:
        """The time of the step: nothing is computed while the gradients are on their way."""
        return self.computing + self.exchange


def scaling(training: Training, devices: int, pace: Pace, bandwidth: float) -> list[Step]:
    """Return the steps on 1, 2, 4 and so on up to so many devices, each of which sends so many bytes a second."""
    counts = [*(2**i for i in range((devices - 1).bit_length())), devices]
    return [Step(n, training.rows(n), pace.of(training.rows(n)), sent(training, n) / bandwidth) for n in counts]
