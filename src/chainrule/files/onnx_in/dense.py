"""Dense, Embedding and Scale: products with weights, and constants that are added or multiplied."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from chainrule.common.errors import FileFormatError
from chainrule.files.onnx_in.building import Arranged, Array, Part
from chainrule.files.onnx_in.layout import BATCH, Tensor, with_last_axis
from chainrule.files.onnx_in.reading import Operation
from chainrule.files.onnx_in.sequences import last_step, merged_piece
from chainrule.files.onnx_in.values import Values
from chainrule.layers import Conv1D, Conv2D, Dense, Embedding, Scale

_LARGEST_DIAGONAL = 4096  # features, of which a matrix takes 64 MB


def _dense(values: Values, operation: Operation, tensor: Tensor, W: Array, b: Array | None) -> Tensor:
    """Return the output of a dense layer along the last axis."""
    x = values.building.by_features(tensor, len(tensor.axes) - 1)
    if W.ndim != 2 or len(W) != x.shape[-1]:
        raise FileFormatError(
            "multiplies {features} features with weights of shape {shape}.", features=x.shape[-1], shape=W.shape
        )
    params = {"W": x.features(W)} | ({} if b is None else {"b": b})
    layer = Dense(W.shape[1], bias=b is not None)
    source, shape = values.building.layer(operation.name, layer, x.source, x.shape, params)
    # The axes before the features keep their atoms, which come before them in our order, too.
    return Tensor(source, shape, with_last_axis(values.building.placed(tensor).axes[:-1], W.shape[1]))


def gemm(values: Values, operation: Operation) -> Tensor:
    """Return alpha * A B + beta * C."""
    settings = operation.attributes
    if settings.get("transA", 0):
        raise FileFormatError("transposes its input (transA=1), so that examples are columns.")
    W, b = values.array(operation, 1), values.optional(operation, 2)
    W = settings.get("alpha", 1.0) * (W.T if settings.get("transB", 0) else W)
    if b is not None:
        b = np.broadcast_to(settings.get("beta", 1.0) * b.reshape(-1), (W.shape[-1],))
    return _dense(values, operation, values.tensor(operation), W, b)


def matmul(values: Values, operation: Operation) -> Tensor:
    """Return the product with stored weights; a bias is an Add of its own."""
    return _dense(values, operation, values.tensor(operation), values.array(operation, 1), None)


def gather(values: Values, operation: Operation) -> Tensor:
    """Return rows of stored vectors by index, or the last step of a sequence."""
    axis = operation.attributes.get("axis", 0)
    data = values.by_name.get(operation.input(0))
    if isinstance(data, Tensor):
        index = values.array(operation, 1)
        if index.size != 1:
            raise FileFormatError("picks several places of an axis, for which there is no layer.")
        axis, place = data.axis(axis), int(index.reshape(()))
        rows = merged_piece(values, data, axis, place) or last_step(values, operation, data, axis, place)
        return replace(rows, axes=(*rows.axes[:axis], *(((),) if index.ndim else ()), *rows.axes[axis:]))
    W = values.array(operation, 0)
    if axis or W.ndim != 2:
        raise FileFormatError("looks up along axis {axis} of weights of shape {shape}.", axis=axis, shape=W.shape)
    indices = values.building.placed(values.tensor(operation, 1))
    source, shape = values.building.layer(operation.name, Embedding(*W.shape), indices.source, indices.shape, {"W": W})
    return Tensor(source, shape, with_last_axis(indices.axes, W.shape[1]))


def _of_one_example(array: Array) -> Array:
    """Return a constant that a file computes from the number of examples, without these if it is the same for each."""
    if array.ndim and len(array) == BATCH and (array == array[:1]).all():
        return array[:1]
    return array


def _along_features(values: Values, tensor: Tensor, array: Array) -> tuple[Arranged, Array]:
    """Return a tensor with its features last, and one number of a constant for each of them."""
    sizes = (1,) * (len(tensor.axes) - array.ndim) + array.shape
    long = [axis for axis, size in enumerate(sizes) if size > 1]
    tensor = values.building.placed(tensor) if not long else tensor
    features = long[0] if long else max(range(1, len(tensor.axes)), key=lambda axis: tensor.axes[axis][-1:])
    if len(long) > 1 or len(sizes) > len(tensor.axes) or sizes[features] not in (1, tensor.sizes[features]):
        raise FileFormatError(
            "combines a constant of shape {shape} with its input, but layers have one number for each feature.",
            shape=array.shape,
        )
    x = values.building.by_features(tensor, features)
    return x, x.features(np.broadcast_to(array.reshape(-1), (x.shape[-1],)))


def _changed(values: Values, operation: Operation, tensor: Tensor, part: Part, params: dict[str, Array]) -> Tensor:
    """Return the output of a layer with other parameters, which takes the place of one."""
    layer = part.operation
    assert isinstance(layer, Dense | Conv1D | Conv2D)
    layer = replace(layer, bias="b" in params)
    return replace(tensor, source=values.building.replaced(operation.name, layer, part, params))


def _weighted(values: Values, tensor: Tensor) -> Part | None:
    """Return the node that computes a tensor if its weights can take factors and biases."""
    part = values.part(tensor)
    return part if part is not None and isinstance(part.operation, Dense | Conv1D | Conv2D) else None


def add_constant(values: Values, operation: Operation, tensor: Tensor, array: Array) -> Tensor:
    """Return a tensor plus a constant: the bias of the layer before, or of one that only adds it to each feature."""
    array = _of_one_example(array)
    if not array.any():
        return tensor
    part = _weighted(values, tensor)
    x, b = _along_features(values, tensor, array)
    if part is not None:
        return _changed(values, operation, tensor, part, part.params | {"b": part.params.get("b", 0) + b})
    layer, W = _unchanging(len(b), len(x.shape))
    params = {"W": W.astype(b.dtype), "b": b}
    source, shape = values.building.layer(operation.name, layer, x.source, x.shape, params)
    return replace(values.building.placed(tensor), source=source, shape=shape)


def _unchanging(features: int, axes: int) -> tuple[Dense | Conv1D | Conv2D, Array]:
    """Return a layer that gives each feature by itself, for inputs with some axes, and its weights."""
    if axes > 1:
        kind = Conv1D if axes == 2 else Conv2D
        return kind(features, 1, groups=features), np.ones((*(1,) * axes, features))
    if features > _LARGEST_DIAGONAL:
        raise FileFormatError(
            "adds a constant to {features:,} features after what is no dense or convolutional layer; no layer does "
            "only that.",
            features=features,
        )
    return Dense(features), np.eye(features)


def multiply_constant(values: Values, operation: Operation, tensor: Tensor, array: Array) -> Tensor:
    """Return a tensor times a constant: in the weights of the layer before, or as a Scale."""
    array = _of_one_example(array)
    if (array == 1).all():
        return tensor
    part = values.part(tensor)
    if part is not None and part.operation == Scale() and np.all(part.params["s"] * array == 1):
        return replace(tensor, source=part.inputs[0])  # such as a sum over steps, divided by their number
    x, s = _along_features(values, tensor, array)
    part = _weighted(values, tensor)
    if part is not None:
        return _changed(values, operation, tensor, part, {name: p * s for name, p in part.params.items()})
    source, shape = values.building.layer(operation.name, Scale(), x.source, x.shape, {"s": s})
    return replace(values.building.placed(tensor), source=source, shape=shape)
