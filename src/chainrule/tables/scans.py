"""Tables that stay in their files: rows come a block at a time, and memory does not depend on how many there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from chainrule.common.errors import FileFormatError, InputError
from chainrule.common.reading import opened
from chainrule.tables.frames import Frame, Series, as_frame, needs_polars
from chainrule.tables.rows import (
    Places,
    WrongRowError,
    from_file,
    numbered,
    place_of,
    places_of,
    rows_of,
    taken,
    without_lines,
)
from chainrule.tables.text_files import text_blocks, without_name_and_values

T = TypeVar("T")

PARQUET, ARROW = b"PAR1", b"ARROW1"
_SAMPLED_ROWS = 100_000  # that stand for all: quartiles are then off by about 0.2 % of the rows
_SAMPLED_CELLS = 10_000_000
_LEAST_ROWS = 1000
_BLOCK_CELLS = 1_000_000


@dataclass
class _Seen:
    """What was kept of the rows of a file that went by, and the file's state: shared by all tables of that file."""

    state: tuple[int, ...]
    height: int = 0
    sample: Frame | None = None
    sampled: Places | None = None  # where these are in the file
    columns: dict[str, Series] = field(default_factory=dict)


class Scan:
    """A table in a file, or some rows of one, which is read a block of rows at a time; made by `chainrule.tables.scan`.

    Attributes
    ----------
    path
        The file: CSV, TSV, Parquet or Arrow.
    columns
        The names of its columns.
    """

    def __init__(self, path: Path, rows: NDArray[np.bool_] | None = None, seen: _Seen | None = None) -> None:
        self.path, self._rows = path, rows
        if rows is None:
            from_file(self, path)
        with opened(path) as file:
            start = file.read(8)
        self._seen = _Seen(_state(path)) if seen is None else seen
        self._read = _blocks_of_frame if start.startswith((PARQUET, ARROW)) else _blocks_of_text
        self.columns: list[str] = next(self._read(path)).columns

    @property
    def width(self) -> int:
        """How many columns it has."""
        return len(self.columns)

    @property
    def height(self) -> int:
        """How many rows it has."""
        self.look()
        return self._seen.height if self._rows is None else int(self._rows.sum())

    @property
    def sample(self) -> Frame:
        """Rows that stand for all, drawn at random, in the order of the file."""
        self.look()
        seen = self._seen
        assert seen.sample is not None and seen.sampled is not None
        sample = numbered(seen.sample, seen.sampled)
        return sample if self._rows is None else taken(sample, self._rows[seen.sampled[:, 0]])

    def __getitem__(self, name: str) -> Series:
        """Return a whole column."""
        self.look(name)
        column = self._seen.columns[name]
        return column if self._rows is None else column.filter(self._rows)

    def look(self, *names: str) -> None:
        """Go through the file once, to keep a sample and some whole columns; not if they are there."""
        seen = self._seen
        wanted: dict[str, list[Series]] = {name: [] for name in names if name not in seen.columns}
        if seen.sample is not None and not wanted:
            return
        drawn, start = _Drawn(self.width), 0
        for frame in self._whole():
            for name, pieces in wanted.items():
                pieces.append(frame[name])
            drawn.add(frame)
            start += frame.height
        polars = needs_polars("A table")
        seen.columns |= {name: polars.concat(pieces) for name, pieces in wanted.items()}
        seen.height = start
        seen.sample, seen.sampled = drawn.in_order()

    def filter(self, rows: NDArray[np.bool_]) -> Scan:
        """Return the table of some of the rows."""
        if self._rows is not None:
            chosen = self._rows.copy()
            chosen[chosen] = rows
            rows = chosen
        return Scan(self.path, rows, self._seen)

    def map(self, function: Callable[[Frame], T]) -> Iterator[T]:
        """Yield what a function makes of each block of rows; its error names the row of the file."""
        for frame in self._blocks():
            try:
                with rows_of(frame):
                    result = function(frame)
            except InputError as error:
                raise InputError("In {path}: {error}", path=self.path, error=error) from None
            yield result

    def place_of(self, row: int) -> str:
        """Return how a row of the table is called, for which the file is read up to it."""
        for frame in self._blocks():
            if row < frame.height:
                return place_of(frame, row)
            row -= frame.height
        raise IndexError(row)

    def _blocks(self) -> Iterator[Frame]:
        """Yield the rows of the table, which know their places in the file."""
        start = 0
        for frame in self._whole():
            rows = slice(None) if self._rows is None else self._rows[start : start + frame.height]
            start += frame.height
            yield taken(frame, rows)

    def _whole(self) -> Iterator[Frame]:
        """Yield the rows of the file.

        Raises
        ------
        InputError
            If it is no longer the one that was looked at: what is known of its rows would be told of others.
        """
        blocks = self._read(self.path)
        while True:
            try:
                frame = next(blocks, None)
            finally:  # also in place of what is wrong with the new one
                if _state(self.path) != self._seen.state:
                    raise InputError(
                        "{path} was changed or removed while it was being read: begin again when nothing writes to it.",
                        path=self.path,
                    ) from None
            if frame is None:
                return
            yield frame


