"""Layers as JAX's users write them: plain functions whose gradients JAX takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

import chainrule as cr
from chainrule.layers import Activation, Layer, Sequential
from chainrule.layers.convolution import Conv1D, Conv2D


def _over_time(layer: Any, products: Any, cell: Callable[[Any, Any], Any], state: Any) -> Any:
    """Return all states of a cell, or the last one; a state is H, or H and more."""

    def step(state: Any, x: Any) -> Any:
        state = cell(state, x)
        return state, state[0]

    last, states = lax.scan(step, state, jnp.swapaxes(products, 0, 1))
    return jnp.swapaxes(states, 0, 1) if layer.sequence else last[0]


def _lstm(layer: Any, p: Any, x: Any) -> Any:
    def cell(state: Any, product: Any) -> Any:
        h, c = state
        i, f, g, o = jnp.split(product + h @ p["Wh"], 4, axis=1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        return jax.nn.sigmoid(o) * jnp.tanh(c), c

    zeros = jnp.zeros((len(x), layer.units), x.dtype)
    return _over_time(layer, x @ p["Wx"] + p["b"], cell, (zeros, zeros))


def _gru(layer: Any, p: Any, x: Any) -> Any:
    def cell(state: Any, product: Any) -> Any:
        (h,) = state
        of_input, of_state = jnp.split(product, 3, axis=1), jnp.split(h @ p["Wh"] + p["bh"], 3, axis=1)
        r, z = (jax.nn.sigmoid(a + b) for a, b in zip(of_input[:2], of_state[:2], strict=True))
        n = jnp.tanh(of_input[2] + r * of_state[2])
        return ((1 - z) * n + z * h,)

    return _over_time(layer, x @ p["Wx"] + p["bx"], cell, (jnp.zeros((len(x), layer.units), x.dtype),))


def _rnn(layer: Any, p: Any, x: Any) -> Any:
    def cell(state: Any, product: Any) -> Any:
        return (jnp.tanh(product + state[0] @ p["Wh"]),)

    return _over_time(layer, x @ p["Wx"] + p["b"], cell, (jnp.zeros((len(x), layer.units), x.dtype),))


def _convolution(layer: Any, p: Any, x: Any) -> Any:
    padding = "VALID" if layer.padding == "valid" else "SAME" if layer.padding == "same" else layer.per_axis("padding")
    return p["b"] + lax.conv_general_dilated(
        x,
        p["W"],
        layer.per_axis("stride"),
        padding,
        rhs_dilation=layer.per_axis("dilation"),
        dimension_numbers=("NWC", "WIO", "NWC") if x.ndim == 3 else ("NHWC", "HWIO", "NHWC"),
        feature_group_count=layer.groups,
    )


def _max_pool(layer: Any, p: Any, x: Any) -> Any:
    window = (1, layer.window, layer.window, 1)
    return lax.reduce_window(x, -jnp.inf, lax.max, window, window, "VALID")


def _normalized(layer: Any, p: Any, x: Any, axes: Any) -> Any:
    mean, variance = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    return p["gamma"] * (x - mean) * lax.rsqrt(variance + layer.epsilon) + p["beta"]


def _residual(layer: Any, p: Any, x: Any) -> Any:
    ours = [x if part is None else apply(part, q, x) for part, q in zip(layer.parts, p, strict=True)]
    return sum(ours[1:], ours[0])


def _sequential(layer: Any, p: Any, x: Any) -> Any:
    for part, own in zip(layer.layers, p, strict=True):
        x = apply(part, own, x)
    return x


_ACTIVATIONS = {"identity": lambda x: x, "relu": jax.nn.relu, "gelu": jax.nn.gelu, "tanh": jnp.tanh}
_LAYERS: Mapping[type[Layer], Callable[[Any, Any, Any], Any]] = {
    Activation: lambda layer, p, x: _ACTIVATIONS[layer.function](x),
    cr.BatchNorm: lambda layer, p, x: _normalized(layer, p, x, tuple(range(x.ndim - 1))),
    Conv1D: _convolution,
    Conv2D: _convolution,
    cr.Dense: lambda layer, p, x: x @ p["W"] + p["b"],
    cr.Embedding: lambda layer, p, x: p["W"][x],
    cr.Flatten: lambda layer, p, x: x.reshape(len(x), -1),
    cr.GRU: _gru,
    cr.GlobalAveragePool: lambda layer, p, x: x.mean(tuple(range(1, x.ndim - 1))),
    cr.LSTM: _lstm,
    cr.LayerNorm: lambda layer, p, x: _normalized(layer, p, x, -1),
    cr.MaxPool: _max_pool,
    cr.RNN: _rnn,
    cr.Residual: _residual,
    Sequential: _sequential,
}


def apply(layer: Layer, p: Any, x: Any) -> Any:
    """Return what a layer makes of x in training."""
    return _LAYERS[type(layer)](layer, p, x)


def forward_of(network: cr.Network) -> Callable[[Any, Any], Any]:
    """Return `forward(params, x)`, which gives the logits."""
    return lambda params, x: _sequential(network.body, params, x)
