"""Activations and dropout: layers that compute each number by itself, or along the features."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.common.errors import FileFormatError
from chainrule.files.onnx_in.layout import Tensor
from chainrule.files.onnx_in.reading import Operation, shortest
from chainrule.files.onnx_in.values import Values
from chainrule.layers import Activation, Dropout, Layer, ParametricActivation

_PLAIN = {
    "Relu": "relu",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Step": "step",
    "Mish": "mish",
}
_SELU = {"alpha": 1.6732632423543772, "gamma": 1.0507009873554805}


def _only(operation: Operation, **usual: float) -> None:
    """Raise an error for a setting that chainrule's activation does not have."""
    for name, number in usual.items():
        if not math.isclose(operation.attributes.get(name, number), number, rel_tol=1e-4):
            raise FileFormatError(
                "has {name}={value}, but chainrule's activation has {usual}.",
                name=name,
                value=operation.attributes[name],
                usual=number,
            )


def _selu(operation: Operation) -> Layer:
    _only(operation, **_SELU)
    return Activation("selu")


def _swish(operation: Operation) -> Layer:
    _only(operation, alpha=1.0)
    return Activation("silu")


def _gelu(operation: Operation) -> Layer:
    return Activation("gelu" if operation.attributes.get("approximate") == "tanh" else "gelu_exact")


def _with_alpha(function: str, usual: float) -> Callable[[Operation], Layer]:
    def layer(operation: Operation) -> Layer:
        alpha = operation.attributes.get("alpha", usual)
        if alpha < 0:
            raise FileFormatError("has alpha={alpha}, but chainrule's activation takes 0 or more.", alpha=alpha)
        return Activation(function, alpha)

    return layer


LAYERS: dict[str, Callable[[Operation], Layer]] = {
    "Elu": _with_alpha("elu", 1.0),
    "Gelu": _gelu,
    "LeakyRelu": _with_alpha("leaky_relu", 0.01),
    "Selu": _selu,
    "Swish": _swish,
}
"""What makes the layer of an operator that has settings."""


def activation(values: Values, operation: Operation) -> Tensor:
    """Return an activation of each number."""
    plain = _PLAIN.get(operation.kind)
    layer = LAYERS[operation.kind](operation) if plain is None else Activation(plain)
    return values.building.elementwise(operation.name, layer, values.tensor(operation))


def along_features(values: Values, operation: Operation) -> Tensor:
    """Return the softmax, or its logarithm, along the axis that is our last one."""
    tensor = values.tensor(operation)
    axis = tensor.axis(softmax_axis(operation, values.opset))
    x = values.building.by_features(tensor, axis)
    function = "softmax" if operation.kind == "Softmax" else "log_softmax"
    source, shape = values.building.layer(operation.name, Activation(function), x.source, x.shape)
    return Tensor(source, shape, values.building.placed(tensor).axes)


def softmax_axis(operation: Operation, opset: int) -> int:
    """Return the axis of a softmax; before opset 13 all axes from it on, which is one if it is the last."""
    axis: int = operation.attributes.get("axis", -1 if opset >= 13 else 1)
    return axis


def clip(values: Values, operation: Operation) -> Tensor:
    """Return what is not below 0, which is ReLU."""
    settings = operation.attributes
    if operation.kind == "Max":
        least, most = next((values.array(operation, i) for i in (0, 1) if _stored(values, operation, i)), None), None
        tensor = values.tensor(operation, 1 if _stored(values, operation, 0) else 0)
    else:
        least, most = (
            settings.get("min", values.optional(operation, 1)),
            settings.get("max", values.optional(operation, 2)),
        )
        tensor = values.tensor(operation)
    if least is None or np.any(least) or most is not None:
        raise FileFormatError("cuts numbers off elsewhere than at 0 from below, for which there is no layer.")
    return values.building.elementwise(operation.name, Activation("relu"), tensor)


def _stored(values: Values, operation: Operation, index: int) -> bool:
    return isinstance(values.by_name.get(operation.input(index)), np.ndarray)


def parametric_relu(values: Values, operation: Operation) -> Tensor:
    """Return ReLU with a learned slope p below 0: a mix of the share 1 - p of ReLU with the identity."""
    tensor, slope = values.tensor(operation), values.array(operation, 1)
    axis = (
        len(tensor.axes) - slope.ndim + int(np.argmax(slope.shape)) if slope.size > 1 else min(1, len(tensor.axes) - 1)
    )
    x = values.building.by_features(tensor, axis)
    if slope.size not in (1, x.shape[-1]):
        raise FileFormatError("has slopes of shape {shape}, but layers have one for each feature.", shape=slope.shape)
    a = x.features(np.broadcast_to(1 - slope.reshape(-1), (x.shape[-1],)))
    source, shape = values.building.layer(operation.name, ParametricActivation("relu"), x.source, x.shape, {"a": a})
    return Tensor(source, shape, values.building.placed(tensor).axes)


def mix(values: Values, operation: Operation) -> Tensor:
    """Return x + a (g(x) - x), a mix of an activation with the identity."""
    activated, x, share = values.tensor(operation), values.tensor(operation, 1), values.array(operation, 2)
    x, part = values.building.placed(x), values.part(activated)
    layer = part.operation if part is not None else None
    if (
        part is None
        or not isinstance(layer, Activation)
        or layer != Activation(layer.function)
        or part.inputs != (x.source,)
        or activated.axes != x.axes
    ):
        raise FileFormatError("mixes other values than those before and after an activation.")
    features = values.building.by_features(x, len(x.axes) - 1)
    a = features.features(np.broadcast_to(share.reshape(-1), (features.shape[-1],)))
    source, shape = values.building.layer(
        operation.name, ParametricActivation(layer.function), features.source, features.shape, {"a": a}
    )
    return Tensor(source, shape, x.axes)


def dropout(values: Values, operation: Operation) -> Tensor:
    """Return a dropout, which is for training only."""
    ratio: Any = operation.attributes.get("ratio")
    stored = values.optional(operation, 1)
    if ratio is None:
        ratio = 0.5 if stored is None else shortest(stored.item())
    layer = Dropout(ratio)
    return values.building.elementwise(operation.name, layer, values.tensor(operation))
