"""Normalizations with their stored scales, biases and statistics."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from chainrule.common.errors import FileFormatError
from chainrule.files.onnx_in.building import Array
from chainrule.files.onnx_in.layout import Tensor
from chainrule.files.onnx_in.reading import Operation
from chainrule.files.onnx_in.values import Values
from chainrule.layers import BatchNorm, GroupNorm, Layer, LayerNorm, RMSNorm


def _normalized(
    values: Values, operation: Operation, layer: Layer, tensor: Tensor, features: int, params: dict[str, Array]
) -> Tensor:
    """Return the output of a layer whose parameters have one number for each feature along an axis of the file."""
    x = values.building.by_features(tensor, features)
    ordered = {name: x.features(array.reshape(-1)) for name, array in params.items()}
    source, shape = values.building.layer(operation.name, layer, x.source, x.shape, ordered)
    return replace(values.building.placed(tensor), source=source, shape=shape)


def batch_normalization(values: Values, operation: Operation) -> Tensor:
    """Return the normalization by stored statistics, which training goes on to move."""
    settings = operation.attributes
    if settings.get("training_mode", 0):
        raise FileFormatError("is in training mode; export the model in inference mode (PyTorch: model.eval()).")
    names = ("gamma", "beta", "running_mean", "running_variance")
    params = {name: values.array(operation, index) for index, name in enumerate(names, 1)}
    layer = BatchNorm(settings.get("momentum", 0.9), settings.get("epsilon", 1e-5))
    return _normalized(values, operation, layer, values.tensor(operation), 1, params)


def layer_normalization(values: Values, operation: Operation) -> Tensor:
    """Return the normalization of each example by its own features."""
    tensor = values.tensor(operation)
    last = _last_axis(tensor, operation)
    gamma, beta = values.array(operation, 1), values.optional(operation, 2)
    params = {"gamma": gamma, "beta": np.zeros_like(gamma) if beta is None else beta}
    return _normalized(values, operation, LayerNorm(operation.attributes.get("epsilon", 1e-5)), tensor, last, params)


def rms_normalization(values: Values, operation: Operation) -> Tensor:
    """Return the normalization of each example by the size of its own features."""
    tensor = values.tensor(operation)
    params = {"gamma": values.array(operation, 1)}
    layer = RMSNorm(operation.attributes.get("epsilon", 1e-5))
    return _normalized(values, operation, layer, tensor, _last_axis(tensor, operation), params)


def _last_axis(tensor: Tensor, operation: Operation) -> int:
    last = len(tensor.axes) - 1
    if tensor.axis(operation.attributes.get("axis", -1)) != last:
        raise FileFormatError("normalizes over several axes, but chainrule's layer does over the last one.")
    return last


def groups_of_features(values: Values, operation: Operation) -> Tensor:
    """Return the normalization of groups of channels that come last, as `export.onnx` spells it."""
    tensor = values.tensor(operation)
    groups = int(values.array(operation, 3)[-2])
    for index in range(4, len(operation.inputs)):  # the share of each step in a mean over time
        if not np.allclose(values.array(operation, index) * math.prod(tensor.sizes[1:-1]), 1):
            raise FileFormatError("weighs its steps, which no layer does.")
    params = {name: values.array(operation, index) for index, name in enumerate(("gamma", "beta"), 1)}
    layer = GroupNorm(groups, operation.attributes["epsilon"])
    return _normalized(values, operation, layer, tensor, len(tensor.axes) - 1, params)


def group_normalization(values: Values, operation: Operation) -> Tensor:
    """Return the normalization of groups of channels; without a number of groups each channel is one."""
    tensor, settings = values.tensor(operation), operation.attributes
    channels = tensor.sizes[1]
    groups = settings.get("num_groups", channels)
    params = {name: values.array(operation, index) for index, name in enumerate(("gamma", "beta"), 1)}
    if len(operation.inputs) > 3:  # spelled as an instance normalization whose own scales and biases do nothing
        ones, zeros = values.array(operation, 4), values.array(operation, 5)
        if (ones != 1).any() or zeros.any():
            raise FileFormatError("scales each group before each channel, for which there is no layer.")
    if all(array.size == groups != channels for array in params.values()):  # as before opset 21
        params = {name: np.repeat(array, channels // groups) for name, array in params.items()}
    return _normalized(values, operation, GroupNorm(groups, settings.get("epsilon", 1e-5)), tensor, 1, params)
