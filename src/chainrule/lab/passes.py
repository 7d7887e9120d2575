"""Passes of the network of the moment, kept by number, so that the page can move through them and ask why."""

from __future__ import annotations

import itertools
import math
import re
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from threading import Lock
from typing import Any, Literal, NamedTuple

import numpy as np

from chainrule.arrays import Array
from chainrule.common.errors import InputError
from chainrule.common.settings import shown
from chainrule.equations.optimizers import Optimizer
from chainrule.equations.schedules import rate_at
from chainrule.lab.cells import Shown, window
from chainrule.lab.json_numbers import as_dtype
from chainrule.lab.operations import Operation, operations
from chainrule.lab.pass_memory import needed
from chainrule.lab.updates import State, Step, step_of
from chainrule.layers.base import path_kinds
from chainrule.network import Network
from chainrule.trace.paths import Index, Quantity, find, quantities
from chainrule.trace.trace import Trace

MOST_EXAMPLES = 256
"""Examples of one pass."""
_KEPT = 12  # passes, of which the oldest is forgotten
_BYTES = 600_000_000  # of all that are kept, with the one that is about to run


@dataclass(frozen=True)
class Change:
    """What was changed by hand.

    Attributes
    ----------
    kind
        A number of a parameter, a number of the input, or a unit that is switched off.
    path, index
        Which number: the array's name in the trace, and the place; of a unit its layer's path and its number.
    value
        What the number is set to; 0 for a unit.
    """

    kind: Literal["parameter", "input", "unit"]
    path: str
    index: tuple[int, ...]
    value: float = 0.0


@dataclass(frozen=True, eq=False)
class Batch:
    """The examples of a pass.

    Attributes
    ----------
    X, y
        The examples.
    rows
        Where they stand in the data.
    pixel_shape
        The height and width of examples that are pictures, though they may lie flat.
    classes
        Of the targets, as people call them.
    """

    X: Array
    y: Array
    rows: tuple[int, ...]
    pixel_shape: tuple[int, int] | None = None
    classes: tuple[str, ...] = ()


class Conditions(NamedTuple):
    """How a pass runs.

    Attributes
    ----------
    training
        Whether layers such as Dropout and BatchNorm act as in training, and the optimizer's step ends it.
    seed, epoch, batch
        Of which batch of training the random numbers of Dropout are; epochs and batches count from 1.
    """

    training: bool = True
    seed: int = 0
    epoch: int = 1
    batch: int = 1


FIRST_BATCH = Conditions()
"""Of training with seed 0."""


