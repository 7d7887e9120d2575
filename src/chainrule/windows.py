"""Convolution and its two gradients, which NumPy and JAX compute in different ways.

All three take pictures of shape (batch, height, width, channels) and kernels W of shape (kernel height, kernel width,
channels / groups, filters). JAX has a primitive for them. In NumPy there are three ways, chosen by measurement:

columns
    Copy the windows of a few pictures at a time into the rows of a matrix, which stays in the processor's cache, and
    take one product per group. Nothing is kept for the backward pass: copying again is cheaper than memory.
bands
    With few channels a window's rows are short, and copying them takes longer than multiplying. There, whole rows of
    the picture are the windows, and the kernel becomes a band matrix from one row to the next. It multiplies many
    zeros and is still faster.
shifts
    If every channel is a group of its own (depthwise), the products are elementwise: shift, multiply and add.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from chainrule.arrays import Array, Float, Shape, namespace

_COLUMNS = 2**20  # numbers copied at a time: fewer mean more products, more do not fit the cache
_SHIFTED = 2**16  # numbers shifted at a time
_BAND = 2000  # width * channels * filters below which bands are faster

Pair = tuple[int, int]


class Window(NamedTuple):
    """Where the windows lie."""

    stride: Pair
    padding: tuple[Pair, Pair]  # zeros before and after, for each axis
    dilation: Pair
    groups: int = 1

    def output(self, size: Shape, kernel: Shape) -> Pair:
        """Return how many windows fit into pictures of (height, width)."""
        each = zip(size, kernel, self.stride, self.padding, self.dilation, strict=True)
        rows, columns = ((n + sum(p) - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in each)
        return rows, columns


def correlate(
    x: Float[Array, "batch height width channels"], W: Float[Array, "kh kw channels_in filters"], window: Window
) -> Float[Array, "batch rows columns filters"]:
    """Return the product of every window of x with W."""
    if namespace(x) is not np:
        from jax import lax

        return lax.conv_general_dilated(
            x,
            W,
            window_strides=window.stride,
            padding=window.padding,
            rhs_dilation=window.dilation,
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
            feature_group_count=window.groups,
        )
    Y = np.empty((len(x), *window.output(x.shape[1:3], W.shape[:2]), W.shape[3]), x.dtype)
    if _depthwise(W, window):
        _shifted(x, W, window, Y)
    elif _banded(x, W, window):
        band = _band(W, x.shape[2], Y.shape[2], window)
        _products(_joined(x), band, _row_window(window), _joined(Y))
    else:
        _products(x, W, window, Y)
    return Y


def correlate_dx(
    dY: Float[Array, "batch rows columns filters"],
    W: Float[Array, "kh kw channels_in filters"],
    x: Float[Array, "batch height width channels"],
    window: Window,
) -> Float[Array, "batch height width channels"]:
    """Return the gradient with respect to x, of which only the shape is used.

    It is a correlation of dY, with stride - 1 zeros put between its rows and columns, with the reversed kernel. NumPy
    does that at stride 1, and otherwise adds each window's part to its place, which multiplies no zeros.
    """
    if namespace(dY) is not np:
        from jax import lax

        return lax.conv_general_dilated(
            dY,
            _reversed(W, window.groups),
            window_strides=(1, 1),
            padding=_reversed_padding(dY, W, x, window),
            lhs_dilation=window.stride,
            rhs_dilation=window.dilation,
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
            feature_group_count=window.groups,
        )
    if _depthwise(W, window):
        return _shifted_dx(dY, W, x, window)
    if _banded(x, W, window):
        band = _band(W, x.shape[2], dY.shape[2], window)
        return _products_dx(_joined(dY), band, _joined(x), _row_window(window)).reshape(x.shape)
    padding = _reversed_padding(dY, W, x, window)
    if window.stride == (1, 1) and min(map(min, padding)) >= 0:
        return correlate(dY, _reversed(W, window.groups), window._replace(padding=padding))
    return _products_dx(dY, W, x, window)


def correlate_dW(  # noqa: N802 (the textbook's name)
    x: Float[Array, "batch height width channels"],
    dY: Float[Array, "batch rows columns filters"],
    W: Float[Array, "kh kw channels_in filters"],
    window: Window,
) -> Float[Array, "kh kw channels_in filters"]:
    """Return the gradient with respect to W, of which only the shape is used.

    It is a correlation of x with dY in which the examples take the place of the channels, and stride and dilation
    change places.
    """
    if namespace(x) is not np:
        from jax import lax

        each = zip(x.shape[1:3], dY.shape[1:3], W.shape[:2], *window[:3], strict=True)
        ends = [(p[0], d * (k - 1) + s * (out - 1) + 1 - n - p[0]) for n, out, k, s, p, d in each]
        return lax.conv_general_dilated(
            x,
            dY,
            window_strides=window.dilation,
            padding=ends,
            rhs_dilation=window.stride,
            dimension_numbers=("CHWN", "IHWO", "HWNC"),
            batch_group_count=window.groups,
        )
    if _depthwise(W, window):
        return _shifted_dW(x, dY, W, window)
    if _banded(x, W, window):
        band = _band(W, x.shape[2], dY.shape[2], window)
        dband = _products_dW(_joined(x), _joined(dY), band, _row_window(window))
        return _from_band(dband, W, x.shape[2], dY.shape[2], window)
    return _products_dW(x, dY, W, window)


def _reversed(W: Array, groups: int) -> Array:
    """Return W with its positions in reverse, and its channels and filters exchanged in each group."""
    kh, kw, channels, filters = W.shape
    xp = namespace(W)
    W = xp.reshape(xp.flip(W, axis=(0, 1)), (kh, kw, channels, groups, filters // groups))
    return xp.reshape(xp.permute_dims(W, (0, 1, 4, 3, 2)), (kh, kw, filters // groups, groups * channels))


def _reversed_padding(dY: Array, W: Array, x: Array, window: Window) -> tuple[Pair, Pair]:
    """Return the padding with which the reversed correlation has the size of x; below zero it cuts off."""
    each = zip(x.shape[1:3], dY.shape[1:3], W.shape[:2], *window[:3], strict=True)
    height, width = ((d * (k - 1) - p[0], n + p[0] - s * (out - 1) - 1) for n, out, k, s, p, d in each)
    return height, width


# Columns.


def _windows(x: Array, kernel: Shape, window: Window) -> Iterator[tuple[slice, Array]]:
    """Yield which pictures, and their windows as matrices of shape (groups, windows, numbers in a window)."""
    groups, channels = window.groups, x.shape[3] // window.groups
    if kernel == window.stride == (1, 1) and groups == 1 and not np.any(window.padding):
        yield slice(None), x.reshape(1, -1, channels)  # every pixel is a window
        return
    positions = (*window.output(x.shape[1:3], kernel), *kernel)
    step = _pictures(_COLUMNS, math.prod(positions) * x.shape[3])
    matrix = np.empty((groups, min(step, len(x)), *positions, channels), x.dtype)
    (s_row, s_column), (d_row, d_column) = window.stride, window.dilation
    for part, padded in _padded(x, window, step):
        n, row, column, one = padded.strides
        strides = (n, row * s_row, column * s_column, row * d_row, column * d_column, one * channels, one)
        copy = matrix[:, : len(padded)]
        copy[:] = np.moveaxis(as_strided(padded, (len(padded), *positions, groups, channels), strides), 5, 0)
        yield part, copy.reshape(groups, -1, math.prod(kernel) * channels)


def _products(x: Array, W: Array, window: Window, Y: Array) -> None:
    for part, windows in _windows(x, W.shape[:2], window):
        np.matmul(windows, _by_group(W, window.groups), out=_by_group(Y[part], window.groups))


def _products_dx(dY: Array, W: Array, x: Array, window: Window) -> Array:
    dx = np.zeros(x.shape, x.dtype)
    rows, columns = dY.shape[1:3]
    kh, kw, channels, _ = W.shape
    Wt = _by_group(W, window.groups).swapaxes(1, 2)
    step = _pictures(_COLUMNS, rows * columns * kh * kw * x.shape[3])
    for part, padded in _padded(dx, window, step):
        windows = _by_group(dY[part], window.groups) @ Wt
        windows = windows.reshape(window.groups, len(padded), rows, columns, kh, kw, channels)
        grouped = padded.reshape(*padded.shape[:3], window.groups, channels)
        for i, j, place in _shifts(W, dY, window):
            grouped[place] += np.moveaxis(windows[:, :, :, :, i, j], 0, 3)
        dx[part] = _inner(padded, window)  # without padding these are the same numbers already
    return dx


def _products_dW(x: Array, dY: Array, W: Array, window: Window) -> Array:  # noqa: N802
    dW = np.zeros(W.shape, W.dtype)
    grouped = _by_group(dW, window.groups)
    for part, windows in _windows(x, W.shape[:2], window):
        grouped += windows.swapaxes(1, 2) @ _by_group(dY[part], window.groups)
    return dW


def _by_group(Y: Array, groups: int) -> Array:
    """Return (..., channels) as (groups, positions, channels of a group)."""
    return Y.reshape(-1, groups, Y.shape[-1] // groups).swapaxes(0, 1)


def _pictures(numbers: int, per_picture: int) -> int:
    """Return how many pictures fit into so many numbers, and at least one."""
    return max(1, numbers // per_picture)


def _padded(x: Array, window: Window, step: int) -> Iterator[tuple[slice, Array]]:
    """Yield which pictures, `step` at a time, and the pictures between zeros, in one buffer that is used again."""
    needed = np.any(window.padding)
    if needed:
        height, width = (n + sum(p) for n, p in zip(x.shape[1:3], window.padding, strict=True))
        buffer = np.zeros((min(step, len(x)), height, width, x.shape[3]), x.dtype)
    for start in range(0, len(x), step):
        part = slice(start, start + step)
        padded = x[part]
        if needed:
            _inner(buffer, window)[: len(padded)] = padded
            padded = buffer[: len(padded)]
        yield part, padded


def _inner(padded: Array, window: Window) -> Array:
    """Return the view without the padding."""
    (top, bottom), (left, right) = window.padding
    return padded[:, top : padded.shape[1] - bottom, left : padded.shape[2] - right]


# Bands.


def _banded(x: Array, W: Array, window: Window) -> bool:
    size: int = x.shape[2] * x.shape[3] * W.shape[3]
    return size < _BAND and W.shape[1] > 1 and window.groups == 1


def _joined(x: Array) -> Array:
    """Return every row of the pictures as one pixel with width * channels channels."""
    return x.reshape(*x.shape[:2], 1, x.shape[2] * x.shape[3])


def _row_window(window: Window) -> Window:
    return Window((window.stride[0], 1), (window.padding[0], (0, 0)), (window.dilation[0], 1))


def _taps(W: Array, width: int, columns: int, window: Window) -> Iterator[tuple[int, Array, Array]]:
    """Yield the kernel's columns, each with the picture's columns it meets and the output's columns they go to."""
    for j in range(W.shape[1]):
        target = np.arange(columns)
        source = target * window.stride[1] + j * window.dilation[1] - window.padding[1][0]
        inside = (source >= 0) & (source < width)
        yield j, source[inside], target[inside]


