"""Layers that users write without the base class: given the methods that networks also need."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.arrays import INFERENCE, Array, Mode, Params, Shape, map_leaves, namespace
from chainrule.common.errors import InputError
from chainrule.common.settings import Each, Refusal, Rule, made
from chainrule.layers.base import Layer

_METHODS = ("init", "forward", "backward")


@dataclass(frozen=True, eq=False)
class OwnLayer(Layer):
    """A user's object with init, forward and backward, as a `Layer`.

    Its `init` may do without `dtype`, its `forward` without `mode` and its `backward` without `input_gradient`.
    """

    layer: Any

    @property
    def label(self) -> str:
        """The name of the user's class."""
        return type(self.layer).__name__

    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        """Return the layer's parameters in the dtype, and the output shape."""
        more = {"dtype": dtype} if _takes(self.layer.init, "dtype") else {}
        params, shape = self.layer.init(rng, input_shape, **more)
        return map_leaves(lambda p: np.asarray(p, dtype), params), tuple(shape)

    def forward(self, params: Params, x: Array, mode: Mode = INFERENCE) -> tuple[Array, Any]:
        """Return what the layer's forward returns."""
        more = {"mode": mode} if _takes(self.layer.forward, "mode") else {}
        try:
            y, cache = self.layer.forward(params, x, **more)
        except TypeError as error:
            if namespace(x) is not np and "Tracer" in type(error).__name__:
                raise InputError(
                    f"{self.label} computes with NumPy's own functions, which JAX cannot trace: take xp = "
                    'x.__array_namespace__() and write xp.maximum(...), or train with engine="numpy".'
                ) from error
            raise
        return y, cache

    def backward(self, cache: Any, dy: Array, *, input_gradient: bool = True) -> tuple[Array | None, Params]:
        """Return what the layer's backward returns."""
        more = {"input_gradient": input_gradient} if _takes(self.layer.backward, "input_gradient") else {}
        dx, grads = self.layer.backward(cache, dy, **more)
        return (dx if input_gradient else None), grads


class LayerRule(Rule):
    """A layer: an object with init, forward and backward, kept as a `Layer`."""

    text = "a layer"

    def normal(self, value: Any) -> Layer:
        """Return a layer as it is, and an object of the user's own that has the three methods as an `OwnLayer`."""
        if isinstance(value, Layer):
            return value
        computes = all(callable(getattr(value, method, None)) for method in _METHODS)
        if computes and not isinstance(value, type):
            return OwnLayer(value)
        makes_layers = getattr(value, "__module__", "").startswith(__package__) and hasattr(value, "__name__")
        raise Refusal(made(value) if computes or makes_layers else "")


LAYER = LayerRule()
LAYERS = Each(LAYER, "a list of layers", least=0)


def _takes(method: Callable[..., Any], name: str) -> bool:
    parameters = inspect.signature(method).parameters
    return name in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())
