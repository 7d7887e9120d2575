"""Rows as messages name them: where they are in the file, whatever was left out since."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.common.errors import InputError
from chainrule.common.texts import tr

Places = NDArray[np.int64]
"""Of shape (rows, 2): the index of each row in its file (or its first frame), and the line there; 0 if nobody knows."""

_PLACES = "_places_of_chainrule"
_FILE = "_file_of_chainrule"
# Attributes of the frame: what polars makes of a frame has none, so that places never stand beside other rows.


def place(row: int, line: int = 0) -> str:
    """Return how a row is called, by its index and by its line in the file, if it is known.

    >>> place(2), place(2, 5)
    ('row 3 (4 with the header)', 'row 3 (line 5 of the file)')
    """
    if line:
        return tr("row {row} (line {line} of the file)", row=row + 1, line=line)
    return tr("row {row} ({line} with the header)", row=row + 1, line=row + 2)


def numbered(frame: Any, places: Places) -> Any:
    """Return the frame, a new one that nobody else has, when it knows the places of its rows."""
    setattr(frame, _PLACES, places)
    return frame


def from_file(table: Any, path: Path) -> Any:
    """Return the table, a new one that nobody else has, when it knows which file it is the whole of."""
    setattr(table, _FILE, str(path))
    return table


def called(table: Any) -> str:
    """Return how a table is called: by its file, if it is the whole of one."""
    return getattr(table, _FILE, None) or tr("this table")


def without_lines(start: int, rows: int) -> Places:
    """Return the places of rows in a row, whose lines nobody knows."""
    return np.column_stack([np.arange(start, start + rows), np.zeros(rows, np.int64)])


def places_of(frame: Any) -> Places:
    """Return the places of a frame's rows; of one that knows none, they are those in itself."""
    places: Places | None = getattr(frame, _PLACES, None)
    if places is None or len(places) != frame.height:
        return without_lines(0, frame.height)
    return places


def place_of(frame: Any, row: int) -> str:
    """Return how a row of a frame is called."""
    return place(*places_of(frame)[row].tolist())


def taken(frame: Any, rows: NDArray[Any] | slice) -> Any:
    """Return some rows of a frame, by their indices, a slice or a mask, which keep their places."""
    is_mask = isinstance(rows, np.ndarray) and rows.dtype.kind == "b"
    return numbered(frame.filter(rows) if is_mask else frame[rows], places_of(frame)[rows])


def with_places_of(table: Any, frame: Any) -> Any:
    """Return a frame with the places of the table that it has all rows of."""
    return numbered(frame.clone(), places_of(table))


class WrongRowError(InputError):
    """What is wrong with one row; who read it as a row of some says which row of the file it is.

    Attributes
    ----------
    row
        Its index.
    """

    def __init__(self, english: str, index: int, /, **values: object) -> None:
        super().__init__(english, row=place(index), **values)
        self.row, self._english, self._values = index, english, values

    def among(self, rows: NDArray[np.int64]) -> WrongRowError:
        """Return the same of the table that these are the rows of."""
        return WrongRowError(self._english, int(rows[self.row]), **self._values)

    def called(self, place: str) -> NamedRowError:
        """Return the same with the name of the row in the file, which is final."""
        return NamedRowError(self._english, self.row, row=place, **self._values)


class NamedRowError(InputError):
    """What is wrong with one row, by its name in the file.

    Attributes
    ----------
    row
        Its index.
    """

    def __init__(self, english: str, index: int, /, **values: object) -> None:
        super().__init__(english, **values)
        self.row, self._english, self._values = index, english, values

    def told_as(self, place: str) -> str:
        """Return the text with another name for the row."""
        return tr(self._english, **{**self._values, "row": place})


@contextmanager
def rows_of(frame: Any) -> Iterator[None]:
    """Name the rows of what is read from a frame as they are in its file."""
    try:
        yield
    except WrongRowError as error:
        raise error.called(place_of(frame, error.row)) from None


@contextmanager
def rows_among(rows: NDArray[np.int64]) -> Iterator[None]:
    """Name the rows of what is read from some rows of a table as they are in the table."""
    try:
        yield
    except WrongRowError as error:
        raise error.among(rows) from None
