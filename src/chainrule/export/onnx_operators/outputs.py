"""The outputs of a model: the loss says what they are."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Shape
from chainrule.common.errors import InputError
from chainrule.equations.losses import LOSSES, BinaryCrossEntropy, CategoricalCrossEntropy, Loss, Poisson
from chainrule.export.onnx_operators.graph import Graph, Tensor

_ACTIVATIONS: dict[type[Loss], tuple[str, dict[str, Any]]] = {
    BinaryCrossEntropy: ("Sigmoid", {}),
    CategoricalCrossEntropy: ("Softmax", {"axis": -1}),
    Poisson: ("Exp", {}),
}
"""The operators of the activations that losses own; the others own none."""


class Output(NamedTuple):
    """An output of a model."""

    name: str
    shape: Shape  # of one example
    whole: bool = False  # whether its numbers are int64


def add_outputs(graph: Graph, loss: Loss, logits: Tensor) -> list[Output]:
    """Add what `predict` returns, named `probabilities` or `prediction`; before it, for classes, `label`.

    Raises
    ------
    InputError
        The loss is none of chainrule's own, so what it owns is unknown.
    """
    if type(loss) not in LOSSES.values():
        raise InputError(
            "The loss {loss} cannot be exported to ONNX: it is none of chainrule's own losses, so the output "
            "activation that it owns is unknown. Build a network with the same layers and one of {known}, and give it "
            "the parameters.",
            loss=type(loss).__name__,
            known=", ".join(LOSSES),
        )
    operator, attributes = _ACTIVATIONS.get(type(loss), ("Identity", {}))
    if loss.task == "regression":
        return [Output(graph.node("prediction", operator, [logits.name], **attributes), logits.shape)]
    probabilities = Output(graph.node("probabilities", operator, [logits.name], **attributes), logits.shape)
    return [_label(graph, loss, probabilities), probabilities]


def _label(graph: Graph, loss: Loss, probabilities: Output) -> Output:
    """Add what `predict_classes` returns."""
    from onnx import TensorProto

    name, shape, _ = probabilities
    if loss.task == "multiclass":
        return Output(graph.node("label", "ArgMax", [name], axis=-1, keepdims=0), shape[:-1], whole=True)
    threshold = graph.initializer("label.threshold", np.float32(0.5))
    if shape[-1] == 1:
        axis = graph.initializer("label.axis", np.array([-1]))
        name, shape = graph.node("label/Squeeze", "Squeeze", [name, axis]), shape[:-1]
    yes = graph.node("label/Greater", "Greater", [name, threshold])
    return Output(graph.node("label", "Cast", [yes], to=TensorProto.INT64), shape, whole=True)
