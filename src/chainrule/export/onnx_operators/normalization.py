"""Normalization in ONNX."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.arrays import Params
from chainrule.export.onnx_operators.axes import channels_first, channels_last
from chainrule.export.onnx_operators.graph import Operator, Place, Tensor
from chainrule.export.onnx_operators.steps import cleared, mask
from chainrule.layers import BatchNorm, GroupNorm, LayerNorm, RMSNorm

_FAR = 8  # standard deviations


def _batch_norm(place: Place, layer: BatchNorm, params: Params, x: Tensor) -> str:
    axes, name = len(x.shape) - 1, x.name
    mean, variance = params["running_mean"], params["running_variance"]
    # Runtimes compute scale * x + shift, which loses the digits of a mean that is large beside the deviation.
    if (np.abs(mean) > _FAR * np.sqrt(variance + layer.epsilon)).any():
        name, mean = place.node("Sub", name, place.parameter("running_mean", mean)), np.zeros_like(mean)
    values = {
        "gamma": params["gamma"],
        "beta": params["beta"],
        "running_mean": mean,
        "running_variance": variance,
    }
    arrays = [place.parameter(parameter, value) for parameter, value in values.items()]
    X = channels_first(place, name, axes) if axes else name
    Y = place.node("BatchNormalization", X, *arrays, epsilon=layer.epsilon)
    return cleared(place, x._replace(name=channels_last(place, Y, axes) if axes else Y))


def _layer_norm(place: Place, layer: LayerNorm, params: Params, x: Tensor) -> str:
    arrays = [place.parameter(name, params[name]) for name in ("gamma", "beta")]
    # Runtimes take the variance as the mean of squares minus the square of the mean, which loses the digits of inputs
    # that are far from 0.
    centered = place.node("Sub", x.name, place.node("ReduceMean", x.name, place.integers("axes", [-1])))
    return place.node("LayerNormalization", centered, *arrays, axis=-1, epsilon=layer.epsilon)


def _rms_norm(place: Place, layer: RMSNorm, params: Params, x: Tensor) -> str:
    squares = place.node("ReduceMean", place.node("Mul", x.name, x.name), place.integers("axes", [-1]))
    r = place.node("Sqrt", place.node("Add", squares, place.parameter("epsilon", layer.epsilon)))
    return place.node("Mul", place.node("Div", x.name, r), place.parameter("gamma", params["gamma"]))


def _group_norm(place: Place, layer: GroupNorm, params: Params, x: Tensor) -> str:
    """Add the equation step by step: ONNX's own operator knows no padded steps."""
    n = x.shape[-1]
    X = place.node("Reshape", x.name, place.integers("grouped", [0, -1, layer.groups, n // layer.groups]))
    axes = place.integers("axes", [1, 3])
    weights = _shares(place) if x.steps else None

    def mean(X: str) -> str:
        if weights is None:
            return place.node("ReduceMean", X, axes)
        means = place.node("ReduceMean", X, place.integers("last", [3]))
        return place.node("ReduceSum", place.node("Mul", means, weights), place.integers("time", [1]))

    X = place.node("Sub", X, mean(X))
    X = place.node("Sub", X, mean(X))  # of the rounding error that the first mean has where inputs are far from 0
    variance = mean(place.node("Mul", X, X))
    deviation = place.node("Sqrt", place.node("Add", variance, place.parameter("epsilon", layer.epsilon)))
    X = place.node("Div", X, deviation)
    # 0 takes over the length of a sequence; height and width are not there any more to be taken over.
    lengths = [0] if len(x.shape) == 2 else x.shape[:-1]
    X_hat = place.node("Reshape", X, place.integers("shape", [0, *lengths, n]))
    Y = place.node("Mul", X_hat, place.parameter("gamma", params["gamma"]))
    Y = place.node("Add", Y, place.parameter("beta", params["beta"]))
    return cleared(place, x._replace(name=Y))


def _shares(place: Place) -> str:
    """Return the share of each step in a mean over time, 0 for padding: (batch, time, 1, 1)."""
    steps = place.node("ReduceSum", mask(place.graph), place.integers("time", [1]))
    steps = place.node("Max", steps, place.parameter("least", 1.0))
    return place.node("Unsqueeze", place.node("Div", mask(place.graph), steps), place.integers("last", [3]))


OPERATORS: dict[type[Any], Operator] = {
    BatchNorm: _batch_norm,
    LayerNorm: _layer_norm,
    RMSNorm: _rms_norm,
    GroupNorm: _group_norm,
}
