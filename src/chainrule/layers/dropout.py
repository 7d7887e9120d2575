"""Dropout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from chainrule.arrays import INFERENCE, Array, Float, Mode, Params, Shape, namespace, uniform
from chainrule.common.errors import InputError
from chainrule.common.settings import Number
from chainrule.layers.base import Layer


class DropoutCache(NamedTuple):
    """What the backward pass needs."""

    M: Array | None  # 0 where dropped, 1 / (1 - rate) where kept; None in inference


@dataclass(frozen=True)
class Dropout(Layer):
    r"""Set random activations to zero in training, and scale up the rest so that inference needs no change.

    .. math:: A' = A \odot M, \qquad dA = dA' \odot M, \qquad M = \frac{[U \ge p]}{1 - p}, \quad U \sim [0, 1)

    Parameters
    ----------
    rate
        The probability p of dropping an activation.

    References
    ----------
    Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, Dropout: a simple way to prevent neural networks from
    overfitting, 2014; the scaling in training ("inverted dropout") is section 10 there.
    """

    rate: float = 0.5
    has_parameters = False
    symbols = ("x", "a")
    steps = "kept"
    rules: ClassVar = {"rate": Number(0, 1, closed="left", meaning="the share of activations to drop")}

    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        """Return no parameters and the unchanged shape."""
        return {}, input_shape

    def forward(
        self, params: Params, x: Float[Array, "*shape"], mode: Mode = INFERENCE
    ) -> tuple[Float[Array, "*shape"], DropoutCache]:
        """Return x * M in training, x itself in inference."""
        if not mode.training:
            return x, DropoutCache(None)
        if not mode.key:
            raise InputError(
                "{label} draws random numbers in training: give a key, Mode(training=True, key=(seed,)).",
                label=self.label,
            )
        M = namespace(x).astype(uniform(mode.key, self._drawn(x)) >= self.rate, x.dtype) * (1 / (1 - self.rate))
        return x * M, DropoutCache(M)

    def backward(
        self, cache: DropoutCache, dy: Float[Array, "*shape"], *, input_gradient: bool = True
    ) -> tuple[Float[Array, "*shape"] | None, Params]:
        """Return dy * M."""
        if not input_gradient:
            return None, {}
        return dy if cache.M is None else dy * cache.M, {}

    def _drawn(self, x: Array) -> Array:
        """Return a part of x with the shape of M."""
        return x


@dataclass(frozen=True)
class SpatialDropout(Dropout):
    r"""Set whole channels of a sequence or a picture to zero in training: neighbors say nearly the same as each other.

    .. math::
        a_{n,t,c} = x_{n,t,c}\, m_{n,c}, \qquad dx_{n,t,c} = da_{n,t,c}\, m_{n,c}, \qquad
        m = \frac{[u \ge p]}{1 - p}, \quad u \sim [0, 1)

    Parameters
    ----------
    rate
        The probability p of dropping a channel.

    References
    ----------
    Tompson, Goroshin, Jain, LeCun and Bregler, Efficient object localization using convolutional networks, 2015,
    section 3.2.
    """

    def _drawn(self, x: Array) -> Array:
        """Return one step or pixel of each channel."""
        return x[(slice(None), *[slice(1)] * (x.ndim - 2))]
