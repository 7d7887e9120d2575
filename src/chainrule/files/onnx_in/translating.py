"""Each operator of a file as layers: the table of those that are known, and the walk through the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.arrays import Shape
from chainrule.common.errors import FileFormatError, InputError
from chainrule.equations.losses import Loss
from chainrule.equations.shapes_only import ShapesOnly
from chainrule.files.onnx_in import dense, elementwise, merging, norms, rearranging, sequences, windows
from chainrule.files.onnx_in.building import Array, Building
from chainrule.files.onnx_in.connecting import connected
from chainrule.files.onnx_in.ending import Ending, ending
from chainrule.files.onnx_in.folding import constant, folded
from chainrule.files.onnx_in.layout import BATCH, Tensor
from chainrule.files.onnx_in.reading import Model, Operation
from chainrule.files.onnx_in.spelled import SPELLED, as_single_operators
from chainrule.files.onnx_in.values import Value, Values
from chainrule.files.parameters import fault
from chainrule.network import Network

Handler = Callable[[Values, Operation], Value | Mapping[str, Value]]

OPERATORS: dict[str, Handler] = {
    "Add": merging.add,
    "AveragePool": windows.pool,
    "BatchNormalization": norms.batch_normalization,
    "Cast": rearranging.cast,
    "CastLike": rearranging.unchanged,
    "Clip": elementwise.clip,
    "Concat": merging.concatenate,
    "Conv": windows.convolution,
    "Div": merging.divide,
    "Dropout": elementwise.dropout,
    "Expand": rearranging.expand,
    "Flatten": rearranging.flatten,
    "GRU": sequences.recurrent,
    "Gather": dense.gather,
    "Gemm": dense.gemm,
    "GlobalAveragePool": windows.pool_all,
    "GlobalMaxPool": windows.pool_all,
    "GroupNormalization": norms.group_normalization,
    "GroupsOfFeatures": norms.groups_of_features,
    "Identity": rearranging.unchanged,
    "InstanceNormalization": norms.group_normalization,
    "LSTM": sequences.recurrent,
    "LayerNormalization": norms.layer_normalization,
    "LogSoftmax": elementwise.along_features,
    "MatMul": dense.matmul,
    "Max": elementwise.clip,
    "Mix": elementwise.mix,
    "MaxPool": windows.pool,
    "Mish": elementwise.activation,
    "Mul": merging.multiply,
    "PRelu": elementwise.parametric_relu,
    "Pad": windows.pad,
    "RMSNormalization": norms.rms_normalization,
    "RNN": sequences.recurrent,
    "ReduceMax": windows.reduce,
    "ReduceMean": windows.reduce,
    "ReduceSum": windows.total,
    "Relu": elementwise.activation,
    "Reshape": rearranging.reshape,
    "Resize": windows.resize,
    "Shape": rearranging.shape,
    "Sigmoid": elementwise.activation,
    "Size": rearranging.size,
    "Slice": rearranging.cut,
    "Softmax": elementwise.along_features,
    "Softplus": elementwise.activation,
    "Softsign": elementwise.activation,
    "Squeeze": rearranging.squeeze,
    "Step": elementwise.activation,
    "Sub": merging.subtract,
    "Sum": merging.add_all,
    "Tanh": elementwise.activation,
    "Transpose": rearranging.transpose,
    "Unsqueeze": rearranging.unsqueeze,
    "Upsample": windows.resize,
    "Where": merging.choose,
    **dict.fromkeys(elementwise.LAYERS, elementwise.activation),
}
"""What reads each operator that is known."""


def translated(model: Model, loss: str | Loss | None, input_shape: Shape | None) -> Network:
    """Return the network of a file.

    Raises
    ------
    FileFormatError
        If it has what no layer computes. The text is a part of a sentence.
    InputError
        If the input's shape or the loss does not go with it.
    """
    operations = as_single_operators(model)
    end = ending(model, operations, loss)
    name, sizes, stored_batch = _input(model, operations, input_shape)
    floats = [array.dtype for array in model.constants.values() if array.dtype.kind == "f" and array.ndim]
    dtype = np.float64 if floats and floats[0] == np.float64 else np.float32
    building = Building(sizes, dtype, channels_last=model.loss is not None)
    values = Values(model.constants, building, model.opset, stored_batch)
    values.by_name[name] = values.building.input(sizes)
    for operation in operations:
        if end.logits not in values.by_name:
            _read(values, operation)
    return _network(values, end)


def _input(model: Model, operations: list[Operation], input_shape: Shape | None) -> tuple[str, Shape, int | None]:
    """Return the input's name, its sizes with BATCH in the place of the batch, and the batch if the file fixes it."""
    used = {name for operation in operations for name in operation.inputs}
    names = [name for name in model.inputs if name in used]
    if len(names) != 1:
        raise FileFormatError(
            "it has {count} inputs ({names:.200}), but a network has one.", count=len(names), names=", ".join(names)
        )
    (name,) = names
    axes = list(model.inputs[name])
    # Recurrent operators have time before the batch, unless they say otherwise.
    first = next(operation for operation in operations if name in operation.inputs)
    batch = 1 if first.kind in ("RNN", "LSTM", "GRU") and not first.attributes.get("layout", 0) else 0
    if len(axes) < batch + 1:
        raise FileFormatError("its input {name!r} says no shape, or is a single number.", name=name)
    stored = axes.pop(batch)
    if input_shape is not None:
        if len(input_shape) != len(axes) or any(
            isinstance(n, int) and n != m for n, m in zip(axes, input_shape, strict=True)
        ):
            raise InputError(
                "input_shape has the sizes of one example as the file has them, {expected}, but it is {got}.",
                expected=tuple(axes),
                got=input_shape,
            )
        axes = list(input_shape)
    if not all(isinstance(size, int) and size > 0 for size in axes):
        raise InputError(
            "The file leaves sizes of its input {name!r} open: {axes}. Say them in input_shape=..., in the order of "
            "the file and without the batch.",
            name=name,
            axes=tuple(axes),
        )
    sizes = [int(size) for size in axes if size is not None]
    sizes.insert(batch, BATCH)
    return name, tuple(sizes), stored if isinstance(stored, int) else None


