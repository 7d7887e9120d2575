"""What PyTorch's tensors need to be computed with by the equations; imported where there are some.

Gradients are the equations' own: nothing here, and nothing that the engine runs, records operations for autograd.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from typing import Any

import array_api_compat.torch as standard
import numpy as np
import torch
from torch.nn import functional

from chainrule.arrays.trees import leaves, map_leaves
from chainrule.arrays.types import Array

Device = Any
"""A device of PyTorch, or its name."""


class Namespace:
    """The array API for the tensors of one device: that of array-api-compat, whose new arrays lie on the device.

    NumPy's arrays may stand where an equation has constants, such as indices.
    """

    def __init__(self, device: Device) -> None:
        self._beside = partial(beside, device=device)
        self.arange = partial(standard.arange, device=device)
        self.asarray = partial(standard.asarray, device=device)
        self.zeros = partial(standard.zeros, device=device)
        self.concatenate = standard.concat

    def __getattr__(self, name: str) -> Any:
        function = getattr(standard, name)
        setattr(self, name, function)  # so it is found at once the next time
        return function

    @staticmethod
    def maximum(x: Array, y: Array | float) -> Array:
        """Return the larger of two numbers; the standard's function makes an array of a number first."""
        return torch.maximum(x, y) if isinstance(y, torch.Tensor) else torch.clamp(x, min=y)

    @staticmethod
    def minimum(x: Array, y: Array | float) -> Array:
        """Return the smaller of two numbers."""
        return torch.minimum(x, y) if isinstance(y, torch.Tensor) else torch.clamp(x, max=y)

    @staticmethod
    def pad(x: Array, widths: Iterable[tuple[int, int]], constant_values: float = 0.0) -> Array:
        """Return x with a number around it, so often before and after each axis."""
        ends = [end for pair in reversed(list(widths)) for end in pair]
        return functional.pad(x, ends, value=constant_values)

    def take(self, x: Array, indices: Array, axis: int) -> Array:
        """Return the entries along an axis, for indices of any shape."""
        indices = self._beside(indices)
        entries = torch.index_select(x, axis, indices.reshape(-1))
        return entries.reshape(*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :])

    def where(self, condition: Array, x: Array | float, y: Array | float) -> Array:
        """Return x where the condition holds, else y."""
        return torch.where(self._beside(condition), x, y)


namespace = cache(Namespace)
"""Return the namespace of a device, always the same."""


def tensor(array: Array, device: Device) -> Array:
    """Return a NumPy array as a tensor, which shares its memory on the CPU if it may be written to."""
    if array.dtype.kind == "u" and array.itemsize > 1:  # PyTorch hardly computes with these
        array = array.astype(np.int64)
    usable = array.flags.writeable and array.dtype.isnative and min(array.strides, default=0) >= 0
    return torch.from_numpy(array if usable else array.astype(array.dtype.newbyteorder("="), order="C")).to(device)


def beside(tree: Any, device: Device, dtype: Any = None) -> Any:
    """Return nested arrays of NumPy as tensors on a device, floats in the dtype, if any; what is none as it is."""

    def placed(x: Any) -> Any:
        if not isinstance(x, np.ndarray):
            return x
        return tensor(x, device).to(dtype if x.dtype.kind == "f" else None)

    return map_leaves(placed, tree)


def numpy(tree: Any) -> Any:
    """Return nested tensors as NumPy arrays, which share their memory on the CPU, and what is none as it is."""
    return map_leaves(lambda x: x.numpy(force=True) if isinstance(x, torch.Tensor) else x, tree)


def uniform(generator: np.random.Generator, like: Array) -> Array:
    """Return random numbers that NumPy draws, in the shape and dtype of `like` and beside it."""
    dtype = np.float64 if like.dtype == torch.float64 else np.float32
    return torch.from_numpy(generator.random(tuple(like.shape), dtype=dtype)).to(like.device, like.dtype)


def where_positive(x: Array, A: Array) -> Array:
    """Return what `engine.where_positive` does, in a quarter of the time of a comparison and a product."""
    return torch.ops.aten.threshold_backward(x, A, 0)


