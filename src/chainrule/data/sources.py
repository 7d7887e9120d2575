"""Examples that are not arrays in memory: slices of files, row groups of Parquet, iterables of batches."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence, Set
from functools import partial
from typing import Any, NamedTuple, TypeVar

import numpy as np

from chainrule.arrays import Array, Shape, machine
from chainrule.common.errors import InputError
from chainrule.common.texts import tr
from chainrule.data.batches import Arrays, Block, BlockSize, Data, Source, checksum, cuts, parts, some
from chainrule.data.checks import some_examples
from chainrule.data.convert import as_array, column_names, opened, select
from chainrule.data.damage import read_run, readable
from chainrule.data.iterables import Batches, batch_arrays, in_memory, iterated
from chainrule.data.parquet import Parquet

__all__ = ["Batches", "Parquet", "Slices", "Stored", "is_stored", "read_ahead", "source"]

T = TypeVar("T")
Prepare = Callable[[Data], Data]

_SAMPLED = 16  # runs that stand for all of them in a digest, the first and the last among them


class Held(NamedTuple):
    """Examples as the user holds them, in memory or stored, with what goes with them.

    X is an array or what NumPy makes one of (lists, data frames, JAX arrays), held in memory. Or something of which
    only slices are read: `np.memmap`, a dataset of h5py, any other object with a shape, a dtype and slices. Or
    `Parquet` or batches (see `Batches`), which bring their own targets.
    """

    X: Any
    y: Any
    weights: Any = None
    mask: Any = None


class Cutting(NamedTuple):
    """How examples are cut into batches; those that the user makes stay as they are."""

    batch_size: int
    seed: int
    steps: int | None = None  # batches of an epoch, where the user makes them


def source(held: Held, cutting: Cutting, prepare: Prepare, names: Sequence[str] | None = None) -> Source:
    """Return the source of examples that fits what the user gave.

    Parameters
    ----------
    held, cutting
        The examples, and what their batches are.
    prepare
        Checks examples and returns them, perhaps with other targets or weights. It gets NumPy arrays: all examples at
        once if they are in memory, else successive rows of the file, or a batch. For stored examples it is called in
        the reading thread, and must return the same dtypes for any rows.
    names
        The columns that the network was trained with: those of frames and of Parquet are put in their order.

    Raises
    ------
    InputError
        If targets are missing or given twice, or lengths differ; also what `prepare` raises.
    """
    (X, y, weights, mask), (batch_size, seed, steps) = held, cutting
    X = opened("X", X)
    if y is not None and isinstance(X, Iterator):
        raise InputError(
            "X is an iterator, and iterators bring batches with their own targets, (X, y): leave out y, or make an "
            "array of it."
        )
    if steps is not None and not is_batches(X, y):
        raise InputError("steps_per_epoch is for batches: an epoch of other data ends with its last example.")
    if isinstance(X, Parquet) or is_batches(X, y):
        if y is not None or weights is not None or mask is not None:
            raise InputError(
                "Parquet files and batches bring their own targets, so leave out y, sample_weight and mask. "
                "Batches may be (X, y, weights, mask)."
            )
        if isinstance(X, Parquet):
            if X.target is None:
                raise InputError(
                    "Training and scoring need targets: say which column they are, Parquet(path, target=...)."
                )
            return Stored(X.select(names) if names else X, batch_size, seed, prepare)
        return Batches(X, prepare, steps, names)
    if y is None:
        raise InputError(
            "X of shape {shape} needs y, the target of each example, but y is None.", shape=tuple(np.shape(X))
        )
    y = opened("y", y)
    weights, mask = (a if a is None else opened(name, a) for name, a in (("sample_weight", weights), ("mask", mask)))
    if is_stored(X):
        return Stored(Slices(X, y, weights, mask), batch_size, seed, prepare)
    return Arrays(prepare(in_memory(X, y, weights, mask, names)), batch_size, seed)


def is_batches(X: Any, y: Any) -> bool:
    """Return whether X is batches that bring their targets, or a function that returns such."""
    return y is None and not hasattr(X, "shape") and not isinstance(X, Parquet)


def brings_batches(X: Any) -> bool:
    """Return whether X, without y, is Parquet or batches, rather than the numbers of examples."""
    X = opened("X", X)
    if isinstance(X, Parquet) or callable(X) or isinstance(X, Iterator):
        return True
    if isinstance(X, list | tuple) and X and isinstance(X[0], list):  # of arrays of different shape: no examples
        return len({np.shape(a) for a in X[0] if hasattr(a, "shape")}) > 1
    if isinstance(X, list | tuple):
        return bool(X) and isinstance(X[0], tuple)
    return isinstance(X, Iterable) and not hasattr(X, "shape") and not isinstance(X, Sequence | Mapping | Set)


def inputs(X: Any, names: Sequence[str] | None) -> Iterator[tuple[Array, Array | None]]:
    """Yield the inputs and the masks of Parquet or batches, in their order."""
    if isinstance(X, Parquet):
        X = X.select(names) if names else X
        yield from ((X.read(run).X, None) for run in range(len(X.starts) - 1))
        return
    for batch in iterated(X):
        data = batch_arrays(batch, names)
        yield data.X, data.mask


def rows_of(X: Any, rows: slice) -> Array:
    """Return some rows of an array, or of stored data, which may turn out to be damaged."""
    if type(X) is np.ndarray:
        return X[rows]
    with readable(tr("Rows {first} to {last} of X cannot be read", first=rows.start or 0, last=rows.stop - 1)):
        return np.asarray(X[rows])


def names_of(X: Any) -> tuple[str, ...] | None:
    """Return the names of the columns of a data frame, of Parquet or of batches of frames, or None."""
    if isinstance(X, Batches):
        return X.names
    return X.columns if isinstance(X, Parquet) else column_names(X)


def array_or_stored(X: Any, names: Sequence[str] | None) -> Any:
    """Return inputs as an array, or as they are if only slices of them are to be read."""
    X = opened("X", X)
    if is_stored(X):
        return X
    X = as_array("X", select(X, names) if names else X)
    some_examples("X", X)
    return X


def is_stored(X: Any) -> bool:
    """Return whether only slices of X are to be read."""
    if type(X) is np.ndarray:
        return False
    in_memory = ("__array_namespace__", "to_numpy", "numpy")  # of NumPy and JAX; pandas and polars; PyTorch
    sliceable = all(hasattr(X, name) for name in ("shape", "dtype", "__getitem__"))
    return isinstance(X, np.memmap) or (sliceable and not any(hasattr(X, name) for name in in_memory))


def read_ahead(items: Iterable[T]) -> Iterator[T]:
    """Yield the items, while a thread already gets the next one.

    Exceptions arrive as they are. The thread ends with the items, or when this generator is closed, with the item that
    is being read then.

    >>> sum(read_ahead(range(5)))
    10
    """
    items, end = iter(items), object()
    try:  # unlike a bare thread, an executor's is told to end at the interpreter's exit
        from concurrent.futures import ThreadPoolExecutor
    except RuntimeError:  # the exit has begun, and no thread can begin any more
        yield from items
        return
    read: Callable[[], T] = partial(next, items, end)
    with ThreadPoolExecutor(1, "chainrule-read-ahead") as thread:
        result = _begun(thread, read)
        while (item := result()) is not end:
            result = _begun(thread, read)
            yield item


def _begun(thread: Any, read: Callable[[], T]) -> Callable[[], T]:
    """Let a thread read already, and return what waits for the result; at the interpreter's exit, what reads."""
    try:
        return thread.submit(read).result  # type: ignore[no-any-return]
    except RuntimeError:
        return read


