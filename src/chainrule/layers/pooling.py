"""Pooling: one number for each window of a sequence or a picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import product, repeat
from typing import Any, ClassVar, NamedTuple

import numpy as np

from chainrule.arrays import INFERENCE, Array, Float, Mode, Params, Shape, is_tensor, namespace
from chainrule.arrays.kernels import has_kernel
from chainrule.arrays.threads import in_chunks
from chainrule.common.errors import InputError
from chainrule.common.settings import Maybe, OneOf
from chainrule.layers.base import Layer
from chainrule.layers.spatial import SIZES, per_axis, same_padding, spatial_shape


class _Windows(NamedTuple):
    """The windows along one axis of an array."""

    axis: int
    length: int  # of the axis
    number: int  # of windows
    size: int
    stride: int
    before: int  # cells of padding
    after: int

    def places(self) -> list[slice]:
        """Return, for each position in the window, where in the padded axis it is in every window."""
        last = (self.number - 1) * self.stride
        return [slice(i, i + last + 1, self.stride) for i in range(self.size)]

    def slices(self, x: Array, padding: float) -> list[Array]:
        """Return one array for each position in the window; it holds that position of every window."""
        x = _padded(x, [self], padding)
        return [x[(slice(None),) * self.axis + (place,)] for place in self.places()]

    def covered(self, like: Array) -> Array:
        """Return how many cells of each window are not padding, shaped to divide `like` by."""
        starts = range(-self.before, self.number * self.stride - self.before, self.stride)
        cells = [min(start + self.size, self.length) - max(start, 0) for start in starts]
        return namespace(like).asarray(cells, dtype=like.dtype).reshape(-1, *[1] * (like.ndim - self.axis - 1))


def _padded(x: Array, windows: Sequence[_Windows], value: float) -> Array:
    widths = {w.axis: (w.before, w.after) for w in windows if w.before or w.after}
    if not widths:
        return x
    return namespace(x).pad(x, [widths.get(axis, (0, 0)) for axis in range(x.ndim)], constant_values=value)


def _places(windows: Sequence[_Windows]) -> list[tuple[slice, ...]]:
    """Return, for each position in the window in reading order, where in the padded array it is in every window."""
    return [(slice(None), *place) for place in product(*(w.places() for w in windows))]


def _gradient(
    x: Array, dy: Array, windows: Sequence[_Windows], masks: Callable[[slice], Iterable[Array | bool]]
) -> Array:
    """Return the sum of dy times each mask, put at its position in the windows of x."""
    if namespace(dy) is np or is_tensor(dy):
        dx = namespace(dy).zeros(x.shape, dtype=dy.dtype)
        if is_tensor(dy):
            _add(dy, masks(slice(None)), windows, dx)
        else:
            in_chunks(lambda part: _add(dy[part], masks(part), windows, dx[part]), len(x), x.size)
        return dx
    from jax import lax

    total: Array = 0
    zero = dy.dtype.type(0)
    for place, mask in zip(_places(windows), masks(slice(None)), strict=True):
        ends = ((p.start - w.before, w.before + w.length - p.stop) for p, w in zip(place[1:], windows, strict=True))
        widths = [(*end, w.stride - 1) for end, w in zip(ends, windows, strict=True)]
        total += lax.pad(dy * mask, zero, [(0, 0, 0), *widths, (0, 0, 0)])
    return total


def _add(dy: Array, masks: Iterable[Array | bool], windows: Sequence[_Windows], dx: Array) -> None:
    """Write to dx, which is zero, the sum of dy times each mask, put at its position in the windows."""
    inner = (slice(None), *(slice(w.before, w.before + w.length) for w in windows))
    whole = _padded(dx, windows, 0.0)
    for place, mask in zip(_places(windows), masks, strict=True):
        if any(w.size > w.stride for w in windows) or is_tensor(dy):
            cells = whole[place]  # += on whole[place] itself would make PyTorch copy it once more
            cells += dy * mask
        else:
            np.multiply(dy, mask, out=whole[place])
    if whole is not dx:
        dx[:] = whole[inner]


@dataclass(frozen=True)
class _Pool(Layer):
    window: int | Sequence[int]
    stride: int | Sequence[int] | None = None
    padding: str = "valid"
    has_parameters = False
    symbols = ("x", "a")
    rules: ClassVar = {"window": SIZES, "stride": Maybe(SIZES), "padding": OneOf(("valid", "same"))}

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.stride is None:
            object.__setattr__(self, "stride", self.window)

    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        """Return no parameters and the number of windows along each axis, with the channels."""
        return {}, (*(w.number for w in self._windows(input_shape)), input_shape[-1])

    def _windows(self, input_shape: Shape) -> list[_Windows]:
        assert self.stride is not None
        lengths = spatial_shape(self.label, input_shape)
        sizes = per_axis(self.label, "window", self.window, len(lengths))
        strides = per_axis(self.label, "stride", self.stride, len(lengths))
        if self.padding == "valid" and any(size > n for size, n in zip(sizes, lengths, strict=True)):
            raise InputError(
                "{label}'s window {window} is larger than the input, which is {shape}: take a smaller window, or "
                'padding="same".',
                label=self.label,
                window=sizes,
                shape=lengths,
            )
        windows = []
        for axis, (n, size, stride) in enumerate(zip(lengths, sizes, strides, strict=True), 1):
            number = (n - size) // stride + 1 if self.padding == "valid" else math.ceil(n / stride)
            padding = (0, 0) if self.padding == "valid" else same_padding(n, size, stride)
            windows.append(_Windows(axis, n, number, size, stride, *padding))
        return windows


class MaxPoolCache(NamedTuple):
    """What the backward pass needs."""

    x: Array  # the input
    places: Array | None  # of the maxima, as PyTorch gives them; others compute them again


@dataclass(frozen=True)
class MaxPool(_Pool):
    r"""Keep the largest value of each window, channel by channel.

    .. math:: a_{n,t,c} = \max_{0 \le i < k} x_{n,\,ts+i,\,c}

    .. math::
        dx_{n,j,c} = \sum_t da_{n,t,c}\,[\,j \text{ is the first place of the maximum of window } t\,]

    For pictures the window has two axes, and "first" is in reading order: row by row. Where windows overlap, the
    gradients add up. What no window covers has gradient zero.

    Parameters
    ----------
    window
        The size k of the window: a number, or (height, width).
    stride
        The step s from one window to the next; as large as the window if None.
    padding
        "valid": only windows that fit, and what is left over at the end is not looked at. "same": as many windows as
        the length divided by the stride, rounded up; what they lack is split between both ends (the odd cell at the
        end) and never is the maximum.

    References
    ----------
    Yamaguchi, Sakamoto, Akabane and Fujimoto, A neural network for speaker-independent isolated word recognition, 1990.

    Examples
    --------
    >>> import numpy as np
    >>> layer = MaxPool(2)
    >>> A, cache = layer.forward({}, np.array([1.0, 3.0, 4.0, 4.0, 9.0]).reshape(1, 5, 1))
    >>> A.ravel()
    array([3., 4.])
    >>> layer.backward(cache, np.ones_like(A))[0].ravel()
    array([0., 1., 1., 0., 0.])
    """

    def forward(
        self, params: Params, x: Float[Array, "batch *axes channels"], mode: Mode = INFERENCE
    ) -> tuple[Float[Array, "batch *windows channels"], MaxPoolCache]:
        """Return the maxima."""
        if is_tensor(x):
            from chainrule.arrays import pytorch

            y, places = pytorch.max_pool(x, *self._sizes(x))
            return y, MaxPoolCache(x, places)
        return _maxima(x, self._windows(x.shape[1:])), MaxPoolCache(x, None)

    def backward(
        self, cache: MaxPoolCache, dy: Float[Array, "batch *windows channels"], *, input_gradient: bool = True
    ) -> tuple[Float[Array, "batch *axes channels"] | None, Params]:
        """Return dy at the places of the maxima."""
        if not input_gradient:
            return None, {}
        if is_tensor(dy):
            from chainrule.arrays import pytorch

            return pytorch.max_pool_gradient(dy, cache.x, cache.places, *self._sizes(cache.x)), {}
        x, windows = cache.x, self._windows(cache.x.shape[1:])
        if namespace(dy) is not np:
            return _gradient(x, dy, windows, lambda part: _first(x[part], windows)), {}
        dx = np.zeros(x.shape, dy.dtype)
        in_chunks(lambda part: add_at_maxima(dy[part], x[part], dx[part], tuple(windows)), len(x), x.size)
        return dx, {}

    def _sizes(self, x: Array) -> tuple[list[int], list[int], list[tuple[int, int]]]:
        """Return sizes, strides and padding of the windows, as PyTorch takes them."""
        windows = self._windows(x.shape[1:])
        return [w.size for w in windows], [w.stride for w in windows], [(w.before, w.after) for w in windows]


def _maxima(x: Array, windows: Sequence[_Windows]) -> Array:
    # The maximum of a window is the maximum of the maxima of its columns.
    for along in windows:
        x = reduce(namespace(x).maximum, along.slices(x, -math.inf))
    return x


def _first(x: Array, windows: Sequence[_Windows]) -> Iterator[Array]:
    """Yield, for each position in the windows, whether the first of the largest values is there."""
    y, padded, places = _maxima(x, windows), _padded(x, windows, -math.inf), _places(windows)
    free = namespace(y).ones_like(y, dtype=bool)
    for place in places[:-1]:
        first = (padded[place] == y) & free
        free = free ^ first
        yield first
    yield free  # where no place before has the maximum, the last one has it


@has_kernel
def add_at_maxima(dy: Array, x: Array, dx: Array, windows: tuple[_Windows, ...]) -> None:
    """Write dy to dx, which is zero, at the places of the maxima of x."""
    _add(dy, _first(x, windows), windows, dx)


class AveragePoolCache(NamedTuple):
    """What the backward pass needs."""

    x: Array  # the input, for its shape


@dataclass(frozen=True)
class AveragePool(_Pool):
    r"""Take the mean of each window, channel by channel.

    .. math:: a_{n,t,c} = \frac{1}{k_t} \sum_{i=0}^{k-1} x_{n,\,ts+i,\,c}

    .. math:: dx_{n,j,c} = \sum_{t:\ ts \le j < ts+k} \frac{da_{n,t,c}}{k_t}

    The number k_t of cells is the size k of the window, less at the ends with padding "same": padded cells do not
    count. For pictures the window has two axes. What no window covers has gradient zero.

    Parameters
    ----------
    window, stride, padding
        As for `MaxPool`.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition, 1998, section II.B
    (without its coefficient and bias).
    """

    def forward(
        self, params: Params, x: Float[Array, "batch *axes channels"], mode: Mode = INFERENCE
    ) -> tuple[Float[Array, "batch *windows channels"], AveragePoolCache]:
        """Return the means."""
        y = x
        for windows in self._windows(x.shape[1:]):
            y = reduce(namespace(y).add, windows.slices(y, 0.0)) / windows.covered(y)
        return y, AveragePoolCache(x)

    def backward(
        self, cache: AveragePoolCache, dy: Float[Array, "batch *windows channels"], *, input_gradient: bool = True
    ) -> tuple[Float[Array, "batch *axes channels"] | None, Params]:
        """Return every window's dy, spread evenly over its cells."""
        if not input_gradient:
            return None, {}
        windows = self._windows(cache.x.shape[1:])
        for w in windows:
            dy = dy / w.covered(dy)
        positions = math.prod(w.size for w in windows)
        return _gradient(cache.x, dy, windows, lambda _: repeat(True, positions)), {}


