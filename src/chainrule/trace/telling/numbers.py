"""Arrays as people can look at them: statistics, and the numbers of a corner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from chainrule.arrays import Array
from chainrule.common.number_text import number_text


class Statistics(NamedTuple):
    """What an array's numbers are like."""

    min: float
    mean: float
    max: float
    rms: float
    zeros: float  # the share of numbers that are 0


def statistics(array: Array) -> Statistics:
    """Return the statistics of an array; of an empty one, zeros."""
    if not array.size:
        return Statistics(0.0, 0.0, 0.0, 0.0, 0.0)
    a = array.astype(np.float64)
    rms = float(np.sqrt(np.mean(a * a)))
    return Statistics(float(a.min()), float(a.mean()), float(a.max()), rms, float(np.mean(a == 0)))


class Corner(NamedTuple):
    """The first rows and columns of an array; if these are all 0, some around its largest number."""

    matrix: Array  # two axes
    where: str  # which of the numbers these are, such as "[0, 0:6, 0:8]"
    first: tuple[int, int]  # the row and the column of the first one


def corner(array: Array, rows: int, columns: int) -> Corner:
    """Return the first numbers of an array in two axes, or where these are all 0, those around the largest.

    Of an array with more axes, those are taken that lie next to each other in a picture or a sequence: time and
    features of the first example, or height and width of its first channel.

    >>> corner(np.zeros((2, 28, 28, 3)), 6, 8).where
    '[0, 0:6, 0:8, 0]'
    """
    axes = {0: (), 1: (0,), 2: (0, 1), 3: (1, 2)}.get(array.ndim, (1, 2))
    limits = (columns,) if len(axes) == 1 else (rows, columns)
    if not array.size:
        return Corner(array.reshape(1, -1), _where([slice(0, n) for n in array.shape]), (0, 0))
    plane = array[tuple(slice(None) if axis in axes else 0 for axis in range(array.ndim))]
    starts = [0] * len(axes)
    if axes and not plane[tuple(slice(0, limit) for limit in limits)].any():
        largest = np.unravel_index(int(np.abs(plane).argmax()), plane.shape)
        starts = [
            int(max(0, min(i - limit // 2, n - limit)))
            for i, limit, n in zip(largest, limits, plane.shape, strict=True)
        ]
    index: list[int | slice] = [0] * array.ndim
    for axis, start, limit in zip(axes, starts, limits, strict=False):
        index[axis] = slice(start, min(start + limit, array.shape[axis]))
    top, left = [0, 0, *starts][-2:]
    return Corner(np.atleast_2d(array[tuple(index)]), _where(index), (top, left))


def _where(index: Sequence[int | slice]) -> str:
    texts = [f"{entry.start}:{entry.stop}" if isinstance(entry, slice) else str(entry) for entry in index]
    return f"[{', '.join(texts)}]" if texts else ""


def whole(array: Array, shown: Corner) -> bool:
    """Return whether a corner has all numbers of an array."""
    return bool(shown.matrix.size == array.size)


def text(value: float) -> str:
    """Return a number with four significant digits; a whole one without a fraction.

    >>> text(3.0), text(-0.0), text(0.53219), text(-1e-7)
    ('3', '0', '0.5322', '-1e-07')
    """
    return f"{value + 0:.0f}" if float(value).is_integer() and abs(value) < 1e6 else number_text(value)


def share(part: float) -> str:
    """Return a share in percent; what is there at all is not 0 %.

    >>> share(0.5), share(0.0), share(0.001)
    ('50%', '0%', '<1%')
    """
    return "<1%" if 0 < part < 0.005 else f"{part:.0%}"


def shape(array: Array) -> str:
    """Return a shape as it is written in equations of sizes.

    >>> shape(np.zeros((32, 784))), shape(np.zeros(()))
    ('32×784', '1')
    """
    return "×".join(map(str, array.shape)) or "1"
