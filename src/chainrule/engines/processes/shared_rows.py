"""Stored examples read by several processes: each reads its share of the runs, and gets the rows of its devices.

The batches are those of one process, in the same order. A batch has rows from all runs of its pool, so what a process
read and what its devices need are different rows: they are exchanged once, pool by pool, as one transposition of an
array that is divided among the processes.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, Shape
from chainrule.data.batches import Block, BlockSize, Data, Source, cuts
from chainrule.data.sources import Pool, Stored, read_ahead
from chainrule.engines.processes.group import count, number


def share(width: int, devices: int, processes: int) -> int:
    """Return how many rows of a batch belong to a process, if all devices have the same number of places for them."""
    return -(-width // devices) * devices // processes


class _Rows(NamedTuple):
    """Rows of a pool and where they stand in the order of the epoch, ascending; the pool's end."""

    positions: Array
    data: Data
    stop: int


class SharedRows:
    """What `Stored` is, in one of several processes: blocks have the rows of this process alone.

    Parameters
    ----------
    stored
        All examples.
    devices
        How many there are in all processes.

    Attributes
    ----------
    widest
        The rows of the largest batch.
    """

    def __init__(self, stored: Stored, devices: int) -> None:
        self._stored, self._devices = stored, devices
        self.shape: Shape = stored.shape
        self.batches: int | None = stored.batches
        last_two = stored.examples - max(stored.examples // stored.batch_size - 1, 0) * stored.batch_size
        self.widest = int(np.diff(cuts(last_two, stored.batch_size)).max())
        self._share = share(self.widest, devices, count())

    def blocks(self, epoch: int, first: int, size: BlockSize) -> Generator[Block, None, None]:
        """Yield the batches of an epoch, each with the rows of this process, without those before batch `first`."""
        assert self.batches is not None
        batch_size, examples = self._stored.batch_size, self._stored.examples
        group = size.batches_of(batch_size * self._stored.row_bytes)
        held: list[_Rows] = []
        for pool, read in read_ahead(self._read(epoch, first * batch_size)):
            held.append(self._exchanged(pool, read))
            while first < self.batches:
                last = min(first + group, self.batches)
                ends = [i * batch_size for i in range(first, last + 1)]
                if last == self.batches:
                    ends[-1] = examples
                if ends[-1] > held[-1].stop:
                    break
                data, held = _taken(held, ends[0], ends[-1])
                yield Block(first, [end - ends[0] for end in ends], None, data)
                first = last

    def take(self, block: Block, dtype: Any, *, whole: bool = False) -> Data:
        """Return the rows of this process in a block, as `Data.take` does."""
        return self._stored.take(block, dtype, whole=whole)

    def ordered(self, rows: int) -> Iterator[Data]:
        """Yield all examples in the order of the file."""
        return self._stored.ordered(rows)

    def adapt(self, function: Callable[[Data], Data]) -> None:
        """Apply a function to all examples before they are given out."""
        self._stored.adapt(function)

    def digest(self) -> str:
        """Return a checksum, as that of all examples."""
        return self._stored.digest()

    def _read(self, epoch: int, row: int) -> Iterator[tuple[Pool, Data]]:
        """Yield the pools of an epoch with the rows that this process reads of each: every so many runs."""
        for pool in self._stored.pools(epoch, row):
            runs = pool.runs[number() :: count()]
            if not len(runs):
                runs = pool.runs[:1]  # for its dtypes; none of its rows is sent
            read = [self._stored.read(int(run)) for run in runs]
            yield pool, Data(*(None if a[0] is None else np.concatenate(a) for a in zip(*read, strict=True)))

    def _exchanged(self, pool: Pool, read: Data) -> _Rows:
        """Return the rows of this process in a pool, of which each process read some."""
        reader = np.repeat(np.arange(len(pool.runs)) % count(), pool.lengths)
        positions = pool.start + pool.places
        batch = np.minimum(positions // self._stored.batch_size, (self.batches or 1) - 1)
        owner = (positions - batch * self._stored.batch_size) // self._share
        room = _rounded(int(np.bincount(reader * count() + owner).max()))
        mine = [np.flatnonzero(owner[reader == number()] == other) for other in range(count())]
        rows = {name: _bytes(a) for name, a in read._asdict().items() if a is not None}
        sent = np.zeros((count(), room, sum(r.shape[1] for r in rows.values())), np.uint8)
        for other, some in enumerate(mine):
            sent[other, : len(some)] = np.concatenate([r[some] for r in rows.values()], axis=1)
        got = _transposed(sent)
        own = [positions[(reader == other) & (owner == number())] for other in range(count())]
        received = np.concatenate([got[other, : len(places)] for other, places in enumerate(own)])
        order = np.argsort(np.concatenate(own))
        return _Rows(np.concatenate(own)[order], _arrays(received[order], read), pool.start + len(pool.places))


def _taken(held: list[_Rows], start: int, end: int) -> tuple[Data, list[_Rows]]:
    """Return the rows in a part of the order, and what is left of those held after it."""
    inside = [np.flatnonzero((rows.positions >= start) & (rows.positions < end)) for rows in held]
    pieces = [rows.data.each(partial(_some, some)) for rows, some in zip(held, inside, strict=True)]
    data = Data(*(None if a[0] is None else np.concatenate(a) for a in zip(*pieces, strict=True)))
    return data, [rows for rows in held if rows.stop > end]


def _some(rows: Array, a: Array) -> Array:
    return a[rows]


def _rounded(rows: int) -> int:
    """Return a somewhat larger number, of which there are few: each one is compiled."""
    step = max(1, 1 << (max(rows, 1).bit_length() - 3))
    return -(-rows // step) * step


def _bytes(a: Array) -> Array:
    """Return the rows of an array as bytes, which JAX leaves as they are."""
    return np.ascontiguousarray(a).reshape(len(a), -1).view(np.uint8)


def _arrays(rows: Array, like: Data) -> Data:
    """Return examples from their bytes."""
    arrays: list[Array | None] = []
    start = 0
    for a in like:
        if a is None:
            arrays.append(None)
            continue
        width = int(np.prod(a.shape[1:])) * a.itemsize
        part = np.ascontiguousarray(rows[:, start : start + width])
        arrays.append(part.view(a.dtype).reshape(len(rows), *a.shape[1:]))
        start += width
    return Data(*arrays)


@cache
def _program() -> tuple[Any, Any]:
    """Return how an array is divided among the processes, and the compiled transposition."""
    import jax
    from jax.sharding import Mesh, NamedSharding, PartitionSpec

    of_processes = [next(d for d in jax.devices() if d.process_index == i) for i in range(count())]
    spec = PartitionSpec("processes")  # type: ignore[no-untyped-call]
    divided = NamedSharding(Mesh(np.array(of_processes), ("processes",)), spec)
    return divided, jax.jit(lambda a: a.swapaxes(0, 1), out_shardings=divided)


def _transposed(sent: Array) -> Array:
    """Return what the others sent to this process, by sender, if each sends one part to each."""
    import jax

    divided, transposition = _program()
    shape = (count(), *sent.shape)
    parts = jax.make_array_from_process_local_data(divided, sent[None], shape)  # type: ignore[no-untyped-call]
    return np.asarray(transposition(parts).addressable_data(0))[0]


def shared(source: Source) -> Source:
    """Return a source of which each process reads its share, if it is stored; others each process has as a whole."""
    import jax

    return SharedRows(source, jax.device_count()) if isinstance(source, Stored) else source
