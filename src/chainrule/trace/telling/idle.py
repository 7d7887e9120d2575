"""Which units of an activation do nothing: dead ones, whose slope is 0, and saturated ones, where it is nearly flat."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from chainrule.arrays import Array
from chainrule.layers import Activation, Layer
from chainrule.trace.record import LayerRecord

FLAT = 0.01  # of the steepest slope


class Idle(NamedTuple):
    """Shares of an activation."""

    dead: float  # of the units: those whose slope is 0 for every example
    saturated: float  # of the numbers: those with a slope that is not 0, but below a hundredth of the steepest


def idle(record: LayerRecord) -> Idle | None:
    """Return the shares of an activation that acts on each number by itself; None for other layers."""
    slopes = relative_slopes(record)
    if slopes is None:
        return None
    still = (slopes == 0).reshape(-1, slopes.shape[-1]).all(axis=0)
    return Idle(float(still.mean()), float(((slopes > 0) & (slopes < FLAT)).mean()))


def named(record: LayerRecord) -> dict[str, float]:
    """Return the shares by what they are called; nothing of other layers.

    A unit whose slope is 0 for one example is off there: whether it is dead, only many examples tell.
    """
    shares = idle(record)
    if shares is None:
        return {}
    return {"off" if len(record.y) == 1 else "dead": shares.dead, "saturated": shares.saturated}


def relative_slopes(record: LayerRecord) -> Array | None:
    """Return the size of the slope at each number, relative to the steepest; None for other layers, and for a step."""
    layer = record.layer
    if not isinstance(layer, Activation):
        return None
    steepest = float(_slopes(layer, np.linspace(-4, 4, 81)).max())
    if not steepest:
        return None
    return np.abs(np.asarray(layer.backward(record.cache, np.ones_like(record.y))[0])) / steepest


def bounded(layer: Layer) -> bool:
    """Return whether an activation is flat far out on both sides, as sigmoid and tanh are."""
    return isinstance(layer, Activation) and bool((_slopes(layer, np.array([-40.0, 40.0])) < FLAT).all())


def _slopes(layer: Activation, Z: Array) -> Array:
    """Return the size of the slope at some numbers, in rows of one number, in which a softmax is constant."""
    A, cache = layer.forward({}, Z[:, np.newaxis])
    return np.abs(np.asarray(layer.backward(cache, np.ones_like(A))[0]))
