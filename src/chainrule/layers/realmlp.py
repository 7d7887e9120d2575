"""What RealMLP, a network for tables, is made of: factors of columns, dense layers of unit weights, soft activations.

Each parameter may learn at a rate of its own. Adam's step does not depend on the size of the gradient, so a parameter
that is kept as p / rate and used as rate * p moves as if the learning rate were that many times larger.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from chainrule.arrays import INFERENCE, Array, Float, Mode, Params, Shape, namespace
from chainrule.arrays.threads import product, products
from chainrule.common.errors import InputError
from chainrule.common.settings import Flag, Number, OneOf, Whole
from chainrule.equations.activations import ACTIVATIONS
from chainrule.equations.initializers import first_values, ones, standard_normal, zeros
from chainrule.layers.base import Layer

_RATE = Number(0, closed="neither", meaning="how many times as fast it learns")
_ELEMENTWISE = [name for name in ACTIVATIONS if "softmax" not in name]


def _check(layer: Layer, features: int, x: Array) -> None:
    if x.shape[-1] != features:
        raise InputError(
            "{label} expects {expected} features, but the input has shape {shape}.",
            label=layer.label,
            expected=features,
            shape=x.shape,
        )


def _at_rate(first: Callable[..., Array], rate: float) -> Callable[..., Array]:
    """Return first values that, multiplied by the rate, are those of `first`."""
    return lambda rng, shape: first(rng, shape) / rate


def _sum_of_examples(x: Float[Array, "*axes n"]) -> Float[Array, "n"]:
    return namespace(x).sum(x, axis=tuple(range(x.ndim - 1)))


class ScaleCache(NamedTuple):
    """What the backward pass needs."""

    X: Array  # (batch, ..., n)
    s: Array  # (n,)


@dataclass(frozen=True)
class Scale(Layer):
    r"""Multiply each feature by a learned factor, which starts at 1: features that say little can fade.

    .. math:: Y = r\, s \odot X, \qquad dX = r\, s \odot dY, \qquad ds = r \sum_{batch} X \odot dY

    The sum runs over the batch and every axis but the last.

    Parameters
    ----------
    rate
        How many times as fast as other parameters the factors r s learn with Adam. s is kept as 1 / r at first.

    References
    ----------
    Holzmüller, Grinsztajn and Steinwart, Better by default: strong pre-tuned MLPs and boosted trees on tabular data,
    2024, section 3.
    """

    rate: float = 1.0
    undecayed = ("s",)
    symbols = ("X", "Y")
    steps = "kept"
    rules: ClassVar = {"rate": _RATE}

    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        """Return s of shape (n,) and the unchanged shape."""
        return {"s": first_values(_at_rate(ones, self.rate), rng, input_shape[-1:], dtype)}, input_shape

    def forward(
        self, params: Params, x: Float[Array, "batch *axes n"], mode: Mode = INFERENCE
    ) -> tuple[Float[Array, "batch *axes n"], ScaleCache]:
        """Return Y = r s x."""
        _check(self, len(params["s"]), x)
        return self.rate * params["s"] * x, ScaleCache(x, params["s"])

    def backward(
        self, cache: ScaleCache, dy: Float[Array, "batch *axes n"], *, input_gradient: bool = True
    ) -> tuple[Float[Array, "batch *axes n"] | None, Params]:
        """Return dX and the gradient of s."""
        grads = {"s": self.rate * _sum_of_examples(cache.X * dy)}
        return (self.rate * cache.s * dy if input_gradient else None), grads


class NTKDenseCache(NamedTuple):
    """What the backward pass needs."""

    A: Array  # (batch, ..., n_in)
    W: Array  # (n_in, n_out)


@dataclass(frozen=True)
class NTKDense(Layer):
    r"""Connect every input to every unit, in the neural tangent parametrization: weights begin with variance 1.

    .. math:: Z = \frac{A W}{\sqrt{n_{in}}} + r\, b

    .. math::
        dA = \frac{dZ\, W^\top}{\sqrt{n_{in}}}, \qquad dW = \frac{1}{\sqrt{n_{in}}} \sum_{batch} A^\top dZ, \qquad
        db = r \sum_{batch} dZ

    A step of Adam changes all weights by as much, so that it changes the output less the more inputs there are, and one
    learning rate suits layers of every width. The sums run over the batch and every further leading axis.

    Parameters
    ----------
    units
        The number of outputs, n_out.
    bias_rate
        How many times as fast as W the bias r b learns with Adam. It begins with variance 1, like W.
    zero
        Whether W and b begin with zeros instead, as suits a last layer: it predicts nothing before it has learned.

    References
    ----------
    Jacot, Gabriel and Hongler, Neural tangent kernel, 2018, section 3; Holzmüller, Grinsztajn and Steinwart, Better by
    default: strong pre-tuned MLPs and boosted trees on tabular data, 2024, section 3.
    """

    units: int
    bias_rate: float = 1.0
    zero: bool = False
    symbols = ("A", "Z")
    steps = "kept"
    rules: ClassVar = {"units": Whole(1), "bias_rate": _RATE, "zero": Flag()}

    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        """Return W of shape (n_in, n_out), b of shape (n_out,), and the output shape (..., n_out)."""
        first = zeros if self.zero else standard_normal
        W = first_values(first, rng, (input_shape[-1], self.units), dtype)
        b = first_values(_at_rate(first, self.bias_rate), rng, (self.units,), dtype)
        return {"W": W, "b": b}, (*input_shape[:-1], self.units)

    def multiply_adds(self, params: Params, input_shape: Shape) -> int:
        """Return n_in * n_out for every position of the leading axes."""
        return math.prod(input_shape) * self.units

    def forward(
        self, params: Params, x: Float[Array, "batch *axes n_in"], mode: Mode = INFERENCE
    ) -> tuple[Float[Array, "batch *axes n_out"], NTKDenseCache]:
        """Return Z = x W / sqrt(n_in) + r b."""
        W = params["W"]
        _check(self, len(W), x)
        Z = product(x, W)
        Z *= 1 / math.sqrt(len(W))
        Z += self.bias_rate * params["b"]
        return Z, NTKDenseCache(x, W)

    def backward(
        self, cache: NTKDenseCache, dy: Float[Array, "batch *axes n_out"], *, input_gradient: bool = True
    ) -> tuple[Float[Array, "batch *axes n_in"] | None, Params]:
        """Return dA and the gradients of W and b."""
        n_in, n_out = cache.W.shape
        A, dZ = cache.A.reshape(-1, n_in), dy.reshape(-1, n_out)
        grads = {"b": self.bias_rate * dZ.sum(axis=0)}
        dZ = dZ * (1 / math.sqrt(n_in))
        if not input_gradient:
            return None, {"W": product(A.T, dZ)} | grads
        dW, dA = products((A.T, dZ), (dZ, cache.W.T))
        return dA.reshape(cache.A.shape), {"W": dW} | grads


class ParametricActivationCache(NamedTuple):
    """What the backward pass needs."""

    Z: Array  # (batch, ..., n)
    G: Array  # g(Z), in the shape of Z
    a: Array  # (n,)


@dataclass(frozen=True)
class ParametricActivation(Layer):
    r"""Mix the identity and a nonlinearity g, in a share that each unit learns and that starts at 1.

    .. math:: A = Z + r\, a \odot (g(Z) - Z)

    .. math::
        dZ = (1 - r\, a) \odot dA + r\, a \odot dA \odot g'(Z), \qquad da = r \sum_{batch} dA \odot (g(Z) - Z)

    Parameters
    ----------
    function
        The name of an activation in `chainrule.activations.ACTIVATIONS` that takes each number by itself.
    rate
        How many times as fast as other parameters the shares r a learn with Adam. a is kept as 1 / r at first.

    References
    ----------
    Holzmüller, Grinsztajn and Steinwart, Better by default: strong pre-tuned MLPs and boosted trees on tabular data,
    2024, section 3.
    """

    function: str
    rate: float = 1.0
    undecayed = ("a",)
    symbols = ("Z", "A")
    steps = "kept"
    rules: ClassVar = {"function": OneOf(_ELEMENTWISE), "rate": _RATE}

    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        """Return a of shape (n,) and the unchanged shape."""
        return {"a": first_values(_at_rate(ones, self.rate), rng, input_shape[-1:], dtype)}, input_shape

    def forward(
        self, params: Params, x: Float[Array, "batch *axes n"], mode: Mode = INFERENCE
    ) -> tuple[Float[Array, "batch *axes n"], ParametricActivationCache]:
        """Return A = x + r a (g(x) - x)."""
        a = params["a"]
        _check(self, len(a), x)
        G = ACTIVATIONS[self.function].value(x)
        return x + self.rate * a * (G - x), ParametricActivationCache(x, G, a)

    def backward(
        self, cache: ParametricActivationCache, dy: Float[Array, "batch *axes n"], *, input_gradient: bool = True
    ) -> tuple[Float[Array, "batch *axes n"] | None, Params]:
        """Return dZ and the gradient of a."""
        Z, G, a = cache
        grads = {"a": self.rate * _sum_of_examples(dy * (G - Z))}
        if not input_gradient:
            return None, grads
        _, backward, keeps = ACTIVATIONS[self.function]
        through = self.rate * a * dy
        return dy - through + backward(through, Z if keeps == "Z" else G), grads
