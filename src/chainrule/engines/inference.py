"""Outputs for many examples, some at a time: as many as memory that is stated allows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.arrays import Array, Shape
from chainrule.arrays.threads import in_halves, one_blas_thread
from chainrule.data.batches import INFERENCE_ROWS

_BYTES = 2**26  # of all arrays of a pass


def rows_at_once(bytes_per_example: int) -> int:
    """Return for how many examples at a time a pass is run: a power of two."""
    rows = max(1, min(INFERENCE_ROWS, _BYTES // max(1, bytes_per_example)))
    return 1 << (rows.bit_length() - 1)


def in_batches(
    outputs: Callable[[slice], Array], examples: int, output_shape: Shape, dtype: Any, *, rows: int, threads: bool
) -> Array:
    """Return the outputs for all examples.

    Parameters
    ----------
    outputs
        Returns those of some of the examples.
    rows
        How many examples at a time.
    threads
        Whether two threads may take a half of the examples each.
    """
    if examples <= rows:
        return outputs(slice(examples))
    out = np.empty((examples, *output_shape), dtype)

    def fill(half: slice) -> None:
        for start in range(half.start or 0, half.stop, rows):
            some = slice(start, min(start + rows, half.stop))
            out[some] = outputs(some)

    if threads:
        with one_blas_thread():
            in_halves(fill, examples)
    else:
        fill(slice(examples))
    return out
