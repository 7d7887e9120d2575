"""Examples on their way to an engine: cut into batches, a block of batches at a time."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from chainrule.arrays import Array, Shape, machine, namespace
from chainrule.common.errors import InputError


class Data(NamedTuple):
    """Examples of a training or test set."""

    X: Array  # (examples, ...)
    Y: Array  # (examples, ...)
    weights: Array | None = None  # (examples,), or (examples, time) where each step has a target
    mask: Array | None = None  # (examples, time)

    def take(self, rows: Any, dtype: Any, *, whole: bool = False) -> Data:
        """Return some of the examples, all but the targets in the given dtype, and zeros for inputs that do not count.

        With `whole`, inputs are whole numbers and stay so.
        """

        def part(array: Array | None) -> Array | None:
            return None if array is None else np.asarray(array[rows], dtype)

        X = np.asarray(self.X[rows], None if whole else dtype)
        weights, mask = part(self.weights), part(self.mask)
        return Data(cleared(X, weights, mask), self.Y[rows], weights, mask)

    def each(self, function: Callable[[Array], Any]) -> Data:
        """Return what a function gives for each of the arrays that there are."""
        return Data(*(None if a is None else function(a) for a in self))


def counting_rows(weights: Array) -> Array:
    """Return which examples have a weight above 0, for the example or for one of its steps or pixels."""
    return weights > 0 if weights.ndim == 1 else namespace(weights).any(weights > 0, axis=tuple(range(1, weights.ndim)))


def cleared(X: Array, weights: Array | None, mask: Array | None) -> Array:
    """Return inputs with zeros at padded steps and in examples whose weights are all 0, where nothing may count."""
    if mask is not None:
        X = np.where(mask.reshape(mask.shape + (1,) * (X.ndim - 2)) > 0, X, 0)
    if weights is not None:
        counted = counting_rows(weights)
        if not counted.all():
            X = np.where(counted.reshape(-1, *(1,) * (X.ndim - 1)), X, 0)
    return X


class Block(NamedTuple):
    """Successive batches of an epoch."""

    first: int  # the number of the first batch in its epoch, from 0
    cuts: list[int]  # batch i of the block is rows cuts[i] to cuts[i + 1]
    rows: Array | None  # which examples of the source's arrays these are, if it has arrays
    data: Data | None  # else the examples themselves


class BlockSize(NamedTuple):
    """The largest block that is wanted."""

    bytes: int
    batches: int

    def batches_of(self, bytes_per_batch: int) -> int:
        """Return how many batches make a block, at least one."""
        return max(1, min(self.batches, self.bytes // bytes_per_batch))


@runtime_checkable
class Source(Protocol):
    """Where `fit` takes its examples from.

    The order of an epoch follows from the seed and the epoch alone, so that it can be entered at any batch.
    """

    batches: int | None
    """Per epoch; None if that is only known at the end."""

    @property
    def shape(self) -> Shape:
        """Of one example."""
        ...

    def blocks(self, epoch: int, first: int, size: BlockSize) -> Generator[Block, None, None]:
        """Yield the batches of an epoch in their random order, without those before batch `first`."""
        ...

    def take(self, block: Block, dtype: Any, *, whole: bool = False) -> Data:
        """Return the examples of a block, as `Data.take` does."""
        ...

    def ordered(self, rows: int) -> Iterator[Data]:
        """Yield all examples in their own order, so many at a time or fewer."""
        ...

    def adapt(self, function: Callable[[Data], Data]) -> None:
        """Apply a function to all examples before they are given out."""
        ...

    def digest(self) -> str:
        """Return a text that differs for other examples; of what is stored, it looks at a sample."""
        ...


def cuts(examples: int, batch_size: int) -> list[int]:
    """Return where the batches of an epoch begin, and the end of the last one.

    A last batch of a single example, which has no variance, joins the one before.

    >>> cuts(10, 4), cuts(9, 4)
    ([0, 4, 8, 10], [0, 4, 9])
    """
    starts = list(range(0, examples, batch_size))
    if batch_size > 1 and len(starts) > 1 and examples % batch_size == 1:
        starts.pop()
    return [*starts, examples]


class Arrays:
    """Examples in memory, in a new random order each epoch.

    Parameters
    ----------
    data
        The examples.
    batch_size, seed
        Of every epoch.
    """

    def __init__(self, data: Data, batch_size: int, seed: int) -> None:
        if data.X.ndim > 1 and not data.X[0].flags.c_contiguous:  # as frames hold it: a batch is a run of rows
            data = data._replace(X=np.ascontiguousarray(data.X))
        self.data, self._seed = data, seed
        self.shape: Shape = data.X.shape[1:]
        self._cuts = cuts(len(data.X), batch_size)
        self.batches: int | None = len(self._cuts) - 1
        self.ragged = len(set(np.diff(self._cuts).tolist())) > 1  # whether the last batch has another size
        self._batch_bytes = batch_size * data.X[:1].nbytes

    def blocks(self, epoch: int, first: int, size: BlockSize) -> Generator[Block, None, None]:
        """Yield the batches of an epoch in their random order, without those before batch `first`."""
        order = np.random.default_rng((self._seed, epoch)).permutation(len(self.data.X))
        group = size.batches_of(self._batch_bytes)
        for i in range(first, len(self._cuts) - 1, group):
            ends = self._cuts[i : i + group + 1]
            yield Block(i, [end - ends[0] for end in ends], order[ends[0] : ends[-1]], None)

    def take(self, block: Block, dtype: Any, *, whole: bool = False) -> Data:
        """Return the examples of a block, as `Data.take` does."""
        return self.data.take(block.rows, dtype, whole=whole)

    def ordered(self, rows: int) -> Iterator[Data]:
        """Yield all examples in their own order, so many at a time."""
        return parts(self.data, rows)

    def adapt(self, function: Callable[[Data], Data]) -> None:
        """Apply a function to all examples before they are given out."""
        self.data = function(self.data)

    def split(self, share: float, batch_size: int) -> tuple[Arrays, Arrays]:
        """Return the examples that are left, and a share of them drawn with the seed."""
        n, examples = round(len(self.data.X) * share), len(self.data.X)
        if not 0 < n < examples:
            raise InputError(
                "validation_split={share} of {examples} examples leaves none to train on or none to validate on: "
                "give a share between 0 and 1.",
                share=share,
                examples=examples,
            )
        order = np.random.default_rng((self._seed, 0)).permutation(examples)
        left, drawn = self.data.each(lambda a: a[order[n:]]), self.data.each(lambda a: a[order[:n]])
        return Arrays(left, batch_size, self._seed), Arrays(drawn, batch_size, self._seed)

    def digest(self) -> str:
        """Return a checksum of all examples."""
        return checksum(self.data)


def parts(data: Data, rows: int) -> Iterator[Data]:
    """Yield examples, so many at a time."""
    for start in range(0, len(data.X), rows):
        yield some(data, slice(start, start + rows))


def some(data: Data, rows: slice) -> Data:
    """Return some of the examples, as they are."""
    return data.each(lambda a: a[rows])


def checksum(data: Data) -> str:
    """Return a checksum of examples: of their types, shapes and bytes, but for inputs that do not count."""
    import hashlib

    digest = hashlib.blake2b(digest_size=16)
    digest.update(repr([a if a is None else (a.dtype.str, a.shape) for a in data]).encode())
    for rows in parts(data, machine.HASHED_ROWS):
        for array in rows._replace(X=cleared(rows.X, rows.weights, rows.mask)):
            if array is not None:
                digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
