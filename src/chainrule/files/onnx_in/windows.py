"""Convolutions, pooling and what else works along the pixels of a picture or the steps of a sequence."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.common.errors import FileFormatError
from chainrule.files.onnx_in.building import Arranged
from chainrule.files.onnx_in.layout import BATCH, Axis, Tensor, fresh_axes
from chainrule.files.onnx_in.reading import Operation
from chainrule.files.onnx_in.values import Values
from chainrule.layers import (
    Activation,
    AveragePool,
    Conv1D,
    Conv2D,
    GlobalAveragePool,
    Layer,
    MaxPool,
    Scale,
    Upsample,
    ZeroPad,
)
from chainrule.layers.spatial import same_padding

Pairs = tuple[tuple[int, int], ...]


def _channels_last(values: Values, tensor: Tensor, channels: int = 1) -> Arranged:
    """Return pictures or sequences whose channels are one of the file's axes with these as the last one."""
    if len(tensor.axes) not in (3, 4):
        raise FileFormatError(
            "works on {axes} axes, but layers take sequences and pictures.", axes=len(tensor.axes) - 2
        )
    others = [axis for axis in range(len(tensor.axes)) if axis != channels]
    x = values.building.arranged(tensor, others, channels)
    if x.order is not None:
        raise FileFormatError("takes channels that are several axes in one.")
    return x


def _axes(shape: tuple[int, ...], place: int = 1) -> tuple[Axis, ...]:
    """Return the file's axes of an output of ours: (batch, channels, *pixels), or with the channels last."""
    *pixels, channels = shape
    if place > 1:
        return fresh_axes([BATCH, *shape], range(len(shape) + 1))
    return fresh_axes([BATCH, channels, *pixels], [0, len(shape), *range(1, len(shape))])


def _output(
    values: Values, operation: Operation, layer: Layer, x: Arranged, channels: int = 1, **params: Any
) -> Tensor:
    source, shape = values.building.layer(operation.name, layer, x.source, x.shape, params)
    return Tensor(source, shape, _axes(shape, channels))


def _axis_of_channels(values: Values, tensor: Tensor, changed: list[bool]) -> int:
    """Return the last axis or the second one, for an operator that says what it changes and not which axis this is."""
    last = len(tensor.axes) - 1
    if not changed[last] and (changed[1] or values.building.last_in_order(tensor)):
        return last
    return 1


def _per_axis(operation: Operation, name: str, count: int) -> tuple[int, ...]:
    setting = tuple(operation.attributes.get(name) or (1,) * count)
    if len(setting) != count:
        raise FileFormatError("has {name}={setting} for {count} axes.", name=name, setting=setting, count=count)
    return setting


def _pads(operation: Operation, sizes: tuple[int, ...], covered: tuple[int, ...], strides: tuple[int, ...]) -> Pairs:
    """Return the cells before and after each axis."""
    same = tuple(map(same_padding, sizes, covered, strides))
    automatic = operation.attributes.get("auto_pad", "NOTSET")
    if automatic == "SAME_UPPER":
        return same
    if automatic == "SAME_LOWER":
        return tuple((after, before) for before, after in same)
    pads = operation.attributes.get("pads") or (0,) * (2 * len(sizes))
    if automatic == "VALID" or not any(pads):
        return ((0, 0),) * len(sizes)
    if len(pads) != 2 * len(sizes) or min(pads) < 0:
        raise FileFormatError("has pads={pads} for {count} axes.", pads=tuple(pads), count=len(sizes))
    return tuple(zip(pads[: len(sizes)], pads[len(sizes) :], strict=True))


def _as_setting(pairs: Pairs, same: Pairs) -> Any:
    """Return padding as people write it."""
    if not any(map(any, pairs)):
        return "valid"
    if pairs == same:
        return "same"
    first = pairs[0][0]
    return first if pairs == ((first, first),) * len(pairs) else pairs


