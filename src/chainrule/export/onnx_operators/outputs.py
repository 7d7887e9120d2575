"""The outputs of a model: the loss says what they are."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, Shape
from chainrule.equations.losses import BinaryCrossEntropy, CategoricalCrossEntropy, Loss, Poisson
from chainrule.export.onnx_operators.graph import Graph, Tensor
from chainrule.tables.targets import Target

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
    kind: str = "FLOAT"  # as ONNX calls the types of numbers


def add_outputs(graph: Graph, loss: Loss, logits: Tensor) -> list[Output]:
    """Add what `predict` returns, named `probabilities` or `prediction`; before it, for classes, `label`."""
    if loss.task == "regression":
        return [Output(activated(graph, loss, logits, "prediction"), logits.shape)]
    probabilities = Output(activated(graph, loss, logits, "probabilities"), logits.shape)
    return [_label(graph, loss, probabilities), probabilities]


def add_outputs_of_table(graph: Graph, loss: Loss, target: Target, logits: Tensor) -> list[Output]:
    """Add what a `TableModel` predicts: `label` and a column of `probabilities` for each class, or `prediction`."""
    from onnx import TensorProto

    P = activated(graph, loss, logits, "network")
    if target.task == "regression":
        values = graph.node("prediction/Cast", "Cast", [P], to=TensorProto.DOUBLE)
        values = graph.node("prediction/Squeeze", "Squeeze", [values, graph.initializer("axis", np.array([-1]))])
        scale, center = (graph.initializer(f"prediction.{name}", getattr(target, name)) for name in ("scale", "center"))
        values = graph.node("prediction/Mul", "Mul", [values, scale])
        return [Output(graph.node("prediction", "Add", [values, center]), (), "DOUBLE")]
    if logits.shape[-1] < len(target.classes):  # the probability of the second of two
        rest = graph.node("probabilities/Sub", "Sub", [graph.initializer("probabilities.one", np.float32(1)), P])
        probabilities = graph.node("probabilities", "Concat", [rest, P], axis=-1)
    else:
        probabilities = graph.node("probabilities", "Identity", [P])
    place = graph.node("label/ArgMax", "ArgMax", [probabilities], axis=-1, keepdims=0)
    label = graph.node("label", "Gather", [graph.initializer("classes", _classes(target)), place])
    kind = "BOOL" if target.boolean else "INT64" if target.whole else "STRING"
    return [Output(label, (), kind), Output(probabilities, (len(target.classes),))]


def _classes(target: Target) -> Array:
    """Return the classes in the type that `TableModel.predict` gives them."""
    if target.boolean:
        return np.array([name == "true" for name in target.classes])
    if target.whole:
        return np.array([int(name) for name in target.classes])
    return np.array(target.classes, object)


def activated(graph: Graph, loss: Loss, logits: Tensor, name: str) -> str:
    """Add the output activation that a loss owns."""
    operator, attributes = _ACTIVATIONS.get(type(loss), ("Identity", {}))
    return graph.node(name, operator, [logits.name], **attributes)


def _label(graph: Graph, loss: Loss, probabilities: Output) -> Output:
    """Add what `predict_classes` returns."""
    from onnx import TensorProto

    name, shape, _ = probabilities
    if loss.task == "multiclass":
        return Output(graph.node("label", "ArgMax", [name], axis=-1, keepdims=0), shape[:-1], "INT64")
    threshold = graph.initializer("label.threshold", np.float32(0.5))
    if shape[-1] == 1:
        axis = graph.initializer("label.axis", np.array([-1]))
        name, shape = graph.node("label/Squeeze", "Squeeze", [name, axis]), shape[:-1]
    yes = graph.node("label/Greater", "Greater", [name, threshold])
    return Output(graph.node("label", "Cast", [yes], to=TensorProto.INT64), shape, "INT64")
