"""An ONNX file, checked and read into plain operations and arrays."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chainrule.common.errors import DataUnavailableError, FileFormatError, InputError, missing_extra
from chainrule.common.texts import tr
from chainrule.data.checks import finite
from chainrule.equations.losses import LOSSES, Loss
from chainrule.files.foreign import ONNX
from chainrule.files.kinds import UNKNOWN, file_kind

_MOST_OPERATIONS = 20_000  # a network of a thousand layers has fewer


class Operation(NamedTuple):
    """One operator of the file."""

    kind: str  # what ONNX calls it, such as Gemm
    name: str
    inputs: tuple[str, ...]  # the names of values; one that is left out is empty
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    proto: Any = None  # as it stands in the file; None if several operators were read as this one

    def input(self, index: int) -> str:
        """Return the name of an input, or an empty text if it is left out."""
        return self.inputs[index] if index < len(self.inputs) else ""


class Model(NamedTuple):
    """What a file holds."""

    operations: list[Operation]
    constants: dict[str, NDArray[Any]]
    inputs: dict[str, tuple[int | str | None, ...]]  # sizes; a text or None where the file leaves one open
    outputs: list[str]  # without labels, which follow from the other outputs
    opset: int
    loss: type[Loss] | None = None  # of a network that `export.onnx` wrote, whose input has channels last, as ours


def read(path: Any) -> Model:
    """Return what an ONNX file holds, with the weights that lie in files beside it.

    Raises
    ------
    MissingExtraError
        If onnx is not installed.
    InputError
        If there is no such file.
    DataUnavailableError
        If the file, or one of its weights beside it, cannot be read.
    FileFormatError
        If the file is truncated, damaged or no ONNX model, or holds weights that are NaN or infinite.
    """
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ImportError as error:
        raise missing_extra("Reading ONNX", "onnx", "onnx") from error
    if not isinstance(path, str | os.PathLike) or not Path(path).is_file():
        raise InputError("from_onnx takes the path of an ONNX file, but there is no file {path!r:.200}.", path=path)
    try:
        onnx.checker.check_model(os.fspath(path))
        return _contents(onnx.load(os.fspath(path)))
    except OSError as error:
        raise DataUnavailableError("{path} cannot be read: {reason}.", path=path, reason=error) from error
    except (DecodeError, onnx.checker.ValidationError, LookupError, MemoryError, TypeError, ValueError) as error:
        if (kind := file_kind(Path(path))) not in (ONNX, UNKNOWN):
            raise FileFormatError("{path} is no ONNX model: it is {kind}.", path=path, kind=tr(kind)) from error
        raise FileFormatError(
            "{path} is no ONNX model, or it is truncated or damaged: {reason:.300} Export it again, or copy it again "
            "from where it was whole, with the files of its weights.",
            path=path,
            reason=str(error).strip().rstrip(".") + ".",
        ) from error


def _contents(model: Any) -> Model:
    """Return the contents of a parsed file; functions that it defines stand where they are called."""
    from onnx import inliner

    if model.functions:
        model = inliner.inline_local_functions(model)
    graph = model.graph
    if len(graph.node) > _MOST_OPERATIONS:
        raise FileFormatError(
            "it has {count} operators, and more than {most} are not read.", count=len(graph.node), most=_MOST_OPERATIONS
        )
    if graph.sparse_initializer:
        raise FileFormatError("its weights are stored as sparse tensors, which are not read.")
    constants = {tensor.name: _array(tensor) for tensor in graph.initializer}
    opset = next((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), 1)
    return Model(
        [_operation(node) for node in graph.node],
        constants,
        {value.name: _sizes(value) for value in graph.input if value.name not in constants},
        [value.name for value in graph.output if not _is_label(value)],
        opset,
        _loss(model),
    )


def _loss(model: Any) -> type[Loss] | None:
    """Return the loss that a file of ours says; None for files of others."""
    if model.producer_name != "chainrule":
        return None
    name = next((entry.value for entry in model.metadata_props if entry.key == "loss"), "")
    return next((loss for loss in LOSSES.values() if loss.__name__ == name), None)


def _array(tensor: Any) -> NDArray[Any]:
    """Return a stored tensor; its size is compared with what is stored for it."""
    from onnx import numpy_helper

    array: NDArray[Any] = np.asarray(numpy_helper.to_array(tensor))
    if array.dtype.kind == "f" and not finite(array):
        raise FileFormatError("its weights {name} hold NaN or infinity.", name=tensor.name)
    return array


def _operation(node: Any) -> Operation:
    from onnx import TensorProto, helper

    attributes = {}
    for attribute in node.attribute:
        value = helper.get_attribute_value(attribute)
        if isinstance(value, TensorProto):
            value = _array(value)
        elif isinstance(value, float):
            value = shortest(value)
        elif isinstance(value, bytes):
            value = value.decode("utf-8", "replace")
        elif isinstance(value, list) and value and isinstance(value[0], bytes):
            value = [text.decode("utf-8", "replace") for text in value]
        attributes[attribute.name] = value
    name = node.name or next(iter(node.output), "")
    return Operation(node.op_type, name, tuple(node.input), tuple(node.output), attributes, node)


def shortest(number: float) -> float:
    """Return a number that the file keeps in float32 with the digits that someone wrote, 0.001 for 0.00100000005."""
    return float(np.format_float_positional(np.float32(number)))


def _sizes(value: Any) -> tuple[int | str | None, ...]:
    axes = value.type.tensor_type.shape.dim
    return tuple(axis.dim_value if axis.HasField("dim_value") else axis.dim_param or None for axis in axes)


def _is_label(value: Any) -> bool:
    """Return whether an output is the class that was chosen, which is a whole number or a text."""
    from onnx import TensorProto

    return value.type.tensor_type.elem_type in (TensorProto.INT32, TensorProto.INT64, TensorProto.STRING)