class GlobalAveragePoolCache(NamedTuple):
    """What the backward pass needs."""

    x: Array  # the input, for its shape
    weights: Array | None  # (batch, time, 1): 1 / length at the steps that hold data, 0 elsewhere; None without a mask


@dataclass(frozen=True)
class GlobalAveragePool(Layer):
    r"""Take the mean of each channel over the whole sequence or picture.

    .. math:: a_{n,c} = \frac{1}{T} \sum_{t=1}^{T} x_{n,t,c}, \qquad dx_{n,t,c} = \frac{da_{n,c}}{T}

    For pictures the sum runs over height and width. For sequences with a mask it runs over the steps that hold data,
    and T is their number; an empty sequence gives 0.

    References
    ----------
    Lin, Chen and Yan, Network in network, 2014, section 3.2.
    """

    has_parameters = False
    symbols = ("x", "a")
    steps = "merged"

    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        """Return no parameters and the shape (channels,)."""
        spatial_shape(self.label, input_shape)
        return {}, input_shape[-1:]

    def forward(
        self, params: Params, x: Float[Array, "batch *axes channels"], mode: Mode = INFERENCE
    ) -> tuple[Float[Array, "batch channels"], GlobalAveragePoolCache]:
        """Return the means."""
        xp = namespace(x)
        axes = tuple(range(1, 1 + len(spatial_shape(self.label, x.shape[1:]))))
        if mode.mask is None:
            return xp.mean(x, axis=axes), GlobalAveragePoolCache(x, None)
        if x.ndim == 4 or mode.mask.shape != x.shape[:2]:
            raise InputError(
                "GlobalAveragePool needs a mask with one value for each step of sequences (batch, time, channels): "
                "the input has shape {shape}, but the mask has {mask_shape}. A layer before it must not change the "
                "number of steps.",
                shape=x.shape,
                mask_shape=mode.mask.shape,
            )
        weights = xp.astype(mode.mask, x.dtype)[:, :, None]
        weights = weights / xp.maximum(xp.sum(weights, axis=1, keepdims=True), 1)
        return xp.sum(x * weights, axis=1), GlobalAveragePoolCache(x, weights)

    def backward(
        self, cache: GlobalAveragePoolCache, dy: Float[Array, "batch channels"], *, input_gradient: bool = True
    ) -> tuple[Float[Array, "batch *axes channels"] | None, Params]:
        """Return dy at every step or pixel, times its share in the mean."""
        if not input_gradient:
            return None, {}
        x, weights = cache
        if weights is not None:
            return dy[:, None, :] * weights, {}
        dy = dy / math.prod(x.shape[1:-1])
        return namespace(dy).broadcast_to(dy.reshape(len(x), *[1] * (x.ndim - 2), -1), x.shape), {}
