"""Examples that are not arrays in memory: slices of files, row groups of Parquet, iterables of batches."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from chainrule.arrays import Array, Shape
from chainrule.common.errors import InputError, MissingExtraError
from chainrule.data.batches import BLOCK_BATCHES, BLOCK_BYTES, INFERENCE_ROWS, Arrays, Block, Data, Source, cuts
from chainrule.data.damage import parquet_metadata, read_run

T = TypeVar("T")
Prepare = Callable[[Data], Data]
Paths = str | Path | Sequence[str | Path]

_RUN_BYTES = 2**20  # read at once: enough for a disk, little enough that a pool holds runs from many places
_POOL_BYTES = 2**25  # shuffled at once; two pools are in memory, one in use and one being read


def source(
    X: Any, y: Any, *, weights: Any = None, mask: Any = None, batch_size: int, seed: int, prepare: Prepare
) -> Source:
    """Return the source of examples that fits what the user gave.

    Parameters
    ----------
    X
        An array or what NumPy makes one of (lists, data frames, JAX arrays), held in memory. Or something of which only
        slices are read: `np.memmap`, a dataset of h5py, any other object with a shape, a dtype and slices. Or `Parquet`
        or batches (see `Batches`), which bring their own targets.
    y, weights, mask
        For each example of X, in memory or stored.
    batch_size, seed
        Not for batches, which stay as they are.
    prepare
        Checks examples and returns them, perhaps with other targets or weights. It gets NumPy arrays: all examples at
        once if they are in memory, else successive rows of the file, or a batch. For stored examples it is called in
        the reading thread, and must return the same dtypes for any rows.

    Raises
    ------
    InputError
        If targets are missing or given twice, or lengths differ; also what `prepare` raises.
    """
    if isinstance(X, Parquet) or (y is None and not hasattr(X, "shape")):
        if y is not None or weights is not None or mask is not None:
            raise InputError(
                "Parquet files and batches bring their own targets, so leave out y, sample_weight and mask. "
                "Batches may be (X, y, weights, mask)."
            )
        return Stored(X, batch_size, seed, prepare) if isinstance(X, Parquet) else Batches(X, prepare)
    if y is None:
        raise InputError(f"X of shape {tuple(X.shape)} needs y, the target of each example, but y is None.")
    if is_stored(X):
        return Stored(Slices(X, y, weights, mask), batch_size, seed, prepare)
    return Arrays(prepare(_map(np.asarray, Data(X, y, weights, mask))), batch_size, seed)


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
    from concurrent.futures import ThreadPoolExecutor

    items, end = iter(items), object()
    # Unlike a bare thread, an executor's is told to end at the interpreter's exit.
    with ThreadPoolExecutor(1, "chainrule-read-ahead") as thread:
        reading = thread.submit(next, items, end)
        while (item := reading.result()) is not end:
            reading = thread.submit(next, items, end)
            yield item  # type: ignore[misc]  # the end is no item


class Stored:
    """Stored examples in a new order each epoch, read ahead in a thread.

    Runs are drawn at random, the rows of some runs at a time are shuffled in a pool, and the pools, one after another,
    are cut into batches. Memory does not depend on the number of rows, and an epoch can be entered at any batch by
    reading from the pool that it begins in.
    """

    def __init__(self, runs: Slices | Parquet, batch_size: int, seed: int, prepare: Prepare) -> None:
        self._runs, self._batch_size, self._seed, self._prepare = runs, batch_size, seed, prepare
        self.shape, self.examples = runs.shape, runs.starts[-1]
        whole = max(self.examples // batch_size - 1, 0)  # all but the last two batches, whose cut is the question
        self.batches: int | None = whole + len(cuts(self.examples - whole * batch_size, batch_size)) - 1
        self.block_bytes, self.block_batches = BLOCK_BYTES, BLOCK_BATCHES
        per_run = self.examples * runs.row_bytes // (len(runs.starts) - 1)
        self._runs_per_pool = max(1, _POOL_BYTES // per_run)

    def blocks(self, epoch: int, first: int) -> Generator[Block, None, None]:
        """Yield the batches of an epoch in their random order, without those before batch `first`."""
        assert self.batches is not None
        group = max(1, min(self.block_batches, self.block_bytes // (self._batch_size * self._runs.row_bytes)))
        pieces: list[Data] = []  # of a block that began in an earlier pool
        for start, pool in read_ahead(self._pools(epoch, first * self._batch_size)):
            stop = start + len(pool.X)
            while first < self.batches:
                last = min(first + group, self.batches)
                ends = [i * self._batch_size for i in range(first, last + 1)]
                if last == self.batches:
                    ends[-1] = self.examples
                pieces.append(_part(pool, slice(max(ends[0], start) - start, ends[-1] - start)))
                if ends[-1] > stop:
                    break
                yield Block(first, [end - ends[0] for end in ends], None, _joined(pieces))
                first, pieces = last, []

    def take(self, block: Block, dtype: Any) -> Data:
        """Return the examples of a block, all but the targets in the given dtype."""
        assert block.data is not None
        return block.data.take(slice(None), dtype)

    def ordered(self) -> Iterator[Data]:
        """Yield all examples in the order of the file, some at a time."""
        for data in read_ahead(map(self._read, range(len(self._runs.starts) - 1))):
            for i in range(0, len(data.X), INFERENCE_ROWS):
                yield _part(data, slice(i, i + INFERENCE_ROWS))

    def _pools(self, epoch: int, row: int) -> Iterator[tuple[int, Data]]:
        """Yield the pools of an epoch from the one with that row of its order on, each with its first row."""
        order = np.random.default_rng((self._seed, epoch)).permutation(len(self._runs.starts) - 1)
        lengths = np.diff(self._runs.starts)
        start = 0
        for k in range(0, len(order), self._runs_per_pool):
            runs = order[k : k + self._runs_per_pool]
            size = int(lengths[runs].sum())
            if start + size > row:
                yield start, self._pool(runs, np.random.default_rng((self._seed, epoch, k)).permutation(size))
            start += size

    def _pool(self, runs: Array, places: Array) -> Data:
        """Read runs and put their rows in the given places, which copies each row once."""
        pool, done = None, 0
        for run in runs:
            data = self._read(int(run))
            if pool is None:
                pool = _map(lambda a: np.empty((len(places), *a.shape[1:]), a.dtype), data)
            here = places[done : done + len(data.X)]
            for whole, part in zip(pool, data, strict=True):
                if whole is not None:
                    whole[here] = part
            done += len(data.X)
        assert pool is not None
        return pool

    def _read(self, run: int) -> Data:
        try:
            return self._prepare(read_run(self._runs, run))
        except InputError as error:
            raise InputError(f"In {self._runs.where(run)}: {error}") from error


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
        self._data = _map(lambda a: a if is_stored(a) else np.asarray(a), Data(X, y, weights, mask))
        if not X.shape or 0 in X.shape:
            raise InputError(f"X must hold at least one example, but it has shape {tuple(X.shape)}.")
        for name, array in zip(("y", "sample_weight", "mask"), self._data[1:], strict=True):
            if array is not None and array.shape[:1] != X.shape[:1]:
                raise InputError(
                    f"X and {name} must have the same length, but X has {X.shape[0]} examples "
                    f"and {name} has shape {tuple(array.shape)}."
                )
        self.shape: Shape = tuple(X.shape[1:])
        self.row_bytes: int = int(np.prod(self.shape)) * np.dtype(X.dtype).itemsize
        chunk = (getattr(X, "chunks", None) or (1,))[0]  # a compressed chunk is read as a whole
        rows = -(-max(1, _RUN_BYTES // self.row_bytes) // chunk) * chunk
        self.starts: Sequence[int] = [*range(0, X.shape[0], rows), X.shape[0]]

    def read(self, run: int) -> Data:
        """Return the rows of a run."""
        rows = slice(self.starts[run], self.starts[run + 1])
        return _map(lambda a: _slice(a, rows), self._data)

    def where(self, run: int) -> str:
        """Return how to name the rows of a run in an error."""
        return f"rows {self.starts[run]} to {self.starts[run + 1] - 1} of X (counted from 0 in what follows)"


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


class Parquet:
    """The rows of Parquet files, to be given to `fit` in place of X and y; needs pyarrow.

    Write ``network.fit(cr.sources.Parquet("rows.parquet", target="label"), epochs=3)``.

    A row group is read at a time, and two or three are in memory, so write files with row groups of some MB, for
    example ``frame.to_parquet(path, row_group_size=10_000)``. Row groups are drawn at random, and rows are shuffled
    over those that make up 32 MB.

    Parameters
    ----------
    path
        A file, a folder of ``*.parquet`` files, or a list of files.
    target
        The column to predict.
    columns
        The features, numeric columns; if None, all but the target.

    Raises
    ------
    InputError
        If there is no file or no row, or a column is missing or not numeric.
    FileFormatError
        If a file is not Parquet or is damaged.
    MissingExtraError
        If pyarrow is not installed.
    """

    def __init__(self, path: Paths, target: str, columns: Sequence[str] | None = None) -> None:
        try:
            import pyarrow  # noqa: F401
        except ImportError as error:
            raise MissingExtraError("Reading Parquet", "pyarrow", "data") from error
        self._target, self._columns = target, list(columns or ())
        self._groups: list[tuple[Path, Any, int, int]] = []  # file, its metadata, number of the group, first row
        starts, dtypes = [0], []
        for file in _files(path):
            metadata = parquet_metadata(file)
            dtypes.append(self._dtypes(file, metadata.schema.to_arrow_schema()))
            row = 0
            for group in range(metadata.num_row_groups):
                if rows := metadata.row_group(group).num_rows:
                    self._groups.append((file, metadata, group, row))
                    starts.append(starts[-1] + rows)
                    row += rows
        if not self._groups:
            raise InputError(f"There are no rows in the Parquet files of {path}.")
        self.starts: Sequence[int] = starts
        self.shape: Shape = (len(self._columns),)
        *kinds, self._target_dtype = (np.result_type(*column) for column in zip(*dtypes, strict=True))
        self._dtype = np.result_type(*kinds)
        self.row_bytes: int = len(self._columns) * self._dtype.itemsize

    def _dtypes(self, file: Path, schema: Any) -> list[Any]:
        """Return the dtypes of the features and the target."""
        from pyarrow import types

        if not self._columns:
            self._columns = [name for name in schema.names if name != self._target]
        dtypes = []
        for name in (*self._columns, self._target):
            if name not in schema.names:
                raise InputError(f"{file} has no column {name!r}; its columns are {', '.join(schema.names)}.")
            kind = schema.field(name).type
            if not (types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)):
                raise InputError(
                    f"Column {name!r} of {file} must hold numbers, but its type is {kind}. "
                    "Encode it as numbers first, or name the features with columns=[...]."
                )
            dtypes.append(np.dtype(kind.to_pandas_dtype()))
        return dtypes

    def read(self, run: int) -> Data:
        """Return the rows of a row group."""
        from pyarrow import parquet

        file, metadata, group, _ = self._groups[run]
        with parquet.ParquetFile(file, metadata=metadata, page_checksum_verification=True) as opened:
            table = opened.read_row_group(group, columns=[*self._columns, self._target])
        for name in table.column_names:
            if missing := table.column(name).null_count:
                raise InputError(f"column {name!r} has {missing} missing values. Fill them in or leave out their rows.")
        X = np.empty((len(table), len(self._columns)), self._dtype)
        for i, name in enumerate(self._columns):
            X[:, i] = table.column(name)
        return Data(X, np.asarray(table.column(self._target), self._target_dtype))

    def where(self, run: int) -> str:
        """Return how to name the rows of a row group in an error."""
        file, _, _, row = self._groups[run]
        last = row + self.starts[run + 1] - self.starts[run] - 1
        return f"rows {row} to {last} of {file} (counted from 0 in what follows)"


def _files(path: Paths) -> list[Path]:
    paths = [Path(path)] if isinstance(path, (str, Path)) else [Path(p) for p in path]
    if len(paths) == 1 and paths[0].is_dir():
        return sorted(paths[0].glob("*.parquet"))
    return paths


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
    """

    def __init__(self, batches: Any, prepare: Prepare) -> None:
        if not callable(batches) and not isinstance(batches, Iterable):
            raise InputError(f"X must be an array, Parquet, or an iterable of batches (X, y), but it is {batches!r}.")
        self._made, self._prepare = batches, prepare
        self.block_bytes, self.block_batches = BLOCK_BYTES, BLOCK_BATCHES  # without effect: a block is a batch
        self.batches: int | None = len(batches) if hasattr(batches, "__len__") else None
        opened = self._open()
        first = next(opened)
        self.shape: Shape = _batch(first).X.shape[1:]
        self._opened: Iterator[Any] | None = chain([first], opened)  # for the first epoch

    def blocks(self, epoch: int, first: int) -> Generator[Block, None, None]:
        """Yield the batches in their own order; those before batch `first` are made and dropped."""
        batches, self._opened = self._opened or self._open(), None
        for number, batch in enumerate(batches):
            if number >= first:
                try:
                    data = self._prepare(_batch(batch))
                except InputError as error:
                    raise InputError(f"In batch {number}: {error}") from error
                yield Block(number, [0, len(data.X)], None, data)

    def take(self, block: Block, dtype: Any) -> Data:
        """Return the examples of a block, all but the targets in the given dtype."""
        assert block.data is not None
        return block.data.take(slice(None), dtype)

    def ordered(self) -> Iterator[Data]:
        """Yield the batches."""
        for block in self.blocks(0, 0):
            assert block.data is not None
            yield block.data

    def _open(self) -> Iterator[Any]:
        batches = iter(self._made if isinstance(self._made, Iterable) else self._made())
        for first in batches:
            return chain([first], batches)
        raise InputError(
            "There is no batch, or none is left: an iterator can be gone through only once. Pass a list, an object "
            "that can be iterated again, or a function that returns a fresh iterator."
        )


def _batch(batch: Any) -> Data:
    if not isinstance(batch, (tuple, list)) or not 2 <= len(batch) <= 4:
        raise InputError(
            f"A batch is (X, y), (X, y, weights) or (X, y, weights, mask), but this is a {type(batch).__name__}. "
            "If X is not batches but all examples, fit needs y as well."
        )
    return _map(np.asarray, Data(*batch))


def _map(function: Callable[[Array], Array], data: Data) -> Data:
    return Data(*(None if a is None else function(a) for a in data))


def _part(data: Data, rows: slice) -> Data:
    return _map(lambda a: a[rows], data)


def _joined(pieces: list[Data]) -> Data:
    if len(pieces) == 1:
        return pieces[0]
    return Data(*(None if arrays[0] is None else np.concatenate(arrays) for arrays in zip(*pieces, strict=True)))
