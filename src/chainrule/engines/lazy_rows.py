"""Steps that change only those vectors of an embedding that a batch looks up."""

from __future__ import annotations

import numpy as np

from chainrule.arrays import Array, Params
from chainrule.common.errors import InputError
from chainrule.engines.compiled import Apply
from chainrule.layers import Embedding, Sequential
from chainrule.layers.base import with_parts

PATH = "0.W"  # of the vectors among the parameters


def lazy_embedding(body: Sequential) -> Embedding | None:
    """Return the first layer if it is a lazy embedding, None if there is none.

    Raises
    ------
    InputError
        If a lazy embedding is not the first layer: then the input of the network does not say what it looks up.
    """
    first = body.layers[0]
    if any(isinstance(layer, Embedding) and layer.lazy for layer in with_parts(body) if layer is not first):
        raise InputError(
            "Embedding(lazy=True) is the first layer of its network, but here another comes before it or contains it: "
            "leave out lazy=True, and each step changes all of its vectors."
        )
    return first if isinstance(first, Embedding) and first.lazy else None


def looked_up(layer: Embedding, params: Params, X: Array) -> tuple[Array, Array, Params]:
    """Return the rows of W that a batch needs, the batch as places in them, and the parameters with these rows alone.

    The layer's own equations run on them as on any smaller vocabulary.
    """
    indices = layer.indices(params[0], X)
    rows, places = np.unique(indices, return_inverse=True)
    return rows, places.reshape(indices.shape), ({"W": params[0]["W"][rows]}, *params[1:])


def apply_to_rows(apply: Apply, rows: Array, p: Array, g: Array, state: list[Array], t: int, decay: bool) -> None:
    """Apply a rule to some rows of W and of the rule's state, all of which are vectors, in place."""
    units = len(g) // len(rows)
    tables = [array.reshape(-1, units) for array in (p, *state)]
    chosen = [table[rows].ravel() for table in tables]
    apply(chosen[0], g, chosen[1:], t, decay)
    for table, values in zip(tables, chosen, strict=True):
        table[rows] = values.reshape(-1, units)
