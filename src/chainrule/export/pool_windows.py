"""Where the windows of a pooling lie, for inputs of a size that is known."""

from __future__ import annotations

from typing import NamedTuple

from chainrule.arrays import Shape
from chainrule.layers import AveragePool, MaxPool
from chainrule.layers.spatial import per_axis, same_padding, spatial_shape


class PoolWindows(NamedTuple):
    """One entry for each axis between the examples and the channels."""

    window: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]


def pool_windows(layer: MaxPool | AveragePool, input_shape: Shape) -> PoolWindows:
    """Return the windows of a pooling of examples of this shape."""
    assert layer.stride is not None
    lengths = spatial_shape(layer.label, input_shape)
    window = per_axis(layer.label, "window", layer.window, len(lengths))
    stride = per_axis(layer.label, "stride", layer.stride, len(lengths))
    if layer.padding == "valid":
        return PoolWindows(window, stride, ((0, 0),) * len(lengths))
    return PoolWindows(window, stride, tuple(map(same_padding, lengths, window, stride)))
