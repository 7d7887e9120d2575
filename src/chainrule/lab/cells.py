"""Arrays as texts in cells: a window onto two axes of an array that can be moved, and the picks of all others."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.common.errors import InputError
from chainrule.common.settings import shown
from chainrule.common.texts import later, tr
from chainrule.trace.paths import at
from chainrule.trace.telling import numbers
from chainrule.trace.telling.numbers import text

ROWS, COLUMNS = 8, 12
PIXELS = 32
"""Rows and columns that are shown at once: of numbers, and of pixels."""
_LEAST_PICTURE = 6  # rows and columns from which on an array with channels is shown as pixels

_AXES: dict[str, dict[int, tuple[str, ...]]] = {
    "examples": {
        2: (later("example"), later("unit")),
        3: (later("example"), later("step"), later("feature")),
        4: (later("example"), later("row"), later("column"), later("channel")),
    },
    "parameter": {
        1: (later("unit"),),
        2: (later("from unit"), later("to unit")),
        3: (later("step"), later("from channel"), later("to channel")),
        4: (later("row"), later("column"), later("from channel"), later("to channel")),
    },
    "folded examples": {3: (later("example"), later("row"), later("column"))},
    "folded parameter": {3: (later("row"), later("column"), later("to unit"))},
}
"""What the axes of an array are called, by what it is and how many there are."""

Size = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Shown:
    """An array as the page names it.

    Attributes
    ----------
    name
        Its full name, by which the page asks for it.
    symbol
        What its equation calls it.
    array
        The numbers.
    is_parameter
        Whether it has the axes of a parameter, or else those of examples.
    before
        The same array in the pass that this one is compared with.
    folded
        The height and width of the pictures that lie flat in it; None if none do.
    """

    name: str
    symbol: str
    array: Array
    is_parameter: bool
    before: Array | None = None
    folded: Size | None = None

    @property
    def kind(self) -> str:
        """What its axes are, as a key of the table of their names."""
        return ("folded " if self.folded else "") + ("parameter" if self.is_parameter else "examples")

    def unfolded(self, array: Array) -> Array:
        """Return an array with its flat pictures as rows and columns."""
        if self.folded is None:
            return array
        others = array.shape[1:] if self.is_parameter else array.shape[:1]
        return array.reshape((*self.folded, *others) if self.is_parameter else (*others, *self.folded))

    @cached_property
    def view(self) -> Array:
        """The array as it is shown."""
        return self.unfolded(self.array)

    @cached_property
    def plane(self) -> tuple[int | None, int | None]:
        """The axes that are shown as rows and as columns: what lies next to each other in a picture or a sequence."""
        ndim = self.view.ndim
        if ndim < 2:
            return None, (0 if ndim else None)
        pictures_first = self.is_parameter and (ndim > 3 or self.folded is not None)
        return (0, 1) if ndim == 2 or pictures_first else (1, 2)

    @property
    def pixels(self) -> bool:
        """Whether it is shown as pixels."""
        if self.folded is not None:
            return True
        return self.view.ndim == 4 and not self.is_parameter and min(self.view.shape[1:3]) >= _LEAST_PICTURE

    def called(self, axis: int) -> str:
        """Return what an axis is called."""
        names = _AXES[self.kind].get(self.view.ndim)
        return tr("axis {number}", number=axis) if names is None else tr(names[axis])


def window(of: Shown, place: Any = None) -> dict[str, Any]:
    """Return a window onto an array, as the page shows it.

    Parameters
    ----------
    of
        The array.
    place
        One number per axis: where the window begins, and what is picked of the axes that it does not show. None begins
        at the first numbers.

    Raises
    ------
    InputError
        There is no such place.
    """
    shape, (down, across) = of.view.shape, of.plane
    start = _start(of, place)
    most = {down: PIXELS if of.pixels else ROWS, across: PIXELS if of.pixels else COLUMNS}
    spans: dict[int | None, range] = {
        a: range(start[a], min(start[a] + most[a], shape[a])) for a in (down, across) if a is not None
    }
    index = tuple(slice(spans[a].start, spans[a].stop) if a in spans else n for a, n in enumerate(start))
    size = (len(spans[down]) if down is not None else 1, len(spans[across]) if across is not None else 1)
    matrix = np.asarray(of.view[index]).reshape(size)
    data: dict[str, Any] = {
        "name": of.name,
        "symbol": of.symbol,
        "shape": numbers.shape(of.array),
        "place": start,
        "rows": list(spans.get(down, range(0))),
        "columns": list(spans.get(across, range(0))),
        "pixels": of.pixels,
        "cells": _cells(matrix, _largest(of.array)),
        "statistics": _statistics(of.array),
        "picks": [_pick(of, axis, start) for axis, n in enumerate(shape) if axis not in spans and n > 1],
        "moves": _moves(shape, start, most),
    }
    data |= _paths(of, start, spans)
    if of.before is not None and of.before.shape == of.array.shape:
        data["before"] = _before(matrix, np.asarray(of.unfolded(of.before)[index]).reshape(size))
    return data


def _start(of: Shown, place: Any) -> list[int]:
    shape = of.view.shape
    if place is None:
        return [0] * len(shape)
    fits = (
        isinstance(place, list)
        and len(place) == len(shape)
        and all(type(n) is int and 0 <= n < max(length, 1) for n, length in zip(place, shape, strict=True))
    )
    if not fits:
        raise InputError(
            "{name} has shape {shape}, so a window onto it begins at one whole number for each axis, but {place} came.",
            name=of.name,
            shape=shape,
            place=shown(place),
        )
    return list(place)


def _paths(of: Shown, start: list[int], spans: dict[int | None, range]) -> dict[str, Any]:
    """Return the path of the cells with places for the row and the column; for flat pictures, for the pixel."""
    down, across = of.plane
    if of.folded is None:
        places = {down: "{row}", across: "{column}"}
        return {"template": at(of.name, [places.get(axis, n) for axis, n in enumerate(start)])}
    picked = next(n for axis, n in enumerate(start) if axis not in spans)
    width = of.folded[1]
    index = ["{pixel}", picked] if of.is_parameter else [picked, "{pixel}"]
    flat = [[row * width + column for column in spans[across]] for row in spans[down]]
    return {"template": at(of.name, index), "flat": flat}


def _largest(array: Array) -> float:
    finite = np.abs(array[np.isfinite(array)]) if array.dtype.kind == "f" else np.abs(array)
    return float(finite.max(initial=0)) or 1.0


def _cells(matrix: Array, largest: float) -> list[list[list[Any]]]:
    """Return each number's text, and how large it is in percent of the largest one, with its sign."""
    return [[[text(value), _percent(value, largest)] for value in map(float, row)] for row in matrix.tolist()]


