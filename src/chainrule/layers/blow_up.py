"""Where in a network the numbers become too large."""

from __future__ import annotations

import math

import numpy as np

from chainrule.arrays import Array, Mode, Params, leaves
from chainrule.common.texts import tr
from chainrule.layers.connectivity import Sequential


def first_blow_up(body: Sequential, params: Params, X: Array, mode: Mode) -> str:
    """Return the first parameter or output, by the order of layers, that is not finite or too large to square."""
    first = next((p for _, p in leaves(params)), X)
    limit = math.sqrt(np.finfo(first.dtype).max)  # beyond it the square is infinite
    for i, layer in enumerate(body.layers):
        for path, array in leaves(params[i]):
            if not np.abs(array).max(initial=0) < limit:
                return tr("{path} of layer {i} ({label})", path=path, i=i, label=layer.label)
        X, _ = layer.forward(params[i], X, mode.fold(i))
        if not np.abs(X).max(initial=0) < limit:
            return tr("the output of layer {i} ({label})", i=i, label=layer.label)
        if mode.mask is not None and not layer.keeps_steps():
            mode = mode._replace(mask=None)
    return tr("the loss")
