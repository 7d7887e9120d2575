"""Nonlinearities as layers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, NamedTuple

import numpy as np

from chainrule.arrays import INFERENCE, Array, Float, Mode, Params, Shape
from chainrule.common.errors import InputError
from chainrule.common.formulas import equations_in
from chainrule.common.settings import Maybe, Number, OneOf, number
from chainrule.equations.activations import ACTIVATIONS
from chainrule.layers.base import Layer

_DEFAULT_ALPHA = {"leaky_relu": 0.01, "elu": 1.0}


class ActivationCache(NamedTuple):
    """What the backward pass needs."""

    kept: Array  # Z or A, whichever the derivative is computed from


@dataclass(frozen=True)
class Activation(Layer):
    r"""Apply a nonlinearity g.

    .. math:: A = g(Z), \qquad dZ = dA \cdot g'(Z)

    For softmax and log-softmax, whose outputs depend on the whole row, g' is the Jacobian of the row.

    Parameters
    ----------
    function
        A name in `chainrule.activations.ACTIVATIONS`, where the equation of each is.
    alpha
        The parameter of leaky_relu (0.01 unless given) and elu (1.0 unless given); the others have none.

    References
    ----------
    Rumelhart, Hinton and Williams, Learning representations by back-propagating errors, 1986.
    """

    function: str
    alpha: float | None = None
    has_parameters = False
    symbols = ("Z", "A")
    steps = "kept"
    rules: ClassVar = {"function": OneOf(ACTIVATIONS), "alpha": Maybe(Number(0))}

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.alpha is not None and self.function not in _DEFAULT_ALPHA:
            raise InputError(
                "{function} has no alpha, but alpha={alpha}; leaky_relu and elu have one.",
                function=self.function,
                alpha=self.alpha,
            )
        if self.alpha is None:
            object.__setattr__(self, "alpha", _DEFAULT_ALPHA.get(self.function))

    @property
    def label(self) -> str:
        """The name of the function."""
        return self.function

    @property
    def equations(self) -> tuple[str, ...]:
        """Those of the function that is applied."""
        return equations_in(ACTIVATIONS[self.function].value.__doc__)

    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        """Return no parameters and the unchanged shape."""
        return {}, input_shape

    def forward(
        self, params: Params, x: Float[Array, "*shape"], mode: Mode = INFERENCE
    ) -> tuple[Float[Array, "*shape"], ActivationCache]:
        """Return A = g(x)."""
        value, _, keeps = ACTIVATIONS[self.function]
        A = value(x) if self.alpha is None else value(x, alpha=self.alpha)
        return A, ActivationCache(x if keeps == "Z" else A)

    def backward(
        self, cache: ActivationCache, dy: Float[Array, "*shape"], *, input_gradient: bool = True
    ) -> tuple[Float[Array, "*shape"] | None, Params]:
        """Return dZ = dy * g'(Z)."""
        if not input_gradient:
            return None, {}
        backward = ACTIVATIONS[self.function].backward
        return (backward(dy, cache.kept) if self.alpha is None else backward(dy, cache.kept, alpha=self.alpha)), {}


def LeakyReLU(alpha: float = 0.01) -> Activation:
    """Return the layer of `chainrule.activations.leaky_relu`."""
    return Activation("leaky_relu", number("LeakyReLU", "alpha", alpha, least=0))


def ELU(alpha: float = 1.0) -> Activation:
    """Return the layer of `chainrule.activations.elu`."""
    return Activation("elu", number("ELU", "alpha", alpha, least=0))


def GELU(approximate: bool = True) -> Activation:
    """Return the layer of `chainrule.activations.gelu`, the tanh form, or of `chainrule.activations.gelu_exact`.

    Parameters
    ----------
    approximate
        Whether to take the tanh form, which is faster and at most 5e-4 off.
    """
    return Activation("gelu" if approximate else "gelu_exact")


def __getattr__(name: str) -> Callable[[], Activation]:
    """Return the function that makes the layer of an activation without settings, such as `LogSoftmax` of log_softmax.

    Which of them are public, and their capitals, stand in the list of layers.
    """
    function = {known.replace("_", ""): known for known in ACTIVATIONS}.get(name.lower())
    if function is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _named(name, function)


@cache  # one object for a name, as of a function that is written down: pickle insists on it
def _named(name: str, function: str) -> Callable[[], Activation]:
    def layer() -> Activation:
        return Activation(function)

    layer.__name__ = layer.__qualname__ = name
    layer.__doc__ = f"Return the layer of `chainrule.activations.{function}`."
    return layer
