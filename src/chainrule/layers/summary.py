"""A table of the layers of a network: shapes, parameters, work and memory."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from chainrule.arrays import Array, Mode, Params, Shape, leaves
from chainrule.common import notebook
from chainrule.common.number_text import bytes_text
from chainrule.common.text_table import text_table
from chainrule.common.texts import later, tr
from chainrule.layers.base import Layer
from chainrule.layers.connectivity import Sequential

_COLUMNS = (
    later("layer"),
    later("output shape"),
    later("parameters"),
    later("multiply-adds"),
    later("forward"),
    later("backward"),
)


@dataclass(frozen=True, repr=False)
class Summary:
    """The layers of a network, as a table when printed and in notebooks.

    Attributes
    ----------
    rows
        A row of texts for the input and one for each layer: its name, the shape of its output, its parameters, the
        multiply-adds of one example, and the memory of its output and of what it keeps for backward, for a batch.
    parameters
        How many numbers are trained, or kept as running statistics.
    totals
        A line about all layers together.
    """

    rows: tuple[tuple[str, ...], ...]
    parameters: int
    totals: str

    def __str__(self) -> str:
        return f"{text_table(tuple(map(tr, _COLUMNS)), self.rows)}\n{self.totals}"

    def __repr__(self) -> str:
        return tr(
            "Summary({layers} layers, {parameters:,} parameters)", layers=len(self.rows) - 1, parameters=self.parameters
        )

    def _repr_html_(self) -> str:
        return notebook.fragment(self._html())

    def _html(self) -> str:
        return f"{notebook.table(tuple(map(tr, _COLUMNS)), self.rows)}<p>{escape(self.totals)}</p>"


def network_html(body: Sequential, loss: str, about: Summary | None) -> str:
    """Return what a notebook shows of a network: its summary, or its layers as long as it has no parameters."""
    if about is None:
        layers = notebook.table([tr("layer")], [[layer.label] for layer in body.layers])
        hint = tr("No parameters yet: fit makes them, or a Network with input_shape=...")
        shown = f"{layers}<p>{escape(hint)}</p>"
    else:
        shown = about._html()
    return notebook.fragment(f"{shown}<p>{tr('loss')}: <code>{escape(loss)}</code></p>")


def summary(body: Sequential, params: Params, input_shape: Shape, dtype: Any, batch_size: int) -> Summary:
    """Return the summary of layers, with the memory for batches of a size."""
    x = np.zeros((2, *input_shape), dtype)  # two, as batch normalization needs a variance
    # Holding the arrays, and not only their ids, keeps an id from being given to another array meanwhile.
    known = {id(a): a for a in (x, *(_owner(p) for _, p in leaves(params)))}
    rows, totals = [(tr("input"), str(input_shape), "", "", "", "")], np.zeros(3, int)
    for layer, layer_params in zip(body.layers, params, strict=True):
        work = layer.multiply_adds(layer_params, x.shape[1:])
        x, new = _forward(layer, layer_params, x, Mode(training=True, key=(0,)), known)
        numbers = sum(p.size for _, p in leaves(layer_params)), work, batch_size * new // 2
        totals += numbers
        forward = bytes_text(batch_size * x.nbytes // 2)
        rows.append((layer.label, str(x.shape[1:]), f"{numbers[0]:,}", f"{work:,}", forward, bytes_text(numbers[2])))
    count, work, memory = totals.tolist()
    line = tr(
        "{count:,} parameters ({size}), {work:,} multiply-adds per example, {memory} kept for backward in a batch of "
        "{batch_size}",
        count=count,
        size=bytes_text(count * np.dtype(dtype).itemsize),
        work=work,
        memory=bytes_text(memory),
        batch_size=batch_size,
    )
    return Summary(tuple(rows), count, line)


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


def bytes_of_pass(body: Sequential, params: Params, input_shape: Shape, dtype: Any, rows: int) -> int:
    """Return the memory of what a batch's pass in training holds until backward: the inputs and the layers' caches."""

    def held(rows: int) -> int:
        x = np.zeros((rows, *input_shape), dtype)
        known = {id(a): a for a in (_owner(p) for _, p in leaves(params))}
        _, cache = body.forward(params, x, Mode(training=True, key=(0,)))
        arrays = {id(a): a for a in (x, *(_owner(a) for _, a in leaves(cache) if isinstance(a, np.ndarray)))}
        return sum(a.nbytes for key, a in arrays.items() if key not in known)

    few, many = held(2), held(4)  # two at least, as batch normalization needs a variance
    of_two_rows = many - few
    return few - of_two_rows + rows * of_two_rows // 2


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
