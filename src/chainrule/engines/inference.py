"""Outputs for many examples, as many at a time as fit into a stated number of bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.arrays import Array, Shape, machine
from chainrule.arrays.threads import cut, in_parts


def rows_at_once(bytes_per_example: int) -> int:
    """Return for how many examples at a time a pass is run: a power of two."""
    rows = max(1, min(machine.PASS_ROWS, machine.PASS_BYTES // max(1, bytes_per_example)))
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
        Whether several threads may take some of the examples each.
    """
    if examples <= rows:
        return outputs(slice(examples))
    out = np.empty((examples, *output_shape), dtype)

    def fill(some: slice) -> None:
        out[some] = outputs(some)

    if threads:
        in_parts(fill, cut(examples, rows))
    else:
        for some in cut(examples, rows):
            fill(some)
    return out
