"""Layers that do the same as simpler ones once their numbers do not change anymore."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, Params, Shape
from chainrule.layers import BatchNorm, Dense, NTKDense, RandomDense, Scale
from chainrule.layers.random_dense import pattern


class Linear(NamedTuple):
    """A dense layer, Z = A W + b."""

    W: Array  # (n_in, n_out)
    b: Array | None  # (n_out,)


class ScaleAndShift(NamedTuple):
    """A factor and a summand for each feature."""

    scale: Array  # (n,)
    shift: Array  # (n,)


def dense(layer: Dense | NTKDense | RandomDense, params: Params, input_shape: Shape) -> Linear:
    """Return the weights and biases of the dense layer that computes the same.

    The factors of NTKDense are multiplied into them; where RandomDense has no connection, its weight is 0.
    """
    W, b = params["W"], params.get("b")
    if isinstance(layer, NTKDense):
        return Linear((W / math.sqrt(len(W))).astype(W.dtype), (layer.bias_rate * b).astype(W.dtype))
    if isinstance(layer, RandomDense):
        return Linear(_with_all_connections(layer, W, input_shape[-1]), b)
    return Linear(W, b)


def _with_all_connections(layer: RandomDense, W: Array, n_in: int) -> Array:
    inputs = pattern(n_in, len(W), math.ceil(layer.units / layer.group), layer.seed).inputs
    full = np.zeros((n_in, layer.units), W.dtype)
    units = np.arange(layer.units)
    full[inputs[units // layer.group].T, units] = W
    return full


def scale_and_shift(layer: BatchNorm | Scale, params: Params) -> ScaleAndShift:
    """Return what a batch normalization or a Scale does to each feature at prediction, in float64."""
    wide: dict[str, Any] = {name: array.astype(np.float64) for name, array in params.items()}
    if isinstance(layer, Scale):
        return ScaleAndShift(layer.rate * wide["s"], np.zeros_like(wide["s"]))
    scale = wide["gamma"] / np.sqrt(wide["running_variance"] + layer.epsilon)
    return ScaleAndShift(scale, wide["beta"] - wide["running_mean"] * scale)
