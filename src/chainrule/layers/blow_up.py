"""Where in a network the numbers become too large."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from chainrule.arrays import Array, Mode, Params, leaves
from chainrule.common.texts import Note
from chainrule.layers.connectivity import Sequential


class Place(NamedTuple):
    """Where numbers become too large: in which layer, if in one, and a text about it."""

    layer: int | None
    text: Note


def first_blow_up(body: Sequential, params: Params, X: Array, mode: Mode) -> str:
    """Return the first parameter or output, by the order of layers, that is not finite or too large to square."""
    return str(place_of_blow_up(body, params, X, mode).text)


def place_of_blow_up(body: Sequential, params: Params, X: Array, mode: Mode) -> Place:
    """Return what `first_blow_up` does, with the number of the layer."""
    first = next((p for _, p in leaves(params)), X)
    limit = math.sqrt(np.finfo(first.dtype).max)  # beyond it the square is infinite
    for i, layer in enumerate(body.layers):
        about = {"i": i, "label": layer.label}
        for path, array in leaves(params[i]):
            if not np.abs(array).max(initial=0) < limit:
                return Place(i, Note("{path} of layer {i} ({label})", {"path": path, **about}))
        X, _ = layer.forward(params[i], X, mode.fold(i))
        if not np.abs(X).max(initial=0) < limit:
            return Place(i, Note("the output of layer {i} ({label})", about))
        if mode.mask is not None and not layer.keeps_steps():
            mode = mode._replace(mask=None)
    return Place(None, Note("the loss"))
