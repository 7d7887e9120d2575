"""A table of the layers of a network: shapes, parameters, work and memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.arrays import Array, Mode, Params, Shape, leaves
from chainrule.common.text_table import text_table
from chainrule.layers.base import Layer
from chainrule.layers.connectivity import Sequential


def summary(body: Sequential, params: Params, input_shape: Shape, dtype: Any, batch_size: int) -> str:
    """Return the table, with a row per layer and a line of totals.

    Its columns are the shape of the output, the parameters, the multiply-adds of one example, and the memory of the
    output of forward and of what is kept for backward, for a batch.
    """
    x = np.zeros((2, *input_shape), dtype)  # two, as batch normalization needs a variance
    # Holding the arrays, and not only their ids, keeps an id from being given to another array meanwhile.
    known = {id(a): a for a in (x, *(_owner(p) for _, p in leaves(params)))}
    rows, totals = [["input", str(input_shape), "", "", "", ""]], np.zeros(3, int)
    for layer, layer_params in zip(body.layers, params, strict=True):
        work = layer.multiply_adds(layer_params, x.shape[1:])
        x, new = _forward(layer, layer_params, x, Mode(training=True, key=(0,)), known)
        numbers = sum(p.size for _, p in leaves(layer_params)), work, batch_size * new // 2
        totals += numbers
        forward = _bytes(batch_size * x.nbytes // 2)
        rows.append([layer.label, str(x.shape[1:]), f"{numbers[0]:,}", f"{work:,}", forward, _bytes(numbers[2])])
    columns = ["layer", "output shape", "parameters", "multiply-adds", "forward", "backward"]
    count, work, memory = totals.tolist()
    return (
        f"{text_table(columns, rows)}\n{count:,} parameters ({_bytes(count * np.dtype(dtype).itemsize)}), "
        f"{work:,} multiply-adds per example, {_bytes(memory)} kept for backward in a batch of {batch_size}"
    )


def bytes_per_example(body: Sequential, params: Params, input_shape: Shape, dtype: Any) -> int:
    """Return the memory that a forward pass takes for one example."""
    x = np.zeros((1, *input_shape), dtype)
    known = {id(a): a for a in (_owner(p) for _, p in leaves(params))}
    total = x.nbytes
    with np.errstate(all="ignore"):  # the numbers do not matter
        for layer, layer_params in zip(body.layers, params, strict=True):
            x, new = _forward(layer, layer_params, x, Mode(), known)
            total += new + x.nbytes
    return total


def _forward(layer: Layer, params: Params, x: Array, mode: Mode, known: dict[int, Array]) -> tuple[Array, int]:
    """Return the output, and the size of the arrays that the layer keeps and that were not known; they are then."""
    y, cache = layer.forward(params, x, mode)
    kept = [_owner(a) for _, a in leaves(cache) if isinstance(a, np.ndarray)]
    new = {id(a): a for a in kept if id(a) not in known}
    known |= new
    return y, sum(a.nbytes for a in new.values())


def _owner(a: Array) -> Array:
    """Return the array that owns the memory of a view."""
    return a if a.base is None else a.base


def _bytes(n: int) -> str:
    """Return a number of bytes as people read it."""
    size = float(n)
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} B" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"
