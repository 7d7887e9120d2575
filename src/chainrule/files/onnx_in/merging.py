"""Sums, products and concatenations of two values, either of which may be stored."""

from __future__ import annotations

import numpy as np

from chainrule.common.errors import FileFormatError
from chainrule.files.onnx_in.dense import add_constant, multiply_constant
from chainrule.files.onnx_in.layout import Tensor, same_layout, with_last_axis
from chainrule.files.onnx_in.reading import Operation
from chainrule.files.onnx_in.values import Value, Values


def _operands(values: Values, operation: Operation) -> tuple[Tensor, Value]:
    """Return what depends on the input, and the other operand."""
    a, b = (values.by_name[name] for name in operation.inputs)
    if isinstance(a, Tensor):
        return a, b
    assert isinstance(b, Tensor)
    return b, a


def add(values: Values, operation: Operation) -> Tensor:
    """Return a sum: with a constant, which is a bias, or of two branches."""
    tensor, other = _operands(values, operation)
    if isinstance(other, Tensor):
        return values.building.added(operation.name, [tensor, other])
    return add_constant(values, operation, tensor, other)


def add_all(values: Values, operation: Operation) -> Tensor:
    """Return the sum of any number of branches."""
    return values.building.added(operation.name, [values.tensor(operation, i) for i in range(len(operation.inputs))])


def subtract(values: Values, operation: Operation) -> Tensor:
    """Return the input less a constant."""
    return add_constant(values, operation, values.tensor(operation), np.asarray(-values.array(operation, 1)))


def multiply(values: Values, operation: Operation) -> Tensor:
    """Return the input times a constant."""
    tensor, other = _operands(values, operation)
    if isinstance(other, Tensor):
        raise FileFormatError("multiplies two outputs of layers, for which there is no layer.")
    return multiply_constant(values, operation, tensor, other)


def divide(values: Values, operation: Operation) -> Tensor:
    """Return the input divided by a constant."""
    divisor = values.array(operation, 1)
    if not np.all(divisor):
        raise FileFormatError("divides by 0.")
    return multiply_constant(values, operation, values.tensor(operation), np.asarray(1 / divisor))


def choose(values: Values, operation: Operation) -> Tensor:
    """Return the first of two values if a stored condition chooses it everywhere."""
    if not values.array(operation, 0).all():
        raise FileFormatError("chooses between values, for which there is no layer.")
    return values.tensor(operation, 1)


def concatenate(values: Values, operation: Operation) -> Tensor:
    """Return branches side by side along their features."""
    tensors = [values.building.placed(values.tensor(operation, i)) for i in range(len(operation.inputs))]
    axis = tensors[0].axis(operation.attributes.get("axis", 1))
    lead = [other for other in range(len(tensors[0].axes)) if other != axis]
    branches = [values.building.arranged(tensor, lead, axis) for tensor in tensors]
    before = [Tensor(tensor.source, (), tuple(tensor.axes[i] for i in lead)) for tensor in tensors]
    if any(branch.order is not None for branch in branches) or not same_layout(before):
        raise FileFormatError("joins branches whose features are in different orders, for which there is no layer.")
    shapes = [branch.shape for branch in branches]
    if len({shape[:-1] for shape in shapes}) > 1:
        raise FileFormatError("joins branches of the shapes {shapes}.", shapes=shapes)
    if len(branches) == 1:
        return tensors[0]
    width = sum(shape[-1] for shape in shapes)
    *axes, features = with_last_axis(before[0].axes, width)
    source = values.building.merge(operation.name, "concatenate", branches)
    return Tensor(source, (*shapes[0][:-1], width), (*axes[:axis], features, *axes[axis:]))
