"""Layers that only rearrange, in ONNX."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.arrays import Params
from chainrule.equations.shapes_only import ShapesOnly
from chainrule.export.onnx_operators.axes import both_ends
from chainrule.export.onnx_operators.graph import Operator, Place, Tensor
from chainrule.layers import Flatten, Reshape, Upsample, ZeroPad
from chainrule.layers.spatial import per_axis


def _flatten(place: Place, layer: Flatten, params: Params, x: Tensor) -> str:
    if len(x.shape) > 1:
        place.lengths(x)
    return place.node("Flatten", x.name, axis=1)


def _reshape(place: Place, layer: Reshape, params: Params, x: Tensor) -> str:
    place.lengths(x)
    _, shape = layer.init(ShapesOnly(), x.shape)
    return place.node("Reshape", x.name, place.integers("shape", [0, *shape]))  # 0 takes over the batch


def _zero_pad(place: Place, layer: ZeroPad, params: Params, x: Tensor) -> str:
    axes = len(x.shape) - 1
    padding: Any = ((layer.padding, layer.padding),) * axes if isinstance(layer.padding, int) else layer.padding
    return place.node("Pad", x.name, place.integers("padding", both_ends([(0, 0), *padding, (0, 0)])))


def _upsample(place: Place, layer: Upsample, params: Params, x: Tensor) -> str:
    factors = per_axis(layer.label, "factor", layer.factor, len(x.shape) - 1)
    scales = place.parameter("scales", np.array([1, *factors, 1]))
    attributes: dict[str, Any] = {
        "mode": "nearest",
        "coordinate_transformation_mode": "asymmetric",
        "nearest_mode": "floor",
    }
    return place.node("Resize", x.name, "", scales, **attributes)


OPERATORS: dict[type[Any], Operator] = {
    Flatten: _flatten,
    Reshape: _reshape,
    ZeroPad: _zero_pad,
    Upsample: _upsample,
}
