"""Which units of an activation do nothing: dead ones, whose slope is 0, and saturated ones, where it is nearly flat."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from chainrule.layers import Activation
from chainrule.trace.record import LayerRecord

_FLAT = 0.01  # of the steepest slope


class Idle(NamedTuple):
    """Shares of an activation."""

    dead: float  # of the units: those whose slope is 0 for every example
    saturated: float  # of the numbers: those with a slope that is not 0, but below a hundredth of the steepest


def idle(record: LayerRecord) -> Idle | None:
    """Return the shares of an activation that acts on each number by itself; None for other layers."""
    layer = record.layer
    if not isinstance(layer, Activation):
        return None
    Z = np.linspace(-4, 4, 81)[:, np.newaxis]  # in rows of one number, in which a softmax is constant
    A, cache = layer.forward({}, Z)
    steepest = float(np.abs(np.asarray(layer.backward(cache, np.ones_like(A))[0])).max())
    if not steepest:
        return None
    slopes = np.abs(np.asarray(layer.backward(record.cache, np.ones_like(record.y))[0]))
    still = (slopes == 0).reshape(-1, slopes.shape[-1]).all(axis=0)
    return Idle(float(still.mean()), float(((slopes > 0) & (slopes < _FLAT * steepest)).mean()))