def _band(W: Array, width: int, columns: int, window: Window) -> Array:
    """Return the kernel that takes joined rows of x to joined rows of Y."""
    kh, _, channels, filters = W.shape
    band = np.zeros((kh, width, channels, columns, filters), W.dtype)
    for j, source, target in _taps(W, width, columns, window):
        band[:, source, :, target] = W[:, j]
    return band.reshape(kh, 1, width * channels, columns * filters)


def _from_band(dband: Array, W: Array, width: int, columns: int, window: Window) -> Array:
    """Return the gradient of W from the gradient of its band: the sum over all the places of each number."""
    kh, _, channels, filters = W.shape
    dband = dband.reshape(kh, width, channels, columns, filters)
    dW = np.empty(W.shape, W.dtype)
    for j, source, target in _taps(W, width, columns, window):
        dW[:, j] = dband[:, source, :, target].sum(axis=0)
    return dW


# Shifts.


def _depthwise(W: Array, window: Window) -> bool:
    channels, filters = W.shape[2:]
    return window.groups > 1 and channels == 1 and bool(filters == window.groups)


def _shifts(W: Array, Y: Array, window: Window) -> Iterator[tuple[int, int, tuple[slice, ...]]]:
    """Yield each position in the kernel, and where in the padded pictures it meets them."""
    (s_row, s_column), (d_row, d_column) = window.stride, window.dilation
    rows, columns = Y.shape[1:3]
    for i, j in np.ndindex(W.shape[:2]):
        top, left = i * d_row, j * d_column
        down = slice(top, top + s_row * (rows - 1) + 1, s_row)
        yield i, j, (slice(None), down, slice(left, left + s_column * (columns - 1) + 1, s_column))


