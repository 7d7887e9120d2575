"""Batches that the user makes, in the user's order: iterables, generators, and functions that return such."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

from chainrule.arrays import Shape
from chainrule.common.errors import InputError
from chainrule.data.batches import Block, BlockSize, Data, checksum, parts
from chainrule.data.checks import some_examples
from chainrule.data.convert import as_array, column_names, select


class Batches:
    """Batches as the user makes them, in the user's order and thread.

    Parameters
    ----------
    batches
        An iterable of (X, y), (X, y, weights) or (X, y, weights, mask), or a function without arguments that returns
        one. An iterator, which can be gone through once, serves one epoch. To get batches in a thread while the network
        computes, pass ``lambda: read_ahead(my_batches())``.
    prepare
        As for `source`.
    steps
        How many batches make an epoch; None if it ends with the batches. An iterator then goes on from one epoch to the
        next, and need not end.
    names
        The columns that the network was trained with, or else those of the first batch: frames are put in their order.
    """

    def __init__(
        self,
        batches: Any,
        prepare: Callable[[Data], Data],
        steps: int | None = None,
        names: Sequence[str] | None = None,
    ) -> None:
        if (not callable(batches) and not isinstance(batches, Iterable)) or isinstance(batches, (str, bytes, dict)):
            raise InputError(
                "X must be an array, a data frame, Parquet, or an iterable of batches (X, y), but it is "
                "{batches!r:.80}.",
                batches=batches,
            )
        self._batches, self._prepare, self._steps = batches, prepare, steps
        self.batches: int | None = steps or (len(batches) if hasattr(batches, "__len__") else None)
        opened = self._open()
        first = next(opened)
        learned = column_names(first[0]) if isinstance(first, tuple | list) and first else None
        self.names = learned if names is None else tuple(names)
        self.shape: Shape = batch_arrays(first, self.names).X.shape[1:]
        self._opened: Iterator[Any] | None = chain([first], opened)  # for the first epoch
        self._made = 0  # batches of an iterator that goes on over epochs

    def blocks(self, epoch: int, first: int, size: BlockSize) -> Generator[Block, None, None]:
        """Yield the batches in their own order, each as a block; those before batch `first` are made and dropped."""
        yield from self._from(epoch, first)

    def _from(self, epoch: int, first: int) -> Iterator[Block]:
        number = -1
        for number, batch in enumerate(self._epoch(epoch)):
            if number >= first:
                try:
                    data = self._prepare(batch_arrays(batch, self.names))
                except InputError as error:
                    raise InputError("In batch {number}: {error}", number=number, error=error) from error
                yield Block(number, [0, len(data.X)], None, data)
        if self._steps is not None and number + 1 < self._steps:
            raise InputError(
                "An epoch is steps_per_epoch={steps} batches, but the batches ended after {count}. Take a smaller "
                "number, or let the generator go on.",
                steps=self._steps,
                count=number + 1,
            )

    def _epoch(self, epoch: int) -> Iterator[Any]:
        if self._steps is None:
            batches, self._opened = self._opened or self._open(), None
            return batches
        if not isinstance(self._batches, Iterator):
            return islice(self._open(), self._steps)
        assert self._opened is not None
        before = max(0, epoch - 1) * self._steps - self._made  # a run that goes on skips what it has had
        self._made += before + self._steps
        return islice(self._opened, before, before + self._steps)

    def take(self, block: Block, dtype: Any, *, whole: bool = False) -> Data:
        """Return the examples of a block, as `Data.take` does."""
        assert block.data is not None
        return block.data.take(slice(None), dtype, whole=whole)

    def ordered(self, rows: int) -> Iterator[Data]:
        """Yield the batches, in parts if they have more rows."""
        for block in self._from(1, 0):
            assert block.data is not None
            yield from parts(block.data, rows)

    def adapt(self, function: Callable[[Data], Data]) -> None:
        """Apply a function to all examples before they are given out."""
        prepare = self._prepare
        self._prepare = lambda data: function(prepare(data))

    def digest(self) -> str:
        """Return a checksum of the batches of a list; of others only what kind of object makes them."""
        if isinstance(self._batches, Sequence):
            return " ".join(checksum(batch_arrays(batch, self.names)) for batch in self._batches)
        return f"batches made by a {type(self._batches).__name__}, which are not compared"

    def _open(self) -> Iterator[Any]:
        batches = iterated(self._batches)
        for first in batches:
            return chain([first], batches)
        raise InputError(
            "There is no batch, or none is left: an iterator can be gone through only once. Pass a list, an object "
            "that can be iterated again, or a function that returns a fresh iterator."
        )


def batch_arrays(batch: Any, names: Sequence[str] | None = None) -> Data:
    """Return a batch as arrays of numbers, the columns of a frame in the order of the names."""
    if not isinstance(batch, (tuple, list)) or not 2 <= len(batch) <= 4:
        raise InputError(
            "A batch is (X, y), (X, y, weights) or (X, y, weights, mask), but this is a {kind}. If X is not "
            "batches but all examples, fit needs y as well.",
            kind=type(batch).__name__,
        )
    X, y, weights, mask = (*batch, None, None)[:4]
    return in_memory(X, y, weights, mask, names)


def in_memory(X: Any, y: Any, weights: Any = None, mask: Any = None, names: Sequence[str] | None = None) -> Data:
    """Return examples as arrays, the columns of a frame in the order of the names."""
    named = zip(("X", "y", "sample_weight", "mask"), (select(X, names) if names else X, y, weights, mask), strict=True)
    data = Data(*(None if a is None else as_array(name, a) for name, a in named))
    for name, array in zip(("X", "y"), data[:2], strict=True):
        some_examples(name, array)
    return data


def iterated(batches: Any) -> Iterator[Any]:
    """Return an iterator of batches, or of what a function without arguments returns."""
    if not isinstance(batches, Iterable):
        try:
            inspect.signature(batches).bind()
        except TypeError as error:
            raise InputError(
                "A function that makes batches takes no arguments, but {batches!r:.80}: {error}.",
                batches=batches,
                error=error,
            ) from None
        except ValueError:
            pass  # a built-in function that does not say what it takes
        batches = batches()
    if not isinstance(batches, Iterable):
        raise InputError(
            "A function that makes batches returns an iterable of them, but it returned {batches!r:.80}.",
            batches=batches,
        )
    return iter(batches)
