"""A network as an ONNX model, which onnxruntime and many other programs run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from chainrule.arrays import Shape
from chainrule.common import atomic
from chainrule.common.errors import InputError, missing_extra
from chainrule.common.version import __version__
from chainrule.export.checks import check_loss, check_network, is_estimator, network_of, path_of, takes_mask
from chainrule.export.onnx_operators.columns import KINDS, check_columns, prepared
from chainrule.export.onnx_operators.estimator import add_outputs_of_estimator, scaled
from chainrule.export.onnx_operators.graph import INPUT, Graph, Place, Tensor
from chainrule.export.onnx_operators.outputs import Output, add_outputs, add_outputs_of_table
from chainrule.export.onnx_operators.steps import LENGTHS, NO_PADDING
from chainrule.export.onnx_operators.table import OPERATORS
from chainrule.network import Network
from chainrule.tables import TableModel
from chainrule.tables.encoders import Categorical

OPSET, IR_VERSION = 20, 9  # of January 2024: the first with Gelu, and read by onnxruntime 1.17 and newer
_LARGEST = 2**31 - 2**20  # bytes of a model: protobuf's limit, with room for the nodes


def onnx(model: Any, path: str | Path) -> None:
    """Write a network, a model of a table or an estimator as an ONNX model (the extra `onnx`).

    That of a network takes what `predict` takes, as an input named `input` of any batch size: float32, or int64 where
    words are looked up. A sequence may have any length, unless a layer (`Flatten`, `Reshape`, padding "same" with a
    stride) holds only for that of training. Where the network takes a mask that matters, there is an optional input
    `lengths`, int64 of shape (batch,): how many steps of each sequence hold data, with the padding behind them; a
    number above the steps that are there counts all of them. onnxruntime says once, as it loads such a model, that
    `lengths` is no constant, which is meant to be so; its ``SessionOptions`` with ``log_severity_level = 3`` say
    nothing.

    A classifier has the outputs `label`, what `predict_classes` returns, and `probabilities`, what `predict` returns; a
    regression has `prediction`. Initializers have the names that parameters have in model files, such as "0.W", and
    nodes begin with the layer's number and its name in `summary`. The metadata hold chainrule's version, the loss, the
    classes, and the names of the columns and the scale of the inputs, if they are known.

    A model of a table takes raw columns, each as an input of shape (batch, 1) with the column's name: numbers as
    float64, NaN where they are missing; categories and truth values as texts without blanks around them, "" where they
    are missing. What is written for people ("1,234 €") is read before. It has the outputs `label`, the classes as
    `TableModel.predict` gives them, and `probabilities` with a column for each; or `prediction` in the units of the
    table, as float64. The metadata hold the classes and the categories that training knew. Columns of dates and
    pictures are refused, and so are models that predict from the rows before.

    An estimator takes raw rows as the input `input`, float64 of shape (batch, features), and scales them inside. A
    `NetworkClassifier` has the outputs `label`, what its `predict` returns (texts as texts), and `probabilities`, what
    `predict_proba` returns; a `NetworkRegressor` has `prediction`, in the units of y, as float64. Where there are
    several answers for each row, these have a column for each. The metadata hold the classes, and the names of the
    columns if they had names.

    Parameters
    ----------
    model
        A `Network` with parameters, a `TableModel`, or a fitted `NetworkClassifier` or `NetworkRegressor`. The network
        computes in float32, and parameters in float64 are rounded, because runtimes lack many operators in float64.
    path
        The file, whose name ends with .onnx. It is written beside its destination and then renamed; a folder that is
        missing is made.

    Raises
    ------
    InputError
        If the network has no parameters yet or such as are beyond float32, if it holds a layer or a loss of your own,
        or takes more than 2 GB; if it is a model of a table with a column of dates or pictures, or one that predicts
        from the rows before; if it is an estimator that is not fitted, or with labels that ONNX has no type for; or if
        the path is a folder, a device or a pipe. Nothing is written then.
    MissingExtraError
        If the package onnx is not installed.
    UnwritableError
        If the disk is full, or writing is not permitted.

    Examples
    --------
    >>> import chainrule as cr
    >>> network = cr.Network.mlp([784, 50, 10])
    >>> cr.export.onnx(network, "digits.onnx")  # doctest: +SKIP
    """
    network = network_of("export.onnx", model)
    check_network("export.onnx", network)
    check_loss(network)
    path = path_of("export.onnx", path, ".onnx")
    content = _content(model)
    atomic.make_folder(path.parent)
    atomic.write(path, content)


def _content(model: Any) -> bytes:
    try:
        from onnx import checker, helper, shape_inference
    except ImportError as error:
        raise missing_extra("Writing ONNX", "onnx", "onnx") from error
    if isinstance(model, TableModel):
        graph, metadata = _of_table(model)
    else:
        graph, metadata = _of_estimator(model) if is_estimator(model) else _of_network(model)
    size = sum(len(array.raw_data) for array in graph.initializer)
    if size > _LARGEST:
        raise InputError(
            "The network's arrays take {size:.1f} GB, but a file of ONNX holds at most 2 GB: save the network with "
            "chainrule.save.",
            size=size / 1e9,
        )
    proto = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="chainrule",
        producer_version=__version__,
    )
    helper.set_model_props(proto, {"chainrule_version": __version__, **metadata})
    proto = shape_inference.infer_shapes(proto, strict_mode=True)
    checker.check_model(proto, full_check=True)
    content: bytes = proto.SerializeToString()
    return content


def _of_network(network: Network) -> tuple[Any, dict[str, str]]:
    """Return the graph of a network, and what else a file says of it."""
    from onnx import helper

    assert network.input_shape is not None
    body, shape = network.body, network.input_shape
    whole = body.vocabulary_of_input is not None
    has_time = len(shape) == (1 if whole else 2)
    graph = Graph(OPERATORS)
    logits = Place(graph).part("", body, network.params, Tensor(INPUT, shape, takes_mask(network), whole))
    outputs = add_outputs(graph, network.loss, logits)
    sequences = shape if has_time and not graph.fixed_time else ()
    inputs = [_declared(Output(INPUT, shape, "INT64" if whole else "FLOAT"), sequences)]
    if graph.shared:
        graph.initializers.append(_no_padding())
        inputs.append(_declared(Output(LENGTHS, (), "INT64")))
    # Without an axis of its own, time was merged, and the first axis is that of the outputs.
    declared = [_declared(output, sequences if len(logits.shape) > 1 else ()) for output in outputs]
    proto = helper.make_graph(graph.nodes, "chainrule", inputs, declared, graph.initializers)
    return proto, _metadata(network)


def _of_table(model: TableModel) -> tuple[Any, dict[str, str]]:
    """Return the graph of a model of a table, and what else a file says of it."""
    from onnx import helper

    network, target, encoders = model.network, model.target, model.preparation.encoders
    if model.past is not None:
        raise InputError(
            "This model predicts from the rows before, which cannot be exported to ONNX: export model.network, whose "
            "inputs are prepared rows."
        )
    check_columns(model.preparation)
    graph = Graph(OPERATORS)
    graph.names.update(model.preparation.names)
    logits = Place(graph).part("", network.body, network.params, prepared(graph, model.preparation))
    outputs = add_outputs_of_table(graph, network.loss, target, logits)
    inputs = [_declared(Output(encoder.name, (1,), KINDS[type(encoder)])) for encoder in encoders]
    proto = helper.make_graph(graph.nodes, "chainrule", inputs, list(map(_declared, outputs)), graph.initializers)
    metadata = {"loss": type(network.loss).__name__, "target": target.name}
    if target.classes:
        metadata["classes"] = json.dumps(target.classes, ensure_ascii=False)
    categories = {e.name: e.categories for e in encoders if isinstance(e, Categorical)}
    return proto, {**metadata, "categories": json.dumps(categories, ensure_ascii=False)}


def _of_estimator(estimator: Any) -> tuple[Any, dict[str, str]]:
    """Return the graph of an estimator of scikit-learn, and what else a file says of it."""
    from onnx import helper

    network, targets = estimator.network_, estimator._targets
    graph = Graph(OPERATORS)
    logits = Place(graph).part("", network.body, network.params, scaled(graph, estimator))
    outputs = add_outputs_of_estimator(graph, network.loss, targets, logits)
    inputs = [_declared(Output(INPUT, (estimator.n_features_in_,), "DOUBLE"))]
    proto = helper.make_graph(graph.nodes, "chainrule", inputs, list(map(_declared, outputs)), graph.initializers)
    metadata = {"loss": type(network.loss).__name__}
    if network.loss.task != "regression":
        metadata["classes"] = json.dumps(targets.labels.tolist(), ensure_ascii=False)
    if (names := getattr(estimator, "feature_names_in_", None)) is not None:
        metadata["feature_names"] = json.dumps(list(map(str, names)), ensure_ascii=False)
    return proto, metadata


def _no_padding() -> Any:
    """Return the value that makes `lengths` an input that may be left out."""
    from onnx import numpy_helper

    return numpy_helper.from_array(NO_PADDING, LENGTHS)


def _declared(value: Output, sequences: Shape = ()) -> Any:
    """Return the declaration of an input or output; `sequences` is the input's shape if they may have any length."""
    from onnx import TensorProto, helper

    lengths: list[int | str] = list(value.shape)
    if lengths and sequences:
        lengths[0] = "time" if lengths[0] == sequences[0] else "steps"
    return helper.make_tensor_value_info(value.name, getattr(TensorProto, value.kind), ["batch", *lengths])


def _metadata(network: Network) -> dict[str, str]:
    """Return what programs that run the model may want to know."""
    assert network.output_shape is not None
    metadata = {"loss": type(network.loss).__name__}
    if network.loss.task != "regression":
        outputs = network.output_shape[-1]
        metadata["classes"] = json.dumps(list(range(outputs if network.loss.task == "multiclass" else 2)))
    if network.feature_names is not None:
        metadata["feature_names"] = json.dumps(network.feature_names, ensure_ascii=False)
    if network.input_scale is not None:
        metadata["input_scale"] = repr(network.input_scale)
    return metadata