def convolution(values: Values, operation: Operation) -> Tensor:
    """Return a convolution with stored weights."""
    x, W, b = (
        _channels_last(values, values.tensor(operation)),
        values.array(operation, 1),
        values.optional(operation, 2),
    )
    *sizes, _ = x.shape
    count = len(sizes)
    if W.ndim != count + 2:
        raise FileFormatError("has weights of shape {shape} for {count} axes.", shape=W.shape, count=count)
    kernel = W.shape[2:]
    stride, dilation = (_per_axis(operation, name, count) for name in ("strides", "dilations"))
    covered = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))
    pads = _pads(operation, tuple(sizes), covered, stride)
    layer = (Conv1D if count == 1 else Conv2D)(
        len(W),
        _shortest(kernel),
        _shortest(stride),
        _as_setting(pads, tuple(map(same_padding, sizes, covered, stride))),
        _shortest(dilation),
        operation.attributes.get("group", 1),
        bias=b is not None,
    )
    params: dict[str, Any] = {"W": np.moveaxis(W, (0, 1), (-1, -2))} | ({} if b is None else {"b": b})
    return _output(values, operation, layer, x, **params)


def _shortest(setting: tuple[int, ...]) -> Any:
    return setting[0] if len(set(setting)) == 1 else setting


def pool(values: Values, operation: Operation) -> Tensor:
    """Return the maxima or means of windows."""
    x = _channels_last(values, values.tensor(operation))
    sizes, count = x.shape[:-1], len(x.shape) - 1
    window, stride = _per_axis(operation, "kernel_shape", count), _per_axis(operation, "strides", count)
    if set(_per_axis(operation, "dilations", count)) != {1}:
        raise FileFormatError("has dilated windows, which no pooling layer has.")
    pads = _pads(operation, sizes, window, stride)
    over = [n + sum(p) - k for n, p, k in zip(sizes, pads, window, strict=True)]
    if operation.attributes.get("ceil_mode", 0) and any(o % s for o, s in zip(over, stride, strict=True)):
        raise FileFormatError("has windows that reach over the end (ceil_mode=1), which no pooling layer has.")
    kind = MaxPool if operation.kind == "MaxPool" else AveragePool
    settings = _shortest(window), _shortest(stride)
    inclusive = kind is AveragePool and bool(operation.attributes.get("count_include_pad", 0))
    if not any(map(any, pads)):
        return _output(values, operation, kind(*settings), x)
    if pads == tuple(map(same_padding, sizes, window, stride)) and not inclusive:
        return _output(values, operation, kind(*settings, padding="same"), x)
    # Zeros change no mean that counts them, and no maximum of what is never below them.
    if inclusive or (kind is MaxPool and _never_negative(values, x.source)):
        source, shape = values.building.layer(
            f"{operation.name}_padding", ZeroPad(_as_setting(pads, ())), x.source, x.shape
        )
        return _output(values, operation, kind(*settings), Arranged(source, shape, None))
    raise FileFormatError(
        "has pads={pads}, which is neither none nor what padding='same' is for inputs of {shape}.",
        pads=pads,
        shape=sizes,
    )


def _never_negative(values: Values, source: str) -> bool:
    part = values.building.parts.get(source)
    while part is not None and isinstance(part.operation, MaxPool | AveragePool):
        part = values.building.parts.get(part.inputs[0])
    return (
        part is not None and isinstance(part.operation, Activation) and part.operation.function in ("relu", "sigmoid")
    )


def pool_all(values: Values, operation: Operation) -> Tensor:
    """Return the mean or the maximum over all pixels or steps; their axes stay, with a size of 1."""
    tensor = values.tensor(operation)
    return _pooled_whole(values, operation, tensor, list(range(2, len(tensor.axes))), keep=True)


def reduce(values: Values, operation: Operation) -> Tensor:
    """Return the mean or the maximum over axes, which must be those between batch and features."""
    tensor = values.tensor(operation)
    axes = values.whole_numbers(operation, "axes", 1) or []
    keep = bool(operation.attributes.get("keepdims", 1))
    return _pooled_whole(values, operation, tensor, [tensor.axis(axis) for axis in axes], keep=keep)


def total(values: Values, operation: Operation) -> Tensor:
    """Return the sum over all steps or pixels, as a multiple of their mean."""
    tensor = values.tensor(operation)
    mean = reduce(values, operation)
    count = math.prod(n for n in tensor.sizes if n != BATCH) // mean.shape[-1]
    s = np.full(mean.shape[-1], count)
    source, shape = values.building.layer(f"{operation.name}_count", Scale(), mean.source, mean.shape, {"s": s})
    return replace(mean, source=source, shape=shape)


