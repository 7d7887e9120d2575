"""Layers that only rearrange."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from chainrule.arrays import INFERENCE, Array, Float, Mode, Params, Shape, namespace
from chainrule.common.errors import InputError
from chainrule.common.settings import Each, Whole
from chainrule.layers.base import Layer
from chainrule.layers.spatial import PADDING, SIZES, per_axis, spatial_shape


class ShapeCache(NamedTuple):
    """What the backward pass needs."""

    x: Array  # the input, for its shape


@dataclass(frozen=True)
class Flatten(Layer):
    r"""Make one vector of each example.

    .. math::
        a_{n,k} = x_{n,i,j,\ldots}, \qquad dx_{n,i,j,\ldots} = da_{n,k},
        \qquad k \text{ the row-major index of } (i, j, \ldots)

    References
    ----------
    The row-major order of the array API standard's `reshape`.
    """

    has_parameters = False
    symbols = ("x", "a")
    rearranges = True

    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        """Return no parameters and the one-axis shape."""
        return {}, (math.prod(input_shape),)

    def forward(
        self, params: Params, x: Float[Array, "batch *axes"], mode: Mode = INFERENCE
    ) -> tuple[Float[Array, "batch n"], ShapeCache]:
        """Return x with one axis per example."""
        return namespace(x).reshape(x, (x.shape[0], math.prod(x.shape[1:]))), ShapeCache(x)

    def backward(
        self, cache: ShapeCache, dy: Float[Array, "batch n"], *, input_gradient: bool = True
    ) -> tuple[Float[Array, "batch *axes"] | None, Params]:
        """Return dy in the shape of the input."""
        return namespace(dy).reshape(dy, cache.x.shape) if input_gradient else None, {}


@dataclass(frozen=True)
class Reshape(Layer):
    r"""Arrange the numbers of each example in another shape.

    .. math:: a_{n,k} = x_{n,k}, \qquad dx_{n,k} = da_{n,k}, \qquad k \text{ the row-major index in either shape}

    Parameters
    ----------
    shape
        The new shape of one example; one axis may be -1 and takes what the others leave.

    References
    ----------
    The row-major order of the array API standard's `reshape`.
    """

    shape: Sequence[int]
    has_parameters = False
    symbols = ("x", "a")
    rearranges = True
    rules: ClassVar = {"shape": Each(Whole(-1), "the lengths of the axes of one example")}

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.shape.count(-1) > 1 or 0 in self.shape:
            raise InputError(
                "Reshape takes lengths of at least 1, and -1 at most once, but shape={shape}.", shape=self.shape
            )

    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        """Return no parameters and the new shape."""
        return {}, self._output_shape(input_shape)

    def _output_shape(self, input_shape: Shape) -> Shape:
        n, known = math.prod(input_shape), math.prod(k for k in self.shape if k != -1)
        shape = tuple(n // known if k == -1 else k for k in self.shape)
        if math.prod(shape) != n:
            raise InputError(
                "Reshape cannot arrange the {count} numbers of an example of shape {example} as {shape}: the product "
                "of the lengths must be the same. Write -1 for the axis to be worked out.",
                count=n,
                example=input_shape,
                shape=self.shape,
            )
        return shape

    def forward(
        self, params: Params, x: Float[Array, "batch *axes"], mode: Mode = INFERENCE
    ) -> tuple[Float[Array, "batch *shape"], ShapeCache]:
        """Return x in the new shape."""
        return namespace(x).reshape(x, (len(x), *self._output_shape(x.shape[1:]))), ShapeCache(x)

    def backward(
        self, cache: ShapeCache, dy: Float[Array, "batch *shape"], *, input_gradient: bool = True
    ) -> tuple[Float[Array, "batch *axes"] | None, Params]:
        """Return dy in the shape of the input."""
        return namespace(dy).reshape(dy, cache.x.shape) if input_gradient else None, {}


@dataclass(frozen=True)
class ZeroPad(Layer):
    r"""Put zeros around a sequence or a picture.

    .. math::
        a_{n,\,p+t,\,c} = x_{n,t,c} \text{ and 0 elsewhere}, \qquad dx_{n,t,c} = da_{n,\,p+t,\,c}

    For pictures this holds for height and width.

    Parameters
    ----------
    padding
        The number p of zeros at either end of every axis between batch and channels, or a pair (before, after) for
        each of them: ``ZeroPad(((2, 0),))`` for a sequence, ``ZeroPad(((1, 1), (0, 2)))`` for a picture.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition, 1998, section II.B,
    where digits of 20 by 20 are centered in larger pictures.
    """

    padding: int | Sequence[Sequence[int]] = 1
    has_parameters = False
    symbols = ("x", "a")
    rules: ClassVar = {"padding": PADDING}

    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        """Return no parameters and the larger shape."""
        widths = self._widths(input_shape)
        return {}, tuple(n + before + after for n, (before, after) in zip(input_shape, widths, strict=True))

    def _widths(self, input_shape: Shape) -> list[tuple[int, int]]:
        axes = len(spatial_shape("ZeroPad", input_shape))
        pairs: Any = ((self.padding, self.padding),) * axes if isinstance(self.padding, int) else self.padding
        if len(pairs) != axes:
            raise InputError(
                "ZeroPad needs a pair (before, after) for each of the {axes} axes between batch and channels, but "
                "padding={padding}.",
                axes=axes,
                padding=self.padding,
            )
        return [*pairs, (0, 0)]

    def forward(
        self, params: Params, x: Float[Array, "batch *axes channels"], mode: Mode = INFERENCE
    ) -> tuple[Float[Array, "batch *longer channels"], ShapeCache]:
        """Return x with zeros around it."""
        return namespace(x).pad(x, [(0, 0), *self._widths(x.shape[1:])]), ShapeCache(x)

    def backward(
        self, cache: ShapeCache, dy: Float[Array, "batch *longer channels"], *, input_gradient: bool = True
    ) -> tuple[Float[Array, "batch *axes channels"] | None, Params]:
        """Return the part of dy where x was."""
        if not input_gradient:
            return None, {}
        shape = cache.x.shape[1:]
        inside = (slice(before, before + n) for n, (before, _) in zip(shape, self._widths(shape), strict=True))
        return dy[(slice(None), *inside)], {}


@dataclass(frozen=True)
class Upsample(Layer):
    r"""Repeat each step or pixel f times: the nearest neighbor.

    .. math::
        a_{n,t,c} = x_{n,\lfloor t/f \rfloor,\,c}, \qquad dx_{n,j,c} = \sum_{i=0}^{f-1} da_{n,\,fj+i,\,c}

    For pictures this holds for height and width.

    Parameters
    ----------
    factor
        The factor f: a number, or (height, width).

    References
    ----------
    Odena, Dumoulin and Olah, Deconvolution and checkerboard artifacts, 2016.
    """

    factor: int | Sequence[int] = 2
    has_parameters = False
    symbols = ("x", "a")
    rules: ClassVar = {"factor": SIZES}

    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        """Return no parameters and the larger shape."""
        return {}, tuple(n * f for n, f in zip(input_shape, (*self._factors(input_shape), 1), strict=True))

    def _factors(self, input_shape: Shape) -> tuple[int, ...]:
        return per_axis("Upsample", "factor", self.factor, len(spatial_shape("Upsample", input_shape)))

    def forward(
        self, params: Params, x: Float[Array, "batch *axes channels"], mode: Mode = INFERENCE
    ) -> tuple[Float[Array, "batch *longer channels"], ShapeCache]:
        """Return x with every step or pixel repeated."""
        y = x
        for axis, f in enumerate(self._factors(x.shape[1:]), 1):
            y = namespace(y).repeat(y, f, axis=axis)
        return y, ShapeCache(x)

    def backward(
        self, cache: ShapeCache, dy: Float[Array, "batch *longer channels"], *, input_gradient: bool = True
    ) -> tuple[Float[Array, "batch *axes channels"] | None, Params]:
        """Return the sums of dy over the copies."""
        if not input_gradient:
            return None, {}
        shape, xp = cache.x.shape, namespace(dy)
        for axis, f in enumerate(self._factors(shape[1:]), 1):
            dy = xp.sum(xp.reshape(dy, (*shape[: axis + 1], f, *dy.shape[axis + 1 :])), axis=axis + 1)
        return dy, {}
