"""Examples on their way to an engine: cut into batches, a block of batches at a time."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from chainrule.arrays import Array, Shape

BLOCK_BYTES = 2**18  # gathered at a time: fits the processor's cache
BLOCK_BATCHES = 256  # scores are summed up, and progress is shown, at least this often

INFERENCE_ROWS = 1024  # enough for the matrix products, little enough for the cache


class Data(NamedTuple):
    """Examples of a training or test set."""

    X: Array  # (examples, ...)
    Y: Array  # (examples, ...)
    weights: Array | None = None  # (examples,)
    mask: Array | None = None  # (examples, time)

    def take(self, rows: Any, dtype: Any) -> Data:
        """Return some of the examples, all but the targets in the given dtype."""

        def part(array: Array | None) -> Array | None:
            return None if array is None else np.asarray(array[rows], dtype)

        return Data(part(self.X), self.Y[rows], part(self.weights), part(self.mask))


class Block(NamedTuple):
    """Successive batches of an epoch."""

    first: int  # the number of the first batch in its epoch, from 0
    cuts: list[int]  # batch i of the block is rows cuts[i] to cuts[i + 1]
    rows: Array | None  # which examples of the source's arrays these are, if it has arrays
    data: Data | None  # else the examples themselves


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

    def blocks(self, epoch: int, first: int) -> Generator[Block, None, None]:
        """Yield the batches of an epoch in their random order, without those before batch `first`."""
        ...

    block_bytes: int
    block_batches: int
    """The largest block, which is for the engine to say."""

    def take(self, block: Block, dtype: Any) -> Data:
        """Return the examples of a block, all but the targets in the given dtype."""
        ...

    def ordered(self) -> Iterator[Data]:
        """Yield all examples in their own order, some at a time."""
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
        self.data, self._seed = data, seed
        self.shape: Shape = data.X.shape[1:]
        self._cuts = cuts(len(data.X), batch_size)
        self.batches: int | None = len(self._cuts) - 1
        self.ragged = len(set(np.diff(self._cuts).tolist())) > 1  # whether the last batch has another size
        self._batch_bytes = batch_size * data.X[:1].nbytes
        self.block_bytes, self.block_batches = BLOCK_BYTES, BLOCK_BATCHES

    def blocks(self, epoch: int, first: int) -> Generator[Block, None, None]:
        """Yield the batches of an epoch in their random order, without those before batch `first`."""
        order = np.random.default_rng((self._seed, epoch)).permutation(len(self.data.X))
        group = max(1, min(self.block_batches, self.block_bytes // self._batch_bytes))
        for i in range(first, len(self._cuts) - 1, group):
            ends = self._cuts[i : i + group + 1]
            yield Block(i, [end - ends[0] for end in ends], order[ends[0] : ends[-1]], None)

    def take(self, block: Block, dtype: Any) -> Data:
        """Return the examples of a block, all but the targets in the given dtype."""
        return self.data.take(block.rows, dtype)

    def ordered(self) -> Iterator[Data]:
        """Yield all examples in their own order, some at a time."""
        for start in range(0, len(self.data.X), INFERENCE_ROWS):
            rows = slice(start, start + INFERENCE_ROWS)
            yield Data(*(None if a is None else a[rows] for a in self.data))