def _pooled_whole(values: Values, operation: Operation, tensor: Tensor, axes: list[int], *, keep: bool) -> Tensor:
    """Return one number for each channel."""
    rest = [axis for axis in range(len(tensor.axes)) if axis not in axes and tensor.sizes[axis] != BATCH]
    if any(tensor.sizes[axis] == BATCH for axis in axes):
        raise FileFormatError("pools over the batch, but each example is computed by itself.")
    if len(rest) != 1 or len(axes) not in (1, 2):
        raise FileFormatError("pools over axes that are not all those between batch and features.")
    batch = next(axis for axis in range(len(tensor.axes)) if axis not in (*axes, *rest))
    x = values.building.arranged(tensor, [batch, *sorted(axes)], rest[0])
    if x.order is not None:
        raise FileFormatError("takes channels that are several axes in one.")
    *sizes, channels = x.shape
    layer = (
        GlobalAveragePool()
        if operation.kind in ("GlobalAveragePool", "ReduceMean", "ReduceSum")
        else MaxPool(_shortest(tuple(sizes)))
    )
    source, shape = values.building.layer(operation.name, layer, x.source, x.shape)
    kept = [axis for axis in range(len(tensor.axes)) if keep or axis not in axes]
    file = {batch: (BATCH, 0), rest[0]: (channels, len(shape))}
    pairs = [file.get(axis, (1, 1)) for axis in kept]
    return Tensor(source, shape, fresh_axes([size for size, _ in pairs], [rank for _, rank in pairs]))


def pad(values: Values, operation: Operation) -> Tensor:
    """Return a picture or sequence with zeros around it."""
    tensor = values.tensor(operation)
    pads = values.whole_numbers(operation, "pads", 1) or []
    value = values.optional(operation, 2)
    if operation.attributes.get("mode", "constant") != "constant" or (value is not None and value.any()):
        raise FileFormatError("pads with something other than zeros, for which there is no layer.")
    count = len(tensor.axes)
    if operation.input(3) or len(pads) != 2 * count:
        raise FileFormatError("has pads={pads} for {count} axes.", pads=tuple(pads), count=count)
    pairs = tuple(zip(pads[:count], pads[count:], strict=True))
    if not any(pads):
        return tensor
    channels = _axis_of_channels(values, tensor, list(map(any, pairs)))
    if any(pairs[0]) or any(pairs[channels]) or min(pads) < 0:
        raise FileFormatError("pads other axes than pixels or steps, or cuts them, for which there is no layer.")
    x = _channels_last(values, tensor, channels)
    layer = ZeroPad(_as_setting(tuple(pair for axis, pair in enumerate(pairs) if axis not in (0, channels)), ()))
    return _output(values, operation, layer, x, channels)


def resize(values: Values, operation: Operation) -> Tensor:
    """Return a picture or sequence with every pixel or step repeated."""
    settings = operation.attributes
    scales = values.optional(operation, 2 if len(operation.inputs) > 2 else 1)
    nearest = settings.get("mode", "nearest") == "nearest"
    pixels = (
        settings.get("coordinate_transformation_mode", "half_pixel"),
        settings.get("nearest_mode", "round_prefer_floor"),
    )
    exact = operation.kind == "Upsample" or pixels in (("asymmetric", "floor"), ("half_pixel", "round_prefer_floor"))
    if (
        not nearest
        or not exact
        or scales is None
        or scales.size < 3
        or any(s != math.floor(s) for s in scales.tolist())
    ):
        raise FileFormatError("resizes in another way than by repeating each pixel a whole number of times.")
    tensor, whole = values.tensor(operation), [int(scale) for scale in scales.reshape(-1)]
    if len(whole) != len(tensor.axes):
        raise FileFormatError("has scales for {count} axes.", count=len(whole))
    channels = _axis_of_channels(values, tensor, [factor != 1 for factor in whole])
    factors = tuple(factor for axis, factor in enumerate(whole) if axis not in (0, channels))
    if whole[0] != 1 or whole[channels] != 1 or min(factors) < 1:
        raise FileFormatError("resizes other axes than pixels or steps.")
    x = _channels_last(values, tensor, channels)
    return _output(values, operation, Upsample(_shortest(factors)), x, channels)
