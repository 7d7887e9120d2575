"""How layers are connected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.arrays import INFERENCE, Array, Float, Mode, Params, Shape
from chainrule.layers.base import Layer


@dataclass(frozen=True)
class Sequential(Layer):
    r"""Layers one after another; a layer itself.

    .. math:: x_{i+1} = f_i(x_i), \qquad dx_i = dx_{i+1}\, \frac{\partial f_i}{\partial x_i}

    Parameters, gradients and caches are tuples with one entry per layer.

    Parameters
    ----------
    layers
        The layers from input to output.

    References
    ----------
    The chain rule: Leibniz, 1676; as backpropagation through layers: Rumelhart, Hinton and Williams, 1986.
    """

    layers: Sequence[Layer]

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", tuple(self.layers))

    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        """Return the layers' parameters and the last layer's output shape."""
        params, shape = [], input_shape
        for layer in self.layers:
            layer_params, shape = layer.init(rng, shape, dtype)
            params.append(layer_params)
        return tuple(params), shape

    def forward(
        self, params: Params, x: Float[Array, "batch *in"], mode: Mode = INFERENCE
    ) -> tuple[Float[Array, "batch *out"], tuple[Any, ...]]:
        """Return the last layer's output and every layer's cache."""
        caches = []
        for i, layer in enumerate(self.layers):
            x, cache = layer.forward(params[i], x, mode.fold(i))
            caches.append(cache)
        return x, tuple(caches)

    def backward(
        self, cache: tuple[Any, ...], dy: Float[Array, "batch *out"], *, input_gradient: bool = True
    ) -> tuple[Float[Array, "batch *in"] | None, Params]:
        """Return the gradients of the input and of every layer's parameters."""
        first = 0 if input_gradient else self._first_with_parameters()
        grads: list[Params] = [{}] * len(self.layers)
        for i in range(len(self.layers) - 1, first - 1, -1):
            dy, grads[i] = self.layers[i].backward(cache[i], dy, input_gradient=input_gradient or i > first)
        return dy if input_gradient else None, tuple(grads)

    def update_statistics(self, params: Params, cache: tuple[Any, ...]) -> Params:
        """Return the parameters with every layer's new running statistics."""
        each = zip(self.layers, params, cache, strict=True)
        return tuple(layer.update_statistics(p, c) for layer, p, c in each)

    def multiply_adds(self, params: Params, input_shape: Shape) -> int:
        """Return the sum over the layers."""
        total, x = 0, np.zeros((1, *input_shape), np.float32)
        for layer, p in zip(self.layers, params, strict=True):
            total += layer.multiply_adds(p, x.shape[1:])
            x, _ = layer.forward(p, x)
        return total

    def _first_with_parameters(self) -> int:
        return next((i for i, layer in enumerate(self.layers) if layer.has_parameters), len(self.layers))
