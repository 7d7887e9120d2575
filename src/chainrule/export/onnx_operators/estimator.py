"""What an estimator of scikit-learn does around its network, in ONNX: scaled columns, labels, values in units of y."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.common.errors import InputError
from chainrule.common.settings import shown
from chainrule.equations.losses import Loss
from chainrule.export.onnx_operators.graph import INPUT, Graph, Tensor
from chainrule.export.onnx_operators.outputs import Output, activated

_LARGEST = 1e150  # its square is a number of float64, and what is scaled is as good as at its limit
_KINDS = {"b": "BOOL", "i": "INT64", "u": "INT64", "f": "DOUBLE", "U": "STRING", "O": "STRING"}
"""How ONNX calls the types of labels, by those of NumPy."""


def scaled(graph: Graph, estimator: Any) -> Tensor:
    """Add what turns raw columns, in float64, into the inputs of the network."""
    from onnx import TensorProto

    from chainrule.estimators.scaling import LIMIT

    def number(name: str, values: Any) -> str:
        return graph.initializer(f"columns.{name}", np.asarray(values, np.float64))

    z, scale = INPUT, estimator._scale
    if scale is not None:
        z = graph.node("columns/Sub", "Sub", [z, number("center", scale.center)])
        z = graph.node("columns/Mul", "Mul", [z, number("factor", scale.factor)])
        z = graph.node("columns/Clip", "Clip", [z, number("least", -_LARGEST), number("largest", _LARGEST)])
        share = graph.node("columns/Share", "Div", [z, number("limit", LIMIT)])
        squares = graph.node("columns/Squares", "Mul", [share, share])
        squares = graph.node("columns/Add", "Add", [squares, number("one", 1)])
        z = graph.node("columns/Div", "Div", [z, graph.node("columns/Sqrt", "Sqrt", [squares])])
    whole = estimator.network_.body.vocabulary_of_input is not None
    z = graph.node("columns/Cast", "Cast", [z], to=TensorProto.INT64 if whole else TensorProto.FLOAT)
    return Tensor(z, (estimator.n_features_in_,), whole=whole)


def add_outputs_of_estimator(graph: Graph, loss: Loss, targets: Any, logits: Tensor) -> list[Output]:
    """Add what `predict` returns, named `label` or `prediction`; and for classes, as `predict_proba`, `probabilities`.

    Raises
    ------
    InputError
        The labels are of a type that no output of a model has.
    """
    if loss.task == "regression":
        return [_values(graph, loss, targets, logits)]
    if targets.multilabel:
        P = activated(graph, loss, logits, "probabilities")
        return [Output(_above_zero(graph, logits, "label"), logits.shape, "INT64"), Output(P, logits.shape)]
    labels, kind = _labels(targets.labels)
    P, place = (_of_two if targets.outputs == 1 else _of_many)(graph, loss, logits)
    label = graph.node("label", "Gather", [graph.initializer("classes", labels), place])
    return [Output(label, (), kind), Output(P, labels.shape)]


def _of_two(graph: Graph, loss: Loss, logits: Tensor) -> tuple[str, str]:
    """Return the probabilities of two classes, and the place of the likelier one; the logit is that of the second."""
    second = activated(graph, loss, logits, "probabilities/second")
    against = logits._replace(name=graph.node("probabilities/Neg", "Neg", [logits.name]))
    first = activated(graph, loss, against, "probabilities/first")
    axis = graph.initializer("label.axis", np.array([-1]))
    place = graph.node("label/Squeeze", "Squeeze", [_above_zero(graph, logits, "label/Cast"), axis])
    return graph.node("probabilities", "Concat", [first, second], axis=-1), place


def _of_many(graph: Graph, loss: Loss, logits: Tensor) -> tuple[str, str]:
    place = graph.node("label/ArgMax", "ArgMax", [logits.name], axis=-1, keepdims=0)
    return activated(graph, loss, logits, "probabilities"), place


def _above_zero(graph: Graph, logits: Tensor, name: str) -> str:
    from onnx import TensorProto

    zero = graph.initializer("label.zero", np.float32(0))
    return graph.node(name, "Cast", [graph.node("label/Greater", "Greater", [logits.name, zero])], to=TensorProto.INT64)


def _labels(labels: Array) -> tuple[Array, str]:
    """Return labels in a type that ONNX has, and what it calls it."""
    kind = _KINDS.get(labels.dtype.kind)
    if kind == "STRING" and all(isinstance(label, str) for label in labels.tolist()):
        return labels.astype(object), kind
    if kind is None or kind == "STRING" or (kind == "INT64" and labels.max() > np.iinfo(np.int64).max):
        raise InputError(
            "The labels {labels} cannot be exported to ONNX, which knows texts, truth values and numbers: fit with "
            "y.astype(str).",
            labels=shown(labels[:5].tolist()),
        )
    return labels.astype({"BOOL": np.bool_, "INT64": np.int64, "DOUBLE": np.float64}[kind]), kind


def _values(graph: Graph, loss: Loss, targets: Any, logits: Tensor) -> Output:
    """Add predictions in the units of y, in float64."""
    from onnx import TensorProto

    values = activated(graph, loss, logits, "prediction/network")
    values = graph.node("prediction/Cast", "Cast", [values], to=TensorProto.DOUBLE)
    unit, center = (
        graph.initializer(f"prediction.{name}", np.asarray(numbers, np.float64))
        for name, numbers in (("unit", targets.unit), ("center", targets.center))
    )
    values = graph.node("prediction/Mul", "Mul", [values, unit])
    if targets.flat:
        values = graph.node("prediction/Add", "Add", [values, center])
        axis = graph.initializer("prediction.axis", np.array([-1]))
        return Output(graph.node("prediction", "Squeeze", [values, axis]), (), "DOUBLE")
    return Output(graph.node("prediction", "Add", [values, center]), logits.shape, "DOUBLE")