def _read(values: Values, operation: Operation) -> None:
    """Compute the outputs of an operation; an error names it."""
    try:
        outputs = _outputs(values, operation)
    except InputError as error:  # a layer's own, which is a whole sentence
        raise FileFormatError(
            "its operator {operator} ({name!r:.100}): {reason}",
            operator=operation.kind,
            name=operation.name,
            reason=error,
        ) from error
    except FileFormatError as error:
        raise FileFormatError(
            "its operator {operator} ({name!r:.100}) {reason}",
            operator=operation.kind,
            name=operation.name,
            reason=error,
        ) from error
    values.by_name.update(outputs)


def _outputs(values: Values, operation: Operation) -> Mapping[str, Value]:
    stored = constant(operation)
    if stored is not None:
        return {operation.outputs[0]: stored}
    inputs: list[Any] = [values.by_name[name] for name in operation.inputs if name]
    if operation.proto is not None and not any(isinstance(value, Tensor) for value in inputs):
        return dict(zip(operation.outputs, _computed(operation, inputs, values.opset), strict=False))
    handler = OPERATORS.get(operation.kind)
    if handler is None:
        raise FileFormatError(
            "is none that chainrule has a layer for. Known are {known}.",
            known=", ".join(sorted(OPERATORS.keys() - SPELLED)),
        )
    outputs = handler(values, operation)
    return outputs if isinstance(outputs, Mapping) else {operation.outputs[0]: outputs}


def _computed(operation: Operation, inputs: list[Array], opset: int) -> Sequence[Array]:
    try:
        return folded(operation, inputs, opset)
    except FileFormatError:
        raise
    except Exception as error:  # whatever another library says of values that make no sense
        raise FileFormatError("cannot be computed: {reason:.200}", reason=str(error)) from error


def _network(values: Values, end: Ending) -> Network:
    """Return the network whose last layer computes the logits."""
    logits = values.by_name.get(end.logits)
    if not isinstance(logits, Tensor):
        raise FileFormatError("its output does not depend on its input.")
    building, count = values.building, len(logits.axes)
    logits = building.placed(logits)
    others = [axis for axis in range(count) if logits.sizes[axis] != BATCH]
    source = logits.source
    if others:
        # An axis of a single feature has no place in our order.
        by_place = max(others, key=lambda axis: (logits.axes[axis][-1:], axis))
        features = others[-1] if building.channels_last else by_place
        x = building.by_features(logits, features)
        if x.order is not None or (end.axis is not None and end.axis % count != features):
            raise FileFormatError("its outputs are in an order that no layer makes.")
        source = x.source
    layers, params = zip(*connected(building.parts, source), strict=True)
    network = Network(layers, end.loss, dtype=building.dtype)
    _, network.output_shape = network.body.init(ShapesOnly(), building.input_shape, network.dtype)
    network.input_shape, network.params = building.input_shape, params
    if wrong := fault(network.body, params):
        raise FileFormatError("its weights give {name}, which holds {kind}.", name=wrong[0], kind=wrong[1])
    return network
