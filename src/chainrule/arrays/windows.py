"""Convolution and its gradients, which NumPy, JAX and PyTorch compute in different ways.

Pictures have shape (batch, height, width, channels) and kernels W (kernel height, kernel width, channels / groups,
filters). In NumPy the way follows from the shapes alone, by rules that were measured:

windows
    The windows of a few pictures at a time are copied into the rows of a matrix that stays in the processor's cache,
    and a product follows. Nothing is kept for the backward pass: copying again is cheaper than memory.
tiles
    If a window's rows are short, copying them takes longer than multiplying. Then neighboring windows become one: a
    wider kernel with as many more filters. It multiplies some zeros and is still up to three times faster.
shifts
    If every channel is a group of its own (depthwise), the products are elementwise: shift, multiply and add.
reversed or added
    At stride 1 the gradient of the input is the convolution of dY with the reversed kernel, and the same windows of dY
    give the gradient of W. With other strides, or if that were many more windows than the output has, each
    window's gradient is added to its place.
parts
    From some size on, threads take parts of the batch, a few pictures each.

PyTorch has an operator for each of the three (`pytorch.py`), and JAX has a primitive (`xla_windows.py`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import as_strided

from chainrule.arrays import Array, Float, Shape, is_tensor, machine, namespace
from chainrule.arrays.kernels import has_kernel
from chainrule.arrays.places import Pair, Window, shifts
from chainrule.arrays.threads import cut, in_parts


def correlate(
    x: Float[Array, "batch height width channels"],
    W: Float[Array, "kh kw channels_in filters"],
    b: Float[Array, "filters"] | None,
    window: Window,
) -> Float[Array, "batch rows columns filters"]:
    """Return the product of every window of x with W, plus b."""
    if is_tensor(x):
        from chainrule.arrays import pytorch

        return pytorch.correlate(x, W, b, window)
    if namespace(x) is not np:
        from chainrule.arrays import xla_windows

        Y = xla_windows.correlate(x, W, window)
        return Y if b is None else Y + b
    Y = np.empty((len(x), *window.output(x.shape[1:3], W.shape[:2]), W.shape[3]), x.dtype)
    b_row = None if b is None else np.tile(b, Y.shape[2])  # NumPy is slow at adding many short rows

    def forward(part: slice) -> None:
        if _depthwise(W, window):
            _shifted(x[part], W, window, Y[part])
        else:
            _products(x[part], W, window, Y[part])
        if b_row is not None:
            rows = Y[part].reshape(-1, len(b_row))
            rows += b_row

    in_parts(forward, _parts(Y, W))
    return Y


def correlate_gradients(
    dY: Float[Array, "batch rows columns filters"],
    x: Float[Array, "batch height width channels"],
    W: Float[Array, "kh kw channels_in filters"],
    window: Window,
    *,
    input_gradient: bool = True,
) -> tuple[Float[Array, "batch height width channels"] | None, Float[Array, "kh kw channels_in filters"]]:
    """Return the gradients with respect to x and to W."""
    if is_tensor(x):
        from chainrule.arrays import pytorch

        return pytorch.correlate_gradients(dY, x, W, window, input_gradient=input_gradient)
    if namespace(x) is not np:
        from chainrule.arrays import xla_windows

        dW = xla_windows.kernel_gradient(x, dY, W, window)
        if not input_gradient:
            return None, dW
        back = Window((1, 1), _reversed_padding(dY, W, x, window), window.dilation, window.groups)
        return xla_windows.correlate(dY, _reversed(W, window.groups), back, apart=window.stride), dW
    dx = np.zeros(x.shape, x.dtype) if input_gradient else None

    def backward(part: slice) -> Array:
        dx_part = None if dx is None else dx[part]
        if _depthwise(W, window):
            return _shifted_gradients(x[part], dY[part], W, window, dx_part)
        if dx_part is not None and _reversible(dY, W, x, window):
            back = Window((1, 1), _reversed_padding(dY, W, x, window), window.dilation, window.groups)
            dW = _products(dY[part], _reversed(W, window.groups), back, dx_part, x[part])
            return _reversed(dW, window.groups)
        if dx_part is not None:
            _products_added(dY[part], W, window, dx_part)
        return _products(x[part], W, window, None, dY[part])

    return dx, sum(in_parts(backward, _parts(dY, W)))


def _parts(Y: Array, W: Array) -> list[slice]:
    """Return the parts of the batch that threads take."""
    return cut(len(Y), machine.step(len(Y), Y.size * W[..., 0].size, machine.CONVOLVED))


# Windows and tiles.


def _products(x: Array, W: Array, window: Window, Y: Array | None, dY: Array | None = None) -> Array | None:
    """Write the product of every window and W to Y; return that of the windows and dY, which is the gradient of W."""
    rows, columns = window.output(x.shape[1:3], W.shape[:2])
    tile = _tile(columns, W, window)
    wide, tiles = _widened(W, tile, window)
    groups = window.groups
    Y, dY = (a if a is None else a.reshape(len(x), rows, columns // tile, wide.shape[3]) for a in (Y, dY))
    dwide = None if dY is None else np.zeros(wide.shape, wide.dtype)
    for part, windows in _windows(x, wide.shape[:2], tiles):
        if Y is not None:
            np.matmul(windows, _by_group(wide, groups), out=_by_group(Y[part], groups))
        if dY is not None:
            grouped = _by_group(dwide, groups)
            grouped += windows.swapaxes(1, 2) @ _by_group(dY[part], groups)
    return None if dwide is None else _narrowed(dwide, tile, W, window)


def _tile(columns: int, W: Array, window: Window) -> int:
    """Return how many neighboring windows become one: they must fill the rows."""
    _, kw, channels, filters = W.shape
    if window.groups > 1 or kw == 1 or kw * channels >= machine.SHORT_ROW:
        return 1
    most = min(machine.TILE_FILTERS // filters, ((machine.TILE_WIDTH - 1) * kw) // window.stride[1])
    return max((t for t in range(2, most + 1) if columns % t == 0), default=1)


def _places(W: Array, tile: int, window: Window) -> list[slice]:
    """Return, for each window of a tile, the columns of the tile that its kernel meets."""
    length, s = window.dilation[1] * (W.shape[1] - 1) + 1, window.stride[1]
    return [slice(t * s, t * s + length, window.dilation[1]) for t in range(tile)]


def _widened(W: Array, tile: int, window: Window) -> tuple[Array, Window]:
    """Return the kernel that gives the filters of all windows of a tile, and where the tiles lie."""
    if tile == 1:
        return W, window
    kh, _, channels, filters = W.shape
    places = _places(W, tile, window)
    wide = np.zeros((kh, places[-1].stop, channels, tile, filters), W.dtype)
    for t, place in enumerate(places):
        wide[:, place, :, t] = W
    (s_row, s_column), (d_row, _) = window.stride, window.dilation
    tiles = window._replace(stride=(s_row, tile * s_column), dilation=(d_row, 1))
    return wide.reshape(*wide.shape[:3], tile * filters), tiles


def _narrowed(dwide: Array, tile: int, W: Array, window: Window) -> Array:
    """Return the gradient of W from that of the widened kernel: the sum over the windows of the tile."""
    if tile == 1:
        return dwide
    dwide = dwide.reshape(*dwide.shape[:3], tile, W.shape[3])
    return sum(dwide[:, place, :, t] for t, place in enumerate(_places(W, tile, window)))


def _windows(x: Array, kernel: Shape, window: Window) -> Iterator[tuple[slice, Array]]:
    """Yield which pictures, and their windows as matrices of shape (groups, windows, numbers in a window)."""
    groups, channels = window.groups, x.shape[3] // window.groups
    if kernel == window.stride == (1, 1) and groups == 1 and not np.any(window.padding):
        yield slice(None), x.reshape(1, -1, channels)  # every pixel is a window
        return
    positions = (*window.output(x.shape[1:3], kernel), *kernel)
    step = _pictures(machine.COPIED, math.prod(positions) * x.shape[3])
    matrix = np.empty((groups, min(step, len(x)), *positions, channels), x.dtype)
    for part, padded in _padded(x, window, step):
        copy = matrix[:, : len(padded)]
        copy[:] = _view(padded, positions, window)
        yield part, copy.reshape(groups, -1, math.prod(kernel) * channels)


def _view(padded: Array, positions: Shape, window: Window) -> Array:
    """Return the windows where they lie, in shape (groups, pictures, rows, columns, kh, kw, channels of a group)."""
    channels = padded.shape[3] // window.groups
    n, row, column, one = padded.strides
    (s_row, s_column), (d_row, d_column) = window.stride, window.dilation
    strides = (one * channels, n, row * s_row, column * s_column, row * d_row, column * d_column, one)
    return as_strided(padded, (window.groups, len(padded), *positions, channels), strides)


def _products_added(dY: Array, W: Array, window: Window, dx: Array) -> None:
    """Add the gradient of every window to its place in dx, which is zero."""
    rows, columns = dY.shape[1:3]
    tile = _tile(columns, W, window)
    W, window = _widened(W, tile, window)
    dY = dY.reshape(len(dY), rows, columns // tile, W.shape[3])
    kh, kw, channels, _ = W.shape
    positions = (rows, columns // tile, kh, kw)
    apart = window.dilation[1] * (kw - 1) // window.stride[1] + 1  # windows so far apart have no pixel in common
    Wt = _by_group(W, window.groups).swapaxes(1, 2)
    for part, padded in _padded(dx, window, _pictures(machine.COPIED, math.prod(positions) * dx.shape[3])):
        windows = (_by_group(dY[part], window.groups) @ Wt).reshape(window.groups, len(padded), *positions, channels)
        places = _view(padded, positions, window)
        for i, q in np.ndindex(kh, apart):
            places[:, :, :, q::apart, i] += windows[:, :, :, q::apart, i]
        dx[part] = _inner(padded, window)  # without padding these are the same numbers already


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


# The reversed kernel.


def _reversible(dY: Array, W: Array, x: Array, window: Window) -> bool:
    """Return whether the gradient of x is taken as a convolution of dY."""
    few = math.prod(x.shape[1:3]) <= machine.MORE_WINDOWS * math.prod(dY.shape[1:3])
    return window.stride == (1, 1) and few and min(map(min, _reversed_padding(dY, W, x, window))) >= 0


def _reversed(W: Array, groups: int) -> Array:
    """Return W with its positions in reverse, and its channels and filters exchanged in each group: its own inverse."""
    kh, kw, channels, filters = W.shape
    xp = namespace(W)
    W = xp.reshape(xp.flip(W, axis=(0, 1)), (kh, kw, channels, groups, filters // groups))
    return xp.reshape(xp.permute_dims(W, (0, 1, 4, 3, 2)), (kh, kw, filters // groups, groups * channels))


def _reversed_padding(dY: Array, W: Array, x: Array, window: Window) -> tuple[Pair, Pair]:
    """Return the padding with which the reversed correlation has the size of x; below zero it cuts off."""
    each = zip(x.shape[1:3], dY.shape[1:3], W.shape[:2], *window[:3], strict=True)
    height, width = ((d * (k - 1) - p[0], n + p[0] - s * (out - 1) - 1) for n, out, k, s, p, d in each)
    return height, width


# Shifts.


def _depthwise(W: Array, window: Window) -> bool:
    channels, filters = W.shape[2:]
    return window.groups > 1 and channels == 1 and bool(filters == window.groups)


def _shifted(x: Array, W: Array, window: Window, Y: Array) -> None:
    Y[:] = 0
    for part, padded in _padded(x, window, _pictures(machine.SHIFTED, math.prod(x.shape[1:]))):
        add_shifted(padded, W, Y[part], window)


def _shifted_gradients(x: Array, dY: Array, W: Array, window: Window, dx: Array | None) -> Array:
    dW = np.zeros(W.shape, W.dtype)
    step = _pictures(machine.SHIFTED, math.prod(x.shape[1:]))
    for part, padded in _padded(x, window, step):
        add_shifted_dW(padded, dY[part], dW, window)
    if dx is not None:
        for part, padded in _padded(dx, window, step):
            add_shifted_dx(dY[part], W, padded, window)
            dx[part] = _inner(padded, window)
    return dW


@has_kernel
def add_shifted(padded: Array, W: Array, Y: Array, window: Window) -> None:
    """Add the sum of shifted pictures, each times its weights, to Y."""
    weights = np.repeat(W, Y.shape[2], axis=2)  # whole rows: NumPy multiplies long runs faster
    for i, j, place in shifts(W.shape[:2], Y.shape[1:3], window):
        Y += padded[place] * weights[i, j]


@has_kernel
def add_shifted_dW(padded: Array, dY: Array, dW: Array, window: Window) -> None:  # noqa: N802
    """Add the gradient of the weights to dW."""
    for i, j, place in shifts(dW.shape[:2], dY.shape[1:3], window):
        dW[i, j, 0] += np.einsum("nhwc,nhwc->c", padded[place], dY)


@has_kernel
def add_shifted_dx(dY: Array, W: Array, padded: Array, window: Window) -> None:
    """Add the gradient of the pictures to the places that they were shifted from."""
    weights = np.repeat(W, dY.shape[2], axis=2)
    for i, j, place in shifts(W.shape[:2], dY.shape[1:3], window):
        padded[place] += dY * weights[i, j]
