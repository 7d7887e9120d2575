"""Layers that only rearrange."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import INFERENCE, Array, Float, Mode, Params, Shape, namespace
from chainrule.layers.base import Layer


class FlattenCache(NamedTuple):
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

    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        """Return no parameters and the one-axis shape."""
        return {}, (math.prod(input_shape),)

    def forward(
        self, params: Params, x: Float[Array, "batch *axes"], mode: Mode = INFERENCE
    ) -> tuple[Float[Array, "batch n"], FlattenCache]:
        """Return x with one axis per example."""
        return namespace(x).reshape(x, (x.shape[0], math.prod(x.shape[1:]))), FlattenCache(x)

    def backward(
        self, cache: FlattenCache, dy: Float[Array, "batch n"], *, input_gradient: bool = True
    ) -> tuple[Float[Array, "batch *axes"] | None, Params]:
        """Return dy in the shape of the input."""
        return namespace(dy).reshape(dy, cache.x.shape) if input_gradient else None, {}
