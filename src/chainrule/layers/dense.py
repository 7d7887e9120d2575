"""Fully connected layer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from chainrule.arrays import INFERENCE, Array, Float, Mode, Params, Shape
from chainrule.arrays.threads import product, products
from chainrule.common.errors import InputError
from chainrule.common.settings import Flag, OneOf, Whole
from chainrule.equations.initializers import INITIALIZERS, first_values, zeros
from chainrule.layers.base import Layer


class DenseCache(NamedTuple):
    """What the backward pass needs."""

    A: Array  # (batch, ..., n_in)
    W: Array  # (n_in, n_out)
    b: Array | None  # (n_out,)


@dataclass(frozen=True)
class Dense(Layer):
    r"""Connect every input to every unit.

    .. math:: Z = A W + b

    .. math::
        dA = dZ\, W^\top, \qquad dW = \sum_{batch} A^\top dZ, \qquad db = \sum_{batch} dZ

    The sums run over the batch and every further leading axis (time steps, pixels).

    Parameters
    ----------
    units
        The number of outputs, n_out.
    initializer
        The initializer of W, by name: he (for ReLU and its relatives), xavier (for sigmoid, tanh and softmax), lecun,
        orthogonal, normal or zeros.
    bias
        Whether to add b.

    References
    ----------
    Rumelhart, Hinton and Williams, Learning representations by back-propagating errors, 1986.

    Examples
    --------
    >>> import numpy as np
    >>> layer = Dense(3)
    >>> params, output_shape = layer.init(np.random.default_rng(0), (5,))
    >>> params["W"].shape, params["b"].shape, output_shape
    ((5, 3), (3,), (3,))
    >>> Z, cache = layer.forward(params, np.ones((4, 5), np.float32))
    >>> dA, grads = layer.backward(cache, np.ones_like(Z))
    >>> dA.shape, grads["W"].shape, grads["b"]
    ((4, 5), (5, 3), array([4., 4., 4.], dtype=float32))
    """

    units: int
    initializer: str = "he"
    bias: bool = True
    symbols = ("A", "Z")
    steps = "kept"
    rules: ClassVar = {"units": Whole(1), "initializer": OneOf(INITIALIZERS), "bias": Flag()}

    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        """Return W of shape (n_in, n_out), b of shape (n_out,), and the output shape (..., n_out)."""
        params = {"W": first_values(INITIALIZERS[self.initializer], rng, (input_shape[-1], self.units), dtype)}
        if self.bias:
            params["b"] = first_values(zeros, rng, (self.units,), dtype)
        return params, (*input_shape[:-1], self.units)

    def multiply_adds(self, params: Params, input_shape: Shape) -> int:
        """Return n_in * n_out for every position of the leading axes."""
        return math.prod(input_shape) * self.units

    def forward(
        self, params: Params, x: Float[Array, "batch *axes n_in"], mode: Mode = INFERENCE
    ) -> tuple[Float[Array, "batch *axes n_out"], DenseCache]:
        """Return Z = x W + b."""
        W, b = params["W"], params.get("b")
        if x.shape[-1] != W.shape[0]:
            raise InputError(
                "Dense expects {n_in} features (W is {W}, read as (n_in, n_out)), but the input has shape {shape}.",
                n_in=W.shape[0],
                W=W.shape,
                shape=x.shape,
            )
        Z = product(x, W)
        if b is not None:
            Z += b
        return Z, DenseCache(x, W, b)

    def backward(
        self, cache: DenseCache, dy: Float[Array, "batch *axes n_out"], *, input_gradient: bool = True
    ) -> tuple[Float[Array, "batch *axes n_in"] | None, Params]:
        """Return dA and the gradients of W and b."""
        A, dZ = cache.A, dy
        if dy.ndim > 2:
            n_in, n_out = cache.W.shape
            A, dZ = A.reshape(-1, n_in), dZ.reshape(-1, n_out)
        grads = {} if cache.b is None else {"b": dZ.sum(axis=0)}
        if not input_gradient:
            return None, {"W": product(A.T, dZ)} | grads
        dW, dA = products((A.T, dZ), (dZ, cache.W.T))
        return dA.reshape(cache.A.shape), {"W": dW} | grads
