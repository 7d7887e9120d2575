"""A network as an ONNX model, which onnxruntime and many other programs run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from chainrule.arrays import Shape
from chainrule.common import atomic
from chainrule.common.errors import InputError, missing_extra
from chainrule.common.version import __version__
from chainrule.export.checks import check_network, path_of
from chainrule.export.onnx_operators.graph import INPUT, Graph, Place, Tensor
from chainrule.export.onnx_operators.outputs import Output, add_outputs
from chainrule.export.onnx_operators.steps import LENGTHS, NO_PADDING
from chainrule.export.onnx_operators.table import OPERATORS
from chainrule.layers import Sequential
from chainrule.network import Network

OPSET, IR_VERSION = 20, 9  # of January 2024: the first with Gelu, and read by onnxruntime 1.17 and newer
_LARGEST = 2**31 - 2**20  # bytes of a model: protobuf's limit, with room for the nodes


def onnx(network: Network, path: str | Path) -> None:
    """Write a network as an ONNX model (the extra `onnx`).

    The model takes what `predict` takes, as an input named `input` of any batch size: float32, or int64 where words are
    looked up. A sequence may have any length, unless a layer (`Flatten`, `Reshape`, padding "same" with a stride) holds
    only for that of training. Where the network takes a mask that matters, there is an optional input `lengths`, int64
    of shape (batch,): how many steps of each sequence hold data, with the padding behind them.

    A classifier has the outputs `label`, what `predict_classes` returns, and `probabilities`, what `predict` returns; a
    regression has `prediction`. Initializers have the names that parameters have in model files, such as "0.W", and
    nodes begin with the layer's number and its name in `summary`. The metadata hold chainrule's version, the loss, the
    classes, and the names of the columns and the scale of the inputs, if they are known.

    Parameters
    ----------
    network
        A network with parameters. Those of a float64 network are rounded to float32, in which all models compute,
        because runtimes lack many operators in float64.
    path
        The file, whose name ends with .onnx. It is written beside its destination and then renamed; a folder that is
        missing is made.

    Raises
    ------
    InputError
        If the network has no parameters yet or such as are beyond float32, if it holds a layer or a loss of your own,
        or takes more than 2 GB; or if the path is a folder, a device or a pipe. Nothing is written then.
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
    check_network("export.onnx", network)
    path = path_of("export.onnx", path, ".onnx")
    content = _content(network)
    atomic.make_folder(path.parent)
    atomic.write(path, content)


def _content(network: Network) -> bytes:
    try:
        from onnx import checker, helper, shape_inference
    except ImportError as error:
        raise missing_extra("Writing ONNX", "onnx", "onnx") from error
    graph = _graph(network)
    size = sum(len(array.raw_data) for array in graph.initializer)
    if size > _LARGEST:
        raise InputError(
            "The network's arrays take {size:.1f} GB, but a file of ONNX holds at most 2 GB: save the network with "
            "chainrule.save.",
            size=size / 1e9,
        )
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="chainrule",
        producer_version=__version__,
    )
    helper.set_model_props(model, _metadata(network))
    model = shape_inference.infer_shapes(model, strict_mode=True)
    checker.check_model(model, full_check=True)
    content: bytes = model.SerializeToString()
    return content


def _graph(network: Network) -> Any:
    """Return the graph of a network."""
    from onnx import helper

    assert network.input_shape is not None
    body, shape = network.body, network.input_shape
    whole = body.vocabulary_of_input is not None
    has_time = len(shape) == (1 if whole else 2)
    graph = Graph(OPERATORS)
    logits = Place(graph).part("", body, network.params, Tensor(INPUT, shape, has_time and _takes_mask(body), whole))
    outputs = add_outputs(graph, network.loss, logits)
    inputs = [_declared(Output(INPUT, shape, whole), graph, shape if has_time else ())]
    if graph.shared:
        graph.initializers.append(_no_padding())
        inputs.append(_declared(Output(LENGTHS, (), whole=True), graph, ()))
    declared = [_declared(output, graph, shape if has_time else ()) for output in outputs]
    return helper.make_graph(graph.nodes, "chainrule", inputs, declared, graph.initializers)


def _takes_mask(body: Sequential) -> bool:
    try:
        body.keeps_steps()
    except InputError:  # padding would be mixed in
        return False
    return True


def _no_padding() -> Any:
    """Return the value that makes `lengths` an input that may be left out."""
    from onnx import numpy_helper

    return numpy_helper.from_array(NO_PADDING, LENGTHS)


def _declared(value: Output, graph: Graph, sequences: Shape) -> Any:
    """Return the declaration of an input or output; `sequences` is the input's shape if its first axis is time."""
    from onnx import TensorProto, helper

    lengths: list[int | str] = list(value.shape)
    if lengths and sequences and not graph.fixed_time and len(value.shape) >= len(sequences):
        lengths[0] = "time" if lengths[0] == sequences[0] else "steps"
    kind = TensorProto.INT64 if value.whole else TensorProto.FLOAT
    return helper.make_tensor_value_info(value.name, kind, ["batch", *lengths])


def _metadata(network: Network) -> dict[str, str]:
    """Return what programs that run the model may want to know."""
    assert network.output_shape is not None
    metadata = {"chainrule_version": __version__, "loss": type(network.loss).__name__}
    if network.loss.task != "regression":
        outputs = network.output_shape[-1]
        metadata["classes"] = json.dumps(list(range(outputs if network.loss.task == "multiclass" else 2)))
    if network.feature_names is not None:
        metadata["feature_names"] = json.dumps(network.feature_names, ensure_ascii=False)
    if network.input_scale is not None:
        metadata["input_scale"] = repr(network.input_scale)
    return metadata
