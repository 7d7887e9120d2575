"""Tables that stay in their files: rows come a block at a time, and memory does not depend on how many there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from chainrule.common.errors import FileFormatError, InputError
from chainrule.common.reading import opened
from chainrule.tables.frames import Frame, Series, as_frame, needs_polars
from chainrule.tables.rows import WrongRowError
from chainrule.tables.text_files import text_blocks, without_name_and_values

T = TypeVar("T")

PARQUET, ARROW = b"PAR1", b"ARROW1"
_SAMPLED_ROWS = 100_000  # that stand for all: quartiles are then off by about 0.2 % of the rows
_SAMPLED_CELLS = 10_000_000
_LEAST_ROWS = 1000
_BLOCK_CELLS = 1_000_000


@dataclass
class _Seen:
    """What was kept of the rows of a file that went by: shared by all tables of that file."""

    height: int = 0
    sample: Frame | None = None
    sampled: NDArray[np.int64] | None = None  # the rows of the file that these are
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
        self._seen = _Seen() if seen is None else seen
        with opened(path) as file:
            start = file.read(8)
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
        return seen.sample if self._rows is None else seen.sample.filter(self._rows[seen.sampled])

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
        for frame in self._read(self.path):
            for name, pieces in wanted.items():
                pieces.append(frame[name])
            drawn.add(frame, start)
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
        start = 0
        for frame in self._read(self.path):
            rows = None if self._rows is None else self._rows[start : start + frame.height]
            try:
                result = function(frame if rows is None else frame.filter(rows))
            except WrongRowError as error:
                row = error.row if rows is None else int(np.flatnonzero(rows)[error.row])
                raise InputError("In {path}: {at}", path=self.path, at=error.at(start + row)) from None
            except InputError as error:
                raise InputError("In {path}: {error}", path=self.path, error=error) from None
            start += frame.height
            yield result

    def row_of_file(self, row: int) -> int:
        """Return which row of the file a row of the sample is."""
        self.look()
        sampled = self._seen.sampled
        assert sampled is not None
        return int((sampled if self._rows is None else sampled[self._rows[sampled]])[row])


class _Drawn:
    """Rows drawn at random from blocks that go by: those with the smallest of random numbers."""

    def __init__(self, width: int) -> None:
        self._rng = np.random.default_rng(0)
        self._most = min(_SAMPLED_ROWS, max(_LEAST_ROWS, _SAMPLED_CELLS // width))
        self._pieces: list[Frame] = []
        self._draws, self._rows = np.zeros(0), np.zeros(0, np.int64)  # of all rows in the pieces

    def add(self, frame: Frame, start: int) -> None:
        """Look at a block that starts with that row of the file."""
        draws, rows = self._rng.random(frame.height), np.arange(start, start + frame.height)
        if len(self._draws) >= self._most:  # whatever is above the last that would be taken now never will be
            small = draws < np.partition(self._draws, self._most - 1)[self._most - 1]
            frame, draws, rows = frame.filter(small), draws[small], rows[small]
        self._pieces.append(frame)
        self._draws, self._rows = np.concatenate([self._draws, draws]), np.concatenate([self._rows, rows])
        if len(self._draws) > 2 * self._most:
            self._take()

    def in_order(self) -> tuple[Frame, NDArray[np.int64]]:
        """Return the rows that were drawn, and where they are in the file."""
        return self._take(), self._rows

    def _take(self) -> Frame:
        """Keep the rows with the smallest numbers, in their order."""
        polars = needs_polars("A table")
        smallest = np.sort(np.argsort(self._draws)[: self._most])
        self._pieces = [polars.concat(self._pieces)[smallest]]
        self._draws, self._rows = self._draws[smallest], self._rows[smallest]
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
        yield frame.drop(empty)


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
            yield frame.slice(start, rows).collect()
    except (polars.exceptions.PolarsError, OSError) as error:
        raise FileFormatError(
            "{path} cannot be read: {error:.200}. It is truncated or damaged: write it again.",
            path=path,
            error=str(error).splitlines()[0],
        ) from None


def rows_to_look_at(data: Any) -> Frame:
    """Return all rows of a table in memory, or those that stand for all of a table in a file."""
    return data.sample if isinstance(data, Scan) else as_frame(data)


def row_of(data: Any, row: int) -> int:
    """Return which row of a table one of `rows_to_look_at` is."""
    return data.row_of_file(row) if isinstance(data, Scan) else row
