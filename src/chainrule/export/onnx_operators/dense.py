"""Layers that connect units, and such as multiply each, in ONNX."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from chainrule.arrays import Array, Params
from chainrule.export.onnx_operators.activations import activated
from chainrule.export.onnx_operators.graph import Operator, Place, Tensor
from chainrule.layers import (
    Dense,
    Dropout,
    Embedding,
    NTKDense,
    ParametricActivation,
    RandomDense,
    Scale,
    SpatialDropout,
)
from chainrule.layers.random_dense import pattern


def _product(place: Place, x: Tensor, W: Array, b: Array | None) -> str:
    """Return the name of Z = x W + b."""
    weights = [place.parameter("W", W), *([] if b is None else [place.parameter("b", b)])]
    if len(x.shape) == 1:
        return place.node("Gemm", x.name, *weights)
    Z = place.node("MatMul", x.name, weights[0])
    return place.node("Add", Z, *weights[1:]) if len(weights) > 1 else Z


def _dense(place: Place, layer: Dense, params: Params, x: Tensor) -> str:
    return _product(place, x, params["W"], params.get("b"))


def _ntk_dense(place: Place, layer: NTKDense, params: Params, x: Tensor) -> str:
    W = params["W"]
    return _product(place, x, W / math.sqrt(len(W)), layer.bias_rate * params["b"])


def _random_dense(place: Place, layer: RandomDense, params: Params, x: Tensor) -> str:
    """Add one product with zeros where there is no connection: ONNX has no operator that leaves them out."""
    compact, n_in = params["W"], x.shape[-1]
    groups = pattern(n_in, len(compact), math.ceil(layer.units / layer.group), layer.seed).inputs
    W = np.zeros((n_in, layer.units), compact.dtype)
    for unit in range(layer.units):
        W[groups[unit // layer.group], unit] = compact[:, unit]
    return _product(place, x, W, params["b"])


def _scale(place: Place, layer: Scale, params: Params, x: Tensor) -> str:
    return place.node("Mul", x.name, place.parameter("s", layer.rate * params["s"]))


def _parametric_activation(place: Place, layer: ParametricActivation, params: Params, x: Tensor) -> str:
    difference = place.node("Sub", activated(place, layer.function, x.name), x.name)
    share = place.node("Mul", difference, place.parameter("a", layer.rate * params["a"]))
    return place.node("Add", x.name, share)


def _embedding(place: Place, layer: Embedding, params: Params, x: Tensor) -> str:
    from onnx import TensorProto

    indices = x.name if x.whole else place.node("Cast", x.name, to=TensorProto.INT64)
    return place.node("Gather", place.parameter("W", params["W"]), indices, axis=0)


def _dropout(place: Place, layer: Dropout, params: Params, x: Tensor) -> str:
    return place.node("Identity", x.name)


OPERATORS: dict[type[Any], Operator] = {
    Dense: _dense,
    NTKDense: _ntk_dense,
    RandomDense: _random_dense,
    Scale: _scale,
    ParametricActivation: _parametric_activation,
    Embedding: _embedding,
    Dropout: _dropout,
    SpatialDropout: _dropout,
}
