"""Activations in ONNX."""

from __future__ import annotations

from typing import Any

from chainrule.arrays import Params
from chainrule.export.onnx_operators.graph import Operator, Place, Tensor
from chainrule.layers import Activation

_SINGLE: dict[str, tuple[str, dict[str, Any]]] = {
    "identity": ("Identity", {}),
    "sigmoid": ("Sigmoid", {}),
    "tanh": ("Tanh", {}),
    "relu": ("Relu", {}),
    "leaky_relu": ("LeakyRelu", {}),
    "elu": ("Elu", {}),
    "selu": ("Selu", {}),
    "gelu": ("Gelu", {"approximate": "tanh"}),
    "gelu_exact": ("Gelu", {"approximate": "none"}),
    "mish": ("Mish", {}),
    "softplus": ("Softplus", {}),
    "softsign": ("Softsign", {}),
    "softmax": ("Softmax", {"axis": -1}),
    "log_softmax": ("LogSoftmax", {"axis": -1}),
}
"""The operator of each activation that is one, with its attributes."""


def activated(place: Place, function: str, Z: str, alpha: float | None = None) -> str:
    """Return the name of A = g(Z); without alpha, the operators take that of our functions."""
    from onnx import TensorProto

    if function == "step":
        return place.node("Cast", place.node("Greater", Z, place.parameter("zero", 0.0)), to=TensorProto.FLOAT)
    if function == "silu":
        return place.node("Mul", Z, place.node("Sigmoid", Z))
    operator, attributes = _SINGLE[function]
    return place.node(operator, Z, **(attributes if alpha is None else {"alpha": alpha}))


def _activation(place: Place, layer: Activation, params: Params, x: Tensor) -> str:
    return activated(place, layer.function, x.name, layer.alpha)


OPERATORS: dict[type[Any], Operator] = {Activation: _activation}
