"""Where the windows of a convolution lie."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from chainrule.arrays.types import Shape

Pair = tuple[int, int]


class Window(NamedTuple):
    """Where the windows lie."""

    stride: Pair
    padding: tuple[Pair, Pair]  # zeros before and after, for each axis
    dilation: Pair
    groups: int = 1

    def output(self, size: Shape, kernel: Shape) -> Pair:
        """Return how many windows fit into pictures of (height, width)."""
        each = zip(size, kernel, self.stride, self.padding, self.dilation, strict=True)
        rows, columns = ((n + sum(p) - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in each)
        return rows, columns


def shifts(kernel: Shape, output: Shape, window: Window) -> Iterator[tuple[int, int, tuple[slice, ...]]]:
    """Yield each position in the kernel, and where in the padded pictures it meets them."""
    (s_row, s_column), (d_row, d_column) = window.stride, window.dilation
    rows, columns = output
    for i, j in np.ndindex(*kernel):
        top, left = i * d_row, j * d_column
        down = slice(top, top + s_row * (rows - 1) + 1, s_row)
        yield i, j, (slice(None), down, slice(left, left + s_column * (columns - 1) + 1, s_column))