def _shifted(x: Array, W: Array, window: Window, Y: Array) -> None:
    weights = np.repeat(W, Y.shape[2], axis=2)  # whole rows: NumPy multiplies long runs faster
    Y[:] = 0
    for part, padded in _padded(x, window, _pictures(_SHIFTED, math.prod(x.shape[1:]))):
        y = Y[part]
        for i, j, place in _shifts(W, Y, window):
            y += padded[place] * weights[i, j]


def _shifted_dx(dY: Array, W: Array, x: Array, window: Window) -> Array:
    weights = np.repeat(W, dY.shape[2], axis=2)
    dx = np.zeros(x.shape, x.dtype)
    for part, padded in _padded(dx, window, _pictures(_SHIFTED, math.prod(x.shape[1:]))):
        for i, j, place in _shifts(W, dY, window):
            padded[place] += dY[part] * weights[i, j]
        dx[part] = _inner(padded, window)
    return dx


def _shifted_dW(x: Array, dY: Array, W: Array, window: Window) -> Array:  # noqa: N802
    dW = np.zeros(W.shape, W.dtype)
    for part, padded in _padded(x, window, _pictures(_SHIFTED, math.prod(x.shape[1:]))):
        for i, j, place in _shifts(W, dY, window):
            dW[i, j, 0] += np.einsum("nhwc,nhwc->c", padded[place], dY[part])
    return dW