def _percent(value: float, largest: float) -> int:
    return round(100 * value / largest) if math.isfinite(value) else 0


def _before(matrix: Array, earlier: Array) -> list[list[str | None]]:
    """Return what a number was where it reads differently now, and None where it reads the same."""
    both = zip(matrix.astype(float).tolist(), earlier.astype(float).tolist(), strict=True)
    return [[None if text(now) == text(was) else text(was) for now, was in zip(*rows, strict=True)] for rows in both]


def _statistics(array: Array) -> dict[str, str]:
    stats = numbers.statistics(array)
    return {key: text(value) for key, value in stats._asdict().items()} | {"zeros": numbers.share(stats.zeros)}


def _pick(of: Shown, axis: int, start: list[int]) -> dict[str, Any]:
    """Return what can be picked of an axis that the window does not show: the one before, the one now, the next."""
    count = of.view.shape[axis]

    def moved(n: int) -> list[int] | None:
        return [*start[:axis], n, *start[axis + 1 :]] if 0 <= n < count else None

    return {
        "label": of.called(axis),
        "now": str(start[axis]),
        "last": str(count - 1),
        "less": moved(start[axis] - 1),
        "more": moved(start[axis] + 1),
    }


def _moves(shape: tuple[int, ...], start: list[int], most: dict[int | None, int]) -> dict[str, list[int]]:
    """Return where the window may be moved to: the place for each direction in which there is more."""
    moves: dict[str, list[int]] = {}
    ways = dict(zip(most, (("up", "down"), ("left", "right")), strict=True)) if len(most) == 2 else {}
    for axis, (less, more) in ways.items():
        if axis is None:
            continue
        for name, to in ((less, max(0, start[axis] - most[axis])), (more, start[axis] + most[axis])):
            if to != start[axis] and to < shape[axis]:
                moves[name] = [*start[:axis], to, *start[axis + 1 :]]
    return moves