def scan(step: Callable[[Any, Any], tuple[Any, Any]], carry: Any, rows: Iterable[Any], *, reverse: bool) -> Any:
    """Return what `engine.scan` does, from the steps in the order in which they are taken."""
    outputs = []
    for x in rows:
        carry, y = step(carry, x)
        outputs.append(y)
    columns = iter(zip(*([a for _, a in leaves(y)] for y in outputs), strict=True))

    def stacked(_: Any) -> Array | None:
        column = next(columns)
        return None if column[0] is None else torch.stack(column[::-1] if reverse else column)

    return carry, map_leaves(stacked, outputs[0])


def scatter_add(like: Array, indices: Array, rows: Array) -> Array:
    """Return what `engine.scatter_add` does."""
    return torch.zeros_like(like).index_add_(0, indices, rows)


# Convolution: channels last are a matter of strides to PyTorch, so that nothing is copied on the way there.


def correlate(x: Array, W: Array, b: Array | None, window: Any) -> Array:
    """Return what `windows.correlate` does."""
    x, padding, _ = _evenly_padded(x, window)
    arguments = window.stride, padding, window.dilation, window.groups
    return _last(functional.conv2d(_first(x), W.permute(3, 2, 0, 1), b, *arguments))


def correlate_gradients(
    dY: Array, x: Array, W: Array, window: Any, *, input_gradient: bool
) -> tuple[Array | None, Array]:
    """Return what `windows.correlate_gradients` does."""
    padded, padding, inside = _evenly_padded(x, window)
    dx, dW, _ = torch.ops.aten.convolution_backward(
        _first(dY),
        _first(padded),
        W.permute(3, 2, 0, 1),
        None,
        window.stride,
        padding,
        window.dilation,
        False,
        (0, 0),
        window.groups,
        (input_gradient, True, False),
    )
    return _last(dx)[inside] if input_gradient else None, dW.permute(2, 3, 1, 0)


# Max pooling: the first of the largest numbers is chosen, in reading order.


Sizes = Sequence[int]
Widths = Sequence[tuple[int, int]]


def max_pool(x: Array, sizes: Sizes, strides: Sizes, widths: Widths) -> tuple[Array, Array]:
    """Return the largest number of each window of a sequence or a picture, which may be padded, and its place."""
    picture = _first(_as_picture(_lowest_around(x, widths)))
    y, places = torch.ops.aten.max_pool2d_with_indices(picture, _of_picture(sizes), _of_picture(strides))
    return _last(y).reshape(len(x), *y.shape[4 - len(sizes) :], x.shape[-1]), places


def max_pool_gradient(dy: Array, x: Array, places: Array, sizes: Sizes, strides: Sizes, widths: Widths) -> Array:
    """Return dy at the places of the largest numbers."""
    padded = _lowest_around(x, widths)
    dY, picture = (_first(_as_picture(a)) for a in (dy, padded))
    windows = _of_picture(sizes), _of_picture(strides), (0, 0), (1, 1), False
    dx = torch.ops.aten.max_pool2d_with_indices_backward(dY, picture, *windows, places)
    inside = tuple(slice(before, before + n) for n, (before, _) in zip(x.shape[1:-1], widths, strict=True))
    return _last(dx).reshape(padded.shape)[(slice(None), *inside)]


def _lowest_around(x: Array, widths: Sequence[tuple[int, int]]) -> Array:
    return Namespace.pad(x, [(0, 0), *widths, (0, 0)], -math.inf) if any(map(any, widths)) else x


def _as_picture(x: Array) -> Array:
    return x if x.ndim == 4 else x[:, None]


def _of_picture(values: Sequence[int]) -> tuple[int, ...]:
    return (1, *values)[-2:]


def _evenly_padded(x: Array, window: Any) -> tuple[Array, tuple[int, int], tuple[slice, ...]]:
    """Return x, the padding that PyTorch is left to add, and where x is: it adds as much before as after an axis."""
    widths = window.padding
    if all(before == after for before, after in widths):
        return x, tuple(before for before, _ in widths), ()
    inside = tuple(slice(before, before + n) for n, (before, _) in zip(x.shape[1:3], widths, strict=True))
    return Namespace.pad(x, [(0, 0), *widths, (0, 0)]), (0, 0), (slice(None), *inside)


def _first(x: Array) -> Array:
    return x.permute(0, 3, 1, 2)


def _last(x: Array) -> Array:
    return x.permute(0, 2, 3, 1).contiguous()
