"""Arrays as texts in cells: a window onto two axes of an array that can be moved, and the picks of all others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.common.errors import InputError
from chainrule.common.settings import shown
from chainrule.common.texts import later, tr
from chainrule.trace.paths import at
from chainrule.trace.telling import numbers
from chainrule.trace.telling.numbers import text

ROWS, COLUMNS = 8, 8
PIXELS = 32
"""Rows and columns that are shown at once: of numbers, and of pixels."""
_LEAST_PICTURE = 6  # rows and columns from which on an array with channels is shown as pixels

_AXES = {
    (2, False): (later("example"), later("unit")),
    (3, False): (later("example"), later("step"), later("feature")),
    (4, False): (later("example"), later("row"), later("column"), later("channel")),
    (2, True): (later("from"), later("to")),
    (3, True): (later("step"), later("from"), later("to")),
    (4, True): (later("row"), later("column"), later("from channel"), later("to channel")),
}
"""What the axes of an array are called, by how many there are and whether it is a parameter."""


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
    path
        What the numbers' places are put behind to ask why.
    before
        The same array in the pass that this one is compared with.
    """

    name: str
    symbol: str
    array: Array
    is_parameter: bool
    path: str
    before: Array | None = None


def window(of: Shown, place: Sequence[int] | None = None) -> dict[str, Any]:
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
    array = of.array
    across, down = _plane(array, of.is_parameter)
    start = _start(of.name, array.shape, place)
    pixels = _is_picture(array, of.is_parameter)
    most = {across: PIXELS if pixels else COLUMNS, down: PIXELS if pixels else ROWS}
    taken = [
        slice(n, min(n + most[axis], length)) if axis in most else n
        for axis, (n, length) in enumerate(zip(start, array.shape, strict=True))
    ]
    index = tuple(taken)
    rows = list(range(*taken[down].indices(array.shape[down]))) if isinstance(down, int) else [0]  # type: ignore[union-attr]
    columns = list(range(*taken[across].indices(array.shape[across]))) if isinstance(across, int) else [0]  # type: ignore[union-attr]
    matrix = np.asarray(array[index]).reshape(len(rows), len(columns))
    data: dict[str, Any] = {
        "name": of.name,
        "symbol": of.symbol,
        "shape": numbers.shape(array),
        "place": start,
        "rows": rows if down is not None else [],
        "columns": columns if across is not None else [],
        "axes": [_called(axis, array.ndim, parameter=of.is_parameter) for axis in (down, across)],
        "template": at(of.path, tuple(_Slot(axis, across, down, n) for axis, n in enumerate(start))),
        "pixels": pixels,
        "cells": _cells(matrix, _largest(array)),
        "statistics": _statistics(array),
        "picks": [_pick(of, axis, start) for axis in range(array.ndim) if axis not in (across, down)],
        "moves": _moves(array.shape, start, most, across, down),
    }
    if of.before is not None and of.before.shape == array.shape:
        earlier = np.asarray(of.before[index]).reshape(matrix.shape)
        data["before"] = _before(matrix, earlier)
        data["changed"] = bool((of.before != array).any())
    return data


class _Slot:
    """A place of a path: a number, or where the page writes the row or the column of a cell."""

    def __init__(self, axis: int, across: int | None, down: int | None, number: int) -> None:
        self.text = {across: "{column}", down: "{row}"}.get(axis, str(number))

    def __str__(self) -> str:
        return self.text


def _plane(array: Array, is_parameter: bool) -> tuple[int | None, int | None]:
    """Return the axes that are shown as columns and rows: what lies next to each other in a picture or a sequence."""
    if array.ndim < 2:
        return (0 if array.ndim else None), None
    if array.ndim == 2 or (array.ndim > 3 and is_parameter):
        return 1, 0
    return 2, 1


def _is_picture(array: Array, is_parameter: bool) -> bool:
    return array.ndim == 4 and not is_parameter and min(array.shape[1:3]) >= _LEAST_PICTURE


def _start(name: str, shape: tuple[int, ...], place: Sequence[int] | None) -> list[int]:
    if place is None:
        return [0] * len(shape)
    fits = len(place) == len(shape) and all(
        isinstance(n, int) and 0 <= n < max(length, 1) for n, length in zip(place, shape, strict=False)
    )
    if not fits:
        raise InputError(
            "{name} has shape {shape}, so a window onto it begins at one whole number for each axis, but {place} came.",
            name=name,
            shape=shape,
            place=shown(place),
        )
    return list(place)


def _called(axis: int | None, count: int, *, parameter: bool) -> str:
    if axis is None:
        return ""
    names = _AXES.get((count, parameter))
    return tr("axis {number}", number=axis) if names is None else tr(names[axis])


def _largest(array: Array) -> float:
    finite = np.abs(array[np.isfinite(array)]) if array.dtype.kind == "f" else np.abs(array)
    return float(finite.max(initial=0)) or 1.0


def _cells(matrix: Array, largest: float) -> list[list[list[Any]]]:
    """Return each number's text, and how large it is in percent of the largest one, with its sign."""
    return [[[text(value), _percent(value, largest)] for value in map(float, row)] for row in matrix.tolist()]


def _percent(value: float, largest: float) -> int:
    if not math.isfinite(value):
        return 0
    return round(100 * value / largest)


def _before(matrix: Array, earlier: Array) -> list[list[str | None]]:
    """Return what a number was where it is another now, and None where it is the same."""
    return [
        [None if now == was or (now != now and was != was) else text(was) for now, was in zip(*rows, strict=True)]
        for rows in zip(matrix.astype(float).tolist(), earlier.astype(float).tolist(), strict=True)
    ]


def _statistics(array: Array) -> dict[str, str]:
    stats = numbers.statistics(array)
    return {key: text(value) for key, value in stats._asdict().items()} | {"zeros": numbers.share(stats.zeros)}


def _pick(of: Shown, axis: int, start: list[int]) -> dict[str, Any]:
    """Return what can be picked of an axis that the window does not show: the one before, the one now, the next."""
    count = of.array.shape[axis]

    def moved(n: int) -> list[int] | None:
        return [*start[:axis], n, *start[axis + 1 :]] if 0 <= n < count else None

    label = _called(axis, of.array.ndim, parameter=of.is_parameter)
    return {
        "label": label,
        "now": str(start[axis]),
        "last": str(count - 1),
        "less": moved(start[axis] - 1),
        "more": moved(start[axis] + 1),
    }


def _moves(
    shape: tuple[int, ...], start: list[int], most: dict[int | None, int], across: int | None, down: int | None
) -> dict[str, list[int]]:
    """Return where the window may be moved to: the place for each direction in which there is more."""
    moves: dict[str, list[int]] = {}
    for axis, less, more in ((across, "left", "right"), (down, "up", "down")):
        if axis is None:
            continue
        length, limit = shape[axis], most[axis]
        for name, to in ((less, max(0, start[axis] - limit)), (more, start[axis] + limit)):
            if to != start[axis] and to < length:
                moves[name] = [*start[:axis], to, *start[axis + 1 :]]
    return moves
