"""Units that are switched off: the weights through which others hear of them are 0."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, Params, Shape, leaves, replace_leaves
from chainrule.common.errors import InputError
from chainrule.equations.shapes_only import ShapesOnly
from chainrule.layers import (
    Activation,
    BatchNorm,
    Conv1D,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool,
    GroupNorm,
    Layer,
    LayerNorm,
    RMSNorm,
    Sequential,
)
from chainrule.layers.pooling import AveragePool, MaxPool
from chainrule.layers.recurrent import Recurrent
from chainrule.layers.shape import Upsample, ZeroPad

_NORMS = (BatchNorm, LayerNorm, GroupNorm, RMSNorm)
_KEEPING = (Activation, Dropout, MaxPool, AveragePool, GlobalAveragePool, ZeroPad, Upsample, *_NORMS)
_LISTENING: tuple[tuple[tuple[type[Layer], ...], str], ...] = (((Dense, Conv1D, Conv2D), "W"), ((Recurrent,), "Wx"))

Unit = tuple[int, int]
"""A layer and the number of one of its units (of a convolution, a channel)."""


class Outgoing(NamedTuple):
    """The weights that listen to a unit: the path of their array, and where they are in it."""

    path: str
    where: tuple[Any, ...]


def outgoing(body: Sequential, input_shape: Shape, unit: Unit) -> Outgoing:
    """Return the weights that listen to a unit.

    Raises
    ------
    InputError
        There is no such unit, or what listens to it has no weights of its own for it.
    """
    layer, number = unit
    if not 0 <= layer < len(body.layers) - 1:
        raise InputError(
            "Units of the layers 0 to {last} can be switched off, not of layer {layer}: the last one is the answer.",
            last=len(body.layers) - 2,
            layer=layer,
        )
    shape = _shape_after(body, input_shape, layer)
    if not 0 <= number < shape[-1]:
        raise InputError(
            "Layer {layer} has the units 0 to {last}, but the unit is {unit}.",
            layer=layer,
            last=shape[-1] - 1,
            unit=number,
        )
    features = np.array([number])
    for i, following in enumerate(body.layers[layer + 1 :], layer + 1):
        for kinds, name in _LISTENING:
            if isinstance(following, kinds):
                return Outgoing(f"{i}.{name}", (..., features, slice(None)))
        if isinstance(following, Flatten):
            features = (features + shape[-1] * np.arange(int(np.prod(shape[:-1])))[:, np.newaxis]).ravel()
        elif not isinstance(following, _KEEPING):
            raise InputError(
                "Unit {unit} of layer {layer} cannot be switched off, because {label} mixes it with others.",
                unit=number,
                layer=layer,
                label=following.label,
            )
        shape = _shape_after(body, input_shape, i)
    raise InputError("No weights listen to unit {unit} of layer {layer}.", unit=number, layer=layer)


def _shape_after(body: Sequential, input_shape: Shape, layer: int) -> Shape:
    return Sequential(body.layers[: layer + 1]).init(ShapesOnly(), input_shape)[1]


def switched_off(body: Sequential, params: Params, input_shape: Shape, off: Iterable[Unit]) -> Params:
    """Return parameters in which the units have no influence; the others are the same arrays."""
    by_path: dict[str, Array] = {}
    arrays = dict(leaves(params))
    for unit in off:
        path, index = outgoing(body, input_shape, unit)
        by_path.setdefault(path, np.array(arrays[path]))[index] = 0
    return replace_leaves(params, arrays | by_path) if by_path else params