@dataclass(frozen=True, eq=False)
class OnePass:
    """One pass that is kept.

    Attributes
    ----------
    number
        By which the page asks for it.
    network, rule
        What was run: a copy of the network of that moment, and the optimizer.
    batch
        The examples.
    conditions
        How it ran.
    trace
        All numbers.
    changes
        What was changed in it by hand.
    origin
        The pass without these changes, which it is compared with.
    """

    number: int
    network: Network
    rule: Optimizer
    batch: Batch
    conditions: Conditions
    trace: Trace
    changes: tuple[Change, ...] = ()
    origin: OnePass | None = None

    @cached_property
    def known(self) -> dict[str, Quantity]:
        """Every array of the trace by its name."""
        return quantities(self.trace)

    @cached_property
    def size(self) -> int:
        """The bytes of its arrays."""
        return sum(quantity.array.nbytes for quantity in self.known.values())

    @cached_property
    def step(self) -> Step:
        """The optimizer's step that ends it."""
        return step_of(self.trace, self.network.loss, self.rule, self._state)

    @property
    def _state(self) -> State:
        """What the optimizer goes on from, as `trace` does."""
        last = self.network._optimizer
        return last[1] if last is not None and last[0] == self.rule else {}

    @property
    def rate(self) -> float:
        """The learning rate of the next step."""
        return float(rate_at(self.rule.lr, int(self._state.get("steps", 0)) + 1))

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """What it consists of, in order."""
        return operations(self.trace)

    def find(self, path: Any) -> tuple[Quantity, Index | None]:
        """Return what a path names, and which numbers of it; None for all.

        Raises
        ------
        InputError
            It names nothing; the message says what there is.
        """
        if not isinstance(path, str):
            raise InputError(
                "path is the name of a number, such as 'layer0.W[0, 0]', but {path} came.", path=shown(path)
            )
        return find(self.trace, path)

    @cached_property
    def _made(self) -> dict[str, int]:
        """Which operation makes an array, by its name; one that comes in has the first that takes it."""
        made: dict[str, int] = {}
        for number, operation in enumerate(self.operations):
            for name in operation.inputs:
                made.setdefault(name, number)
        return made | {name: n for n, operation in enumerate(self.operations) for name in operation.outputs}

    def where(self, path: str) -> int | None:
        """Return which operation makes a number, or takes it first; None if none shows it."""
        return self._made.get(path.partition("[")[0])

    def _before(self, name: str) -> Array | None:
        """Return an array as it is without the changes."""
        quantity = None if self.origin is None else self.origin.known.get(name)
        return None if quantity is None else quantity.array

    def shown(self, name: str) -> Shown:
        """Return an array as the page names it.

        Parameters
        ----------
        name
            Its name in the trace, or for what an optimizer remembers of a parameter that name and the letter, and an
            apostrophe for after the step: ``layer0.W:m``, ``layer0.W:m'``.
        """
        parameter, colon, letter = name.partition(":")
        if colon:
            return self._of_state(name, parameter, letter)
        quantity = self.known.get(name) or self.find(name)[0]
        is_parameter = _is_parameter(quantity)
        folded = self.batch.pixel_shape if self._lies_flat(quantity, is_parameter=is_parameter) else None
        return Shown(name, _symbol(quantity), quantity.array, is_parameter, self._before(name), folded)

    def _lies_flat(self, quantity: Quantity, *, is_parameter: bool) -> bool:
        """Return whether pictures lie flat in an array: the input is made of them, or a weight for each pixel."""
        shape, record, pixels = quantity.array.shape, quantity.record, self.batch.pixel_shape
        if pixels is None or len(shape) != 2 or record is None or record.x is not self.trace.X:
            return False
        is_input = quantity.kind == "input" or quantity.of in record.inputs
        return bool(math.prod(pixels) == (shape[0] if is_parameter else shape[1])) and (is_parameter or is_input)

    def _of_state(self, name: str, parameter: str, letter: str) -> Shown:
        update = self.step.updates.get(parameter)
        states = {} if update is None else update.after if letter.endswith("'") else update.before
        array = states.get(letter.rstrip("'"))
        if update is None or array is None:
            raise InputError("The optimizer keeps nothing that is called {name}.", name=shown(name))
        return Shown(name, letter, array, True)


def _symbol(quantity: Quantity) -> str:
    """Return what an array's equation calls it: its name without the layer and the step."""
    prefix = "loss." if quantity.record is None else quantity.record.prefix
    return re.sub(r"^step\d+\.", "", quantity.name.removeprefix(prefix))


def _is_parameter(quantity: Quantity) -> bool:
    """Return whether an array has a parameter's axes, as its gradient does."""
    if quantity.kind in ("parameter", "updated"):
        return True
    record = quantity.record
    return (
        quantity.kind == "gradient"
        and record is not None
        and quantity.of not in (*record.inputs, record.layer.symbols[1])
    )