def _state(path: Path) -> tuple[int, ...]:
    """Return what differs when a file was written anew; nothing if it is gone."""
    try:
        state = path.stat()
    except OSError:
        return ()
    return state.st_size, state.st_mtime_ns


class _Drawn:
    """Rows drawn at random from blocks that go by: those with the smallest of random numbers."""

    def __init__(self, width: int) -> None:
        self._rng = np.random.default_rng(0)
        self._most = min(_SAMPLED_ROWS, max(_LEAST_ROWS, _SAMPLED_CELLS // width))
        self._pieces: list[Frame] = []
        self._draws, self._places = np.zeros(0), without_lines(0, 0)  # of all rows in the pieces

    def add(self, frame: Frame) -> None:
        """Look at the next block of the file."""
        draws, places = self._rng.random(frame.height), places_of(frame)
        if len(self._draws) >= self._most:  # whatever is above the last that would be taken now never will be
            small = draws < np.partition(self._draws, self._most - 1)[self._most - 1]
            frame, draws, places = frame.filter(small), draws[small], places[small]
        self._pieces.append(frame)
        self._draws, self._places = np.concatenate([self._draws, draws]), np.concatenate([self._places, places])
        if len(self._draws) > 2 * self._most:
            self._take()

    def in_order(self) -> tuple[Frame, Places]:
        """Return the rows that were drawn, and where they are in the file."""
        return self._take(), self._places

    def _take(self) -> Frame:
        """Keep the rows with the smallest numbers, in their order."""
        polars = needs_polars("A table")
        smallest = np.sort(np.argsort(self._draws)[: self._most])
        self._pieces = [polars.concat(self._pieces)[smallest]]
        self._draws, self._places = self._draws[smallest], self._places[smallest]
        return self._pieces[0]


def _blocks_of_text(path: Path) -> Iterator[Frame]:
    """Yield the rows of a text file, without columns that have no name and, in the first block, no values.

    Raises
    ------
    InputError
        If a later block has values in such a column.
    """
    empty: list[str] | None = None
    for frame in text_blocks(path):
        empty = without_name_and_values(frame) if empty is None else empty
        for name in empty:
            if frame[name].null_count() < frame.height:
                value = frame[name].drop_nulls()[0]
                raise InputError(
                    "{path} has the value {value!r:.40} in its {name}, which has no name: give it one.",
                    path=path,
                    value=value,
                    name=name,
                )
        yield numbered(frame.drop(empty), places_of(frame))


def _blocks_of_frame(path: Path) -> Iterator[Frame]:
    """Yield the rows of a Parquet or Arrow file."""
    polars = needs_polars("Reading a table")
    with opened(path) as file:
        parquet = file.read(4) == PARQUET
    try:
        frame = polars.scan_parquet(path) if parquet else polars.scan_ipc(path)
        rows = max(_LEAST_ROWS, _BLOCK_CELLS // max(1, len(frame.collect_schema())))
        height = frame.select(polars.len()).collect().item()
        for start in range(0, max(height, 1), rows):
            block = frame.slice(start, rows).collect()
            yield numbered(block, without_lines(start, block.height))
    except (polars.exceptions.PolarsError, OSError) as error:
        raise FileFormatError(
            "{path} cannot be read: {error:.200}. It is truncated or damaged: write it again.",
            path=path,
            error=str(error).splitlines()[0],
        ) from None


def rows_to_look_at(data: Any) -> Frame:
    """Return all rows of a table in memory, or those that stand for all of a table in a file."""
    return data.sample if isinstance(data, Scan) else as_frame(data)


def some_of(table: Any, rows: NDArray[np.bool_]) -> Any:
    """Return some rows of a table, which keep their places in the file."""
    return table.filter(rows) if isinstance(table, Scan) else taken(table, rows)


@contextmanager
def rows_of_table(table: Any) -> Iterator[None]:
    """Name the rows of whole columns of a table, in memory or in a file, as they are in the file."""
    if not isinstance(table, Scan):
        with rows_of(table):
            yield
        return
    try:
        yield
    except WrongRowError as error:
        raise error.called(table.place_of(error.row)) from None
