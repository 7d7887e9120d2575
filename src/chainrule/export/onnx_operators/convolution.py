"""Convolution and pooling in ONNX."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.arrays import Params
from chainrule.export.onnx_operators.axes import both_ends, channels_first, channels_last
from chainrule.export.onnx_operators.graph import Operator, Place, Tensor
from chainrule.export.onnx_operators.steps import cleared, mask
from chainrule.layers import AveragePool, Conv1D, Conv2D, GlobalAveragePool, MaxPool
from chainrule.layers.spatial import per_axis, same_padding


def _convolution(place: Place, layer: Conv1D | Conv2D, params: Params, x: Tensor) -> str:
    axes = len(layer.axes)
    strides = layer.per_axis("stride")
    if layer.padding == "same" and set(strides) != {1}:
        place.lengths(x)  # how many zeros there are follows from them
    window, _ = layer.window((1, *x.shape))
    W = np.moveaxis(params["W"], (-1, -2), (0, 1))  # filters, channels / groups, *kernel
    arrays = [place.parameter("W", W), *([place.parameter("b", params["b"])] if layer.bias else [])]
    Y = place.node(
        "Conv",
        channels_first(place, cleared(place, x), axes),
        *arrays,
        kernel_shape=W.shape[2:],
        strides=strides,
        dilations=layer.per_axis("dilation"),
        pads=both_ends(list(window.padding[-axes:])),
        group=layer.groups,
    )
    return channels_last(place, Y, axes)


def _pool(place: Place, operator: str, layer: MaxPool | AveragePool, x: Tensor) -> str:
    axes = len(x.shape) - 1
    assert layer.stride is not None
    sizes = per_axis(layer.label, "window", layer.window, axes)
    strides = per_axis(layer.label, "stride", layer.stride, axes)
    padding = [(0, 0)] * axes
    if layer.padding == "same":
        lengths = x.shape[:-1] if set(strides) == {1} else place.lengths(x)
        padding = [same_padding(*axis) for axis in zip(lengths, sizes, strides, strict=True)]
    pads = both_ends(padding)
    y = place.node(operator, channels_first(place, x.name, axes), kernel_shape=sizes, strides=strides, pads=pads)
    return channels_last(place, y, axes)


def _max_pool(place: Place, layer: MaxPool, params: Params, x: Tensor) -> str:
    return _pool(place, "MaxPool", layer, x)


def _average_pool(place: Place, layer: AveragePool, params: Params, x: Tensor) -> str:
    return _pool(place, "AveragePool", layer, x)


def _global_average_pool(place: Place, layer: GlobalAveragePool, params: Params, x: Tensor) -> str:
    axes = place.integers("axes", range(1, len(x.shape)))
    if not x.steps:
        return place.node("ReduceMean", x.name, axes, keepdims=0)
    total = place.node("ReduceSum", cleared(place, x), axes, keepdims=0)
    steps = place.node("ReduceSum", mask(place.graph), axes, keepdims=0)
    steps = place.node("Max", steps, place.parameter("least", 1.0))  # an empty sequence gives 0
    return place.node("Div", total, steps)


OPERATORS: dict[type[Any], Operator] = {
    Conv1D: _convolution,
    Conv2D: _convolution,
    MaxPool: _max_pool,
    AveragePool: _average_pool,
    GlobalAveragePool: _global_average_pool,
}