class Passes:
    """The last passes of a lab; one runs at a time, and before it does the oldest make room for it."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._kept: OrderedDict[int, OnePass] = OrderedDict()
        self._lock, self._running = Lock(), Lock()

    def start(self, network: Network, rule: Optimizer, batch: Batch, conditions: Conditions = FIRST_BATCH) -> OnePass:
        """Run a pass and keep it.

        Parameters
        ----------
        network, rule
            A copy of the network that nobody changes, and the optimizer; if it is the network's last one, it goes on.
        batch
            The examples.
        conditions
            How it runs.

        Raises
        ------
        InputError
            It would take too much memory.
        """
        with self._room_for(network, batch, None):
            trace = traced(network, rule, batch, conditions)
            return self._keep(OnePass(0, network, rule, batch, conditions, trace))

    def again(self, origin: OnePass, network: Network, X: Array, changes: tuple[Change, ...]) -> OnePass:
        """Run a pass once more with what was changed by hand, and keep it.

        Parameters
        ----------
        origin
            The pass without the changes.
        network, X, changes
            The network and the inputs with them, and what they are.
        """
        batch = replace(origin.batch, X=X)
        with self._room_for(network, batch, origin):
            trace = traced(network, origin.rule, batch, origin.conditions)
            other = replace(origin, network=network, batch=batch, trace=trace, changes=changes, origin=origin)
            return self._keep(other)

    @contextmanager
    def _room_for(self, network: Network, batch: Batch, origin: OnePass | None) -> Iterator[None]:
        """Have the turn to run a pass, with memory for it; what it is compared with is not let go of."""
        expected = needed(network, len(batch.X))
        with self._running:
            with self._lock:
                while self._kept and (len(self._kept) >= _KEPT or self._bytes(origin) + expected > _BYTES):
                    self._kept.popitem(last=False)
            yield

    def _bytes(self, origin: OnePass | None) -> int:
        """Return the bytes of the passes that are kept, with those that they are compared with."""
        held = {one.number: one for one in (*self._kept.values(), origin) if one is not None}
        held |= {one.origin.number: one.origin for one in held.values() if one.origin is not None}
        return sum(one.size for one in held.values())

    def _keep(self, one: OnePass) -> OnePass:
        with self._lock:
            one = replace(one, number=next(self._numbers))
            self._kept[one.number] = one
        return one

    def get(self, number: Any) -> OnePass:
        """Return a pass that is kept.

        Raises
        ------
        InputError
            It was forgotten since, or never was.
        """
        with self._lock:
            one = self._kept.get(number) if isinstance(number, int) else None
            if one is None:
                raise InputError(
                    "The pass {number} is not kept any more: only the last {count} are. Run it again.",
                    number=shown(number),
                    count=_KEPT,
                )
            self._kept.move_to_end(one.number)
            return one


def traced(network: Network, rule: Optimizer, batch: Batch, conditions: Conditions) -> Trace:
    """Return the trace of some examples, as in training where that is asked for and can be.

    A single example has no statistics of a batch, so a network that normalizes by these runs as in prediction, and
    without a step.
    """
    training, seed, epoch, number = conditions
    if not training or (len(batch.X) == 1 and _has_statistics(network)):
        return network.trace(batch.X, batch.y, training=False)
    return network.trace(batch.X, batch.y, optimizer=rule, seed=seed, batch=(epoch, number))


def _has_statistics(network: Network) -> bool:
    return "statistic" in path_kinds(network.body, network.params).values()


def chosen_rows(rows: Any, count: int) -> list[int]:
    """Return which examples a pass takes.

    Raises
    ------
    InputError
        There are none, too many, or one that is not there.
    """
    if not isinstance(rows, list) or not 0 < len(rows) <= MOST_EXAMPLES:
        raise InputError(
            "A pass takes a list of 1 to {most} examples by their numbers, such as [0, 1], but {rows} came.",
            most=MOST_EXAMPLES,
            rows=shown(rows),
        )
    wrong = next(
        (row for row in rows if isinstance(row, bool) or not isinstance(row, int) or not 0 <= row < count), None
    )
    if wrong is not None:
        raise InputError(
            "The examples have the numbers 0 to {last}, but {wrong} came.", last=count - 1, wrong=shown(wrong)
        )
    return list(rows)


def windows(one: OnePass, names: Any, places: Any = None) -> dict[str, Any]:
    """Return windows onto arrays of a pass by their names.

    Parameters
    ----------
    names
        Which arrays.
    places
        Where a window begins that is not at the first numbers, by name.
    """
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InputError(
            "names is a list of arrays' names, such as ['layer0.W'], but {names} came.", names=shown(names)
        )
    begins = places if isinstance(places, dict) else {}
    return {name: window(one.shown(name), begins.get(name)) for name in names}


def typed_input(numbers: Any, like: Array) -> Array:
    """Return an input that was typed on the page as one example.

    Raises
    ------
    InputError
        It has another number of numbers, or what is none.
    """
    try:
        example = np.asarray(numbers, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        example = np.empty(0)
    if example.shape != like.shape or not np.isfinite(example).all():
        raise InputError(
            "An input of this network is numbers of shape {shape}, but {numbers} came.",
            shape=like.shape,
            numbers=shown(numbers),
        )
    return as_dtype(example, like.dtype)