class Pool(NamedTuple):
    """Runs whose rows are shuffled together."""

    start: int
    """The first of their rows in the order of the epoch."""
    runs: Array
    lengths: Array
    places: Array
    """Where each row, as it is read, comes to stand."""


class Stored:
    """Stored examples in a new order each epoch, read ahead in a thread.

    Runs are drawn at random, the rows of some runs at a time are shuffled in a pool, and the pools, one after another,
    are cut into batches. Memory does not depend on the number of rows, and an epoch can be entered at any batch by
    reading from the pool that it begins in.
    """

    def __init__(self, runs: Slices | Parquet, batch_size: int, seed: int, prepare: Prepare) -> None:
        self._runs, self.batch_size, self._seed, self._prepare = runs, batch_size, seed, prepare
        self.shape, self.examples, self.row_bytes = runs.shape, runs.starts[-1], runs.row_bytes
        whole = max(self.examples // batch_size - 1, 0)  # all but the last two batches, whose cut is the question
        self.batches: int | None = whole + len(cuts(self.examples - whole * batch_size, batch_size)) - 1
        per_run = self.examples * runs.row_bytes // (len(runs.starts) - 1)
        self._runs_per_pool = max(1, machine.POOL_BYTES // per_run)

    def blocks(self, epoch: int, first: int, size: BlockSize) -> Generator[Block, None, None]:
        """Yield the batches of an epoch in their random order, without those before batch `first`."""
        assert self.batches is not None
        group = size.batches_of(self.batch_size * self.row_bytes)
        pieces: list[Data] = []  # of a block that began in an earlier pool
        pools = self.pools(epoch, first * self.batch_size)
        for start, pool in read_ahead((pool.start, self._filled(pool)) for pool in pools):
            stop = start + len(pool.X)
            while first < self.batches:
                last = min(first + group, self.batches)
                ends = [i * self.batch_size for i in range(first, last + 1)]
                if last == self.batches:
                    ends[-1] = self.examples
                rows = slice(max(ends[0], start) - start, ends[-1] - start)
                pieces.append(some(pool, rows))
                if ends[-1] > stop:
                    break
                yield Block(first, [end - ends[0] for end in ends], None, _joined(pieces))
                first, pieces = last, []

    def take(self, block: Block, dtype: Any, *, whole: bool = False) -> Data:
        """Return the examples of a block, as `Data.take` does."""
        assert block.data is not None
        return block.data.take(slice(None), dtype, whole=whole)

    def ordered(self, rows: int) -> Iterator[Data]:
        """Yield all examples in the order of the file, so many at a time or fewer."""
        for data in read_ahead(map(self.read, range(len(self._runs.starts) - 1))):
            yield from parts(data, rows)

    def adapt(self, function: Callable[[Data], Data]) -> None:
        """Apply a function to all examples before they are given out."""
        prepare = self._prepare
        self._prepare = lambda data: function(prepare(data))

    def digest(self) -> str:
        """Return a checksum of the size and of some runs of rows, the first and the last among them."""
        runs = len(self._runs.starts) - 1
        sample = sorted({round(i * (runs - 1) / (_SAMPLED - 1)) for i in range(_SAMPLED)})
        sums = [checksum(self._runs.read(run)) for run in sample]
        return f"{self.examples} examples of shape {self.shape}, {self._runs.identity()}, {' '.join(sums)}"

    def pools(self, epoch: int, row: int) -> Iterator[Pool]:
        """Yield the pools of an epoch from the one with that row of its order on."""
        order = np.random.default_rng((self._seed, epoch)).permutation(len(self._runs.starts) - 1)
        lengths = np.diff(self._runs.starts)
        start = 0
        for k in range(0, len(order), self._runs_per_pool):
            runs = order[k : k + self._runs_per_pool]
            size = int(lengths[runs].sum())
            if start + size > row:
                places = np.random.default_rng((self._seed, epoch, k)).permutation(size)
                yield Pool(start, runs, lengths[runs], places)
            start += size

    def _filled(self, pool: Pool) -> Data:
        """Read runs and put their rows in their places, which copies each row once."""
        filled, done = None, 0
        for run in pool.runs:
            data = self.read(int(run))
            if filled is None:
                filled = data.each(lambda a: np.empty((len(pool.places), *a.shape[1:]), a.dtype))
            here = pool.places[done : done + len(data.X)]
            for whole, part in zip(filled, data, strict=True):
                if whole is not None:
                    whole[here] = part
            done += len(data.X)
        assert filled is not None
        return filled

    def read(self, run: int) -> Data:
        """Return the rows of a run, checked."""
        try:
            return self._prepare(read_run(self._runs, run))
        except InputError as error:
            raise InputError("In {rows}: {error}", rows=self._runs.where(run), error=error) from error


class Slices:
    """Runs of anything that gives slices, such as `np.memmap` and the datasets of h5py.

    Attributes
    ----------
    starts
        The first row of every run, and the number of rows.
    shape, row_bytes
        Of one example, as stored.
    """

    def __init__(self, X: Any, y: Any, weights: Any = None, mask: Any = None) -> None:
        named = zip(("X", "y", "sample_weight", "mask"), (X, y, weights, mask), strict=True)
        self._data = Data(*(a if a is None or is_stored(a) else as_array(name, a) for name, a in named))
        if np.dtype(X.dtype).kind not in "fiub":
            raise InputError(
                "X must hold numbers, but it has dtype {dtype}. Encode it as numbers first.", dtype=X.dtype
            )
        if not X.shape or 0 in X.shape:
            raise InputError("X must hold at least one example, but it has shape {shape}.", shape=tuple(X.shape))
        for name, array in zip(("y", "sample_weight", "mask"), self._data[1:], strict=True):
            if array is not None and array.shape[:1] != X.shape[:1]:
                raise InputError(
                    "X and {name} must have the same length, but X has {count} examples and {name} has shape {shape}.",
                    name=name,
                    count=X.shape[0],
                    shape=tuple(array.shape),
                )
        self.shape: Shape = tuple(X.shape[1:])
        self.row_bytes: int = int(np.prod(self.shape)) * np.dtype(X.dtype).itemsize
        chunk = (getattr(X, "chunks", None) or (1,))[0]  # a compressed chunk is read as a whole
        rows = -(-max(1, machine.RUN_BYTES // self.row_bytes) // chunk) * chunk
        self.starts: Sequence[int] = [*range(0, X.shape[0], rows), X.shape[0]]

    def read(self, run: int) -> Data:
        """Return the rows of a run."""
        rows = slice(self.starts[run], self.starts[run + 1])
        return self._data.each(lambda a: _slice(a, rows))

    def identity(self) -> str:
        """Return what is known of the numbers besides the rows themselves."""
        return ", ".join(f"{a.dtype} {tuple(a.shape)}" for a in self._data if a is not None)

    def where(self, run: int) -> str:
        """Return how to name the rows of a run in an error."""
        first, last = self.starts[run], self.starts[run + 1] - 1
        return tr("rows {first} to {last} of {name} (counted from 0 in what follows)", first=first, last=last, name="X")


def _slice(array: Any, rows: slice) -> Array:
    part = array[rows]
    # Pages of mode "c" hold the user's own changes; a copy of a memmap has no map.
    mapped = getattr(array, "_mmap", None) if isinstance(array, np.memmap) and array.mode != "c" else None
    if mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
        low, high = np.lib.array_utils.byte_bounds(part)
        base = np.frombuffer(mapped, np.uint8).ctypes.data
        start = (low - base) // mmap.PAGESIZE * mmap.PAGESIZE
        mapped.madvise(mmap.MADV_DONTNEED)  # else all that was ever read counts as this process's memory
        mapped.madvise(mmap.MADV_WILLNEED, start, high - base - start)  # one read, not one per page that is touched
    return np.asarray(part)


def _joined(pieces: list[Data]) -> Data:
    if len(pieces) == 1:
        return pieces[0]
    return Data(*(None if arrays[0] is None else np.concatenate(arrays) for arrays in zip(*pieces, strict=True)))
