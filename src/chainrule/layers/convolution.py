"""Convolutional layers: the same small weights at every place of a sequence or a picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from chainrule.arrays import INFERENCE, Array, Float, Mode, Params, Shape, namespace, summed_first
from chainrule.arrays.windows import correlate, correlate_gradients
from chainrule.common.errors import InputError
from chainrule.common.settings import Flag, OneOf
from chainrule.equations.initializers import INITIALIZERS, first_values, zeros
from chainrule.layers.sliding import SlidingWindow


class ConvolutionCache(NamedTuple):
    """What the backward pass needs."""

    x: Array  # (batch, *axes, channels)
    W: Array  # (*kernel, channels / groups, filters)
    b: Array | None  # (filters,)
    M: Array | None  # (batch, time, 1), the mask of a sequence


def _check_channels(layer: _Convolution, W: Array, x: Array) -> None:
    """Raise an error unless an input has the channels that the kernels are for."""
    if x.shape[-1] != W.shape[-2] * layer.groups:
        raise InputError(
            "{label} expects {expected} channels (W is {W}, read as (*kernel, channels / groups, filters), with "
            "groups={groups}), but the input has shape {shape}.",
            label=layer.label,
            expected=W.shape[-2] * layer.groups,
            W=W.shape,
            groups=layer.groups,
            shape=x.shape,
        )


@dataclass(frozen=True)
class _Convolution(SlidingWindow):
    """What both ranks share."""

    initializer: str = "he"
    bias: bool = True
    convolves = True
    symbols = ("X", "Y")
    rules: ClassVar = SlidingWindow.rules | {"initializer": OneOf(INITIALIZERS), "bias": Flag()}

    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        """Return W of shape (*kernel, channels / groups, filters), b of shape (filters,), and the output shape."""
        _, output = self.window((1, *input_shape))
        channels = input_shape[-1]
        if channels % self.groups:
            raise InputError(
                "{label} divides the input's channels evenly among its groups, but {channels} channels do not divide "
                "by groups={groups}. Take a divisor of {channels} for groups.",
                label=self.label,
                channels=channels,
                groups=self.groups,
            )
        shape = (*self.per_axis("kernel"), channels // self.groups, self.filters)
        params = {"W": first_values(INITIALIZERS[self.initializer], rng, shape, dtype)}
        if self.bias:
            params["b"] = first_values(zeros, rng, (self.filters,), dtype)
        return params, (*output, self.filters)

    def multiply_adds(self, params: Params, input_shape: Shape) -> int:
        """Return the size of W for every place of the output."""
        _, output = self.window((1, *input_shape))
        size: int = params["W"].size
        return math.prod(output) * size

    def forward(
        self, params: Params, x: Float[Array, "batch *axes channels"], mode: Mode = INFERENCE
    ) -> tuple[Float[Array, "batch *places filters"], ConvolutionCache]:
        """Return Y, the product of every window of x with W, plus b."""
        W, b = params["W"], params.get("b")
        window, output = self.window(x.shape)
        _check_channels(self, W, x)
        M = None
        if mode.mask is not None:
            self.keeps_steps()
            M = namespace(x).astype(mode.mask, x.dtype)[:, :, None]
            x = x * M
        Y = correlate(_as_picture(x), _as_picture_kernel(W), b, window)
        return namespace(x).reshape(Y, (len(x), *output, self.filters)), ConvolutionCache(x, W, b, M)

    def backward(
        self, cache: ConvolutionCache, dy: Float[Array, "batch *places filters"], *, input_gradient: bool = True
    ) -> tuple[Float[Array, "batch *axes channels"] | None, Params]:
        """Return dX and the gradients of W and b."""
        xp = namespace(dy)
        window, _ = self.window(cache.x.shape)
        x, W, dY = _as_picture(cache.x), _as_picture_kernel(cache.W), _as_picture(dy)
        dx, dW = correlate_gradients(dY, x, W, window, input_gradient=input_gradient)
        grads = {"W": xp.reshape(dW, cache.W.shape)}
        if cache.b is not None:
            db = dy
            while db.ndim > 1:
                db = xp.sum(db, axis=summed_first(db))
            grads["b"] = db
        if dx is None:
            return None, grads
        dx = xp.reshape(dx, cache.x.shape)
        return (dx if cache.M is None else dx * cache.M), grads


class Conv1D(_Convolution):
    r"""Slide filters along a sequence.

    .. math:: Y_{t,f} = b_f + \sum_{k,c} W_{k,c,f}\, X_{s t + d k - p,\, c}

    .. math::
        dX_{u,c} = \sum_{t,k,f:\; s t + d k - p = u} W_{k,c,f}\, dY_{t,f}, \qquad
        dW_{k,c,f} = \sum_{batch} \sum_t X_{s t + d k - p,\, c}\, dY_{t,f}, \qquad
        db_f = \sum_{batch} \sum_t dY_{t,f}

    with stride s, dilation d and p zeros before the sequence; X is zero outside it. The kernel is not reversed. This is
    `Conv2D` with one axis: the parameters are the same, each for one axis. For an output that never sees the future,
    pad before only: ``padding=[(d * (k - 1), 0)]``. Steps where `mode.mask` is 0 are taken for the zeros outside.

    References
    ----------
    Waibel, Hanazawa, Hinton, Shikano and Lang, Phoneme recognition using time-delay neural networks, 1989; dilated:
    van den Oord and others, WaveNet: a generative model for raw audio, 2016.

    Examples
    --------
    >>> import numpy as np
    >>> layer = Conv1D(4, kernel=3, dilation=2)
    >>> params, output_shape = layer.init(np.random.default_rng(0), (10, 5))
    >>> params["W"].shape, params["b"].shape, output_shape
    ((3, 5, 4), (4,), (6, 4))
    """

    axes = ("time",)

    def keeps_steps(self) -> bool:
        """Return True: steps of padding are set to zero first; raise an error if the output has other steps."""
        reach = self.per_axis("dilation")[0] * (self.per_axis("kernel")[0] - 1)
        padding = (0, 0) if self.padding == "valid" else self.per_axis("padding")[0]
        if self.stride not in (1, (1,)) or (padding != "same" and sum(padding) != reach):
            raise InputError(
                "{label} with stride={stride} and padding={padding!r} has other steps than its input, so a mask does "
                "not fit them: take stride=1 and padding='same' (or [({reach}, 0)], which never sees the future).",
                label=self.label,
                stride=self.stride,
                padding=self.padding,
                reach=reach,
            )
        return True


class Conv2D(_Convolution):
    r"""Slide filters over a picture.

    .. math:: Y_{t,u,f} = b_f + \sum_{i,j,c} W_{i,j,c,f}\, X_{s t + d i - p,\; s u + d j - p,\; c}

    .. math::
        dX_{v,w,c} = \sum_{\substack{t,i:\; s t + d i - p = v \\ u,j:\; s u + d j - p = w}}
        \sum_f W_{i,j,c,f}\, dY_{t,u,f}

    .. math::
        dW_{i,j,c,f} = \sum_{batch} \sum_{t,u} X_{s t + d i - p,\; s u + d j - p,\; c}\, dY_{t,u,f}, \qquad
        db_f = \sum_{batch} \sum_{t,u} dY_{t,u,f}

    with stride s, dilation d and p zeros before the picture, each of which may differ between the axes. X is zero
    outside the picture. Strictly this is a cross-correlation: the kernel is not reversed, as in every
    library. The output has ``floor((n + padding - d * (k - 1) - 1) / s) + 1`` places along an axis of n; what no window
    covers at the end has a zero gradient.

    Parameters
    ----------
    filters
        The number of output channels.
    kernel
        The size of the window: a whole number, or (height, width).
    stride
        The steps from one window to the next: a whole number, or one per axis.
    padding
        The zeros around the input: "valid" (none), "same" (the output has ceil(n / stride) places; an odd zero goes to
        the end), a whole number for all sides, or a pair (before, after) for each axis.
    dilation
        The steps from one place inside a window to the next: a whole number, or one per axis.
    groups
        Divide channels and filters into so many groups that do not see each other. As many as there are channels
        makes the layer depthwise.
    initializer
        The initializer of W, by name, as in Dense.
    bias
        Whether to add b.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition, 1998; sizes, strides and
    their gradients: Dumoulin and Visin, A guide to convolution arithmetic for deep learning, 2016.

    Examples
    --------
    >>> import numpy as np
    >>> layer = Conv2D(6, kernel=5, padding="same", stride=2)
    >>> params, output_shape = layer.init(np.random.default_rng(0), (28, 28, 1))
    >>> params["W"].shape, params["b"].shape, output_shape
    ((5, 5, 1, 6), (6,), (14, 14, 6))
    >>> Y, cache = layer.forward(params, np.ones((4, 28, 28, 1), np.float32))
    >>> dX, grads = layer.backward(cache, np.ones_like(Y))
    >>> dX.shape, grads["W"].shape, float(grads["b"][0])
    ((4, 28, 28, 1), (5, 5, 1, 6), 784.0)
    """

    axes = ("height", "width")


def _as_picture(x: Array) -> Array:
    return x if x.ndim == 4 else namespace(x).expand_dims(x, axis=1)


def _as_picture_kernel(W: Array) -> Array:
    return W if W.ndim == 4 else namespace(W).expand_dims(W, axis=0)
