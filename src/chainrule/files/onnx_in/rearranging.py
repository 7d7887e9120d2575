"""Operators that rearrange: they change how the file's axes lie in our arrays, and compute nothing."""

from __future__ import annotations

import math

import numpy as np

from chainrule.common.errors import FileFormatError
from chainrule.files.onnx_in.building import Array
from chainrule.files.onnx_in.layout import BATCH, Tensor, reshaped, shown, squeezed, transposed, unsqueezed
from chainrule.files.onnx_in.reading import Operation
from chainrule.files.onnx_in.sequences import last_step
from chainrule.files.onnx_in.spelled import is_copy
from chainrule.files.onnx_in.values import Values
from chainrule.layers.nodes import INPUT


def unchanged(values: Values, operation: Operation) -> Tensor:
    """Return the input."""
    return values.tensor(operation)


def cast(values: Values, operation: Operation) -> Tensor:
    """Return the input with another type, of which the network's first layer alone takes whole numbers."""
    tensor = values.tensor(operation)
    if not is_copy(operation) and tensor.source != INPUT:
        raise FileFormatError("makes whole numbers of the output of a layer, for which there is no layer.")
    return tensor


def transpose(values: Values, operation: Operation) -> Tensor:
    """Return the input with its axes in another order."""
    tensor = values.tensor(operation)
    return transposed(tensor, operation.attributes.get("perm") or range(len(tensor.axes))[::-1])


def squeeze(values: Values, operation: Operation) -> Tensor:
    """Return the input without axes of size 1."""
    return squeezed(values.tensor(operation), values.whole_numbers(operation, "axes", 1))


def unsqueeze(values: Values, operation: Operation) -> Tensor:
    """Return the input with new axes of size 1."""
    return unsqueezed(values.tensor(operation), values.whole_numbers(operation, "axes", 1) or [])


def flatten(values: Values, operation: Operation) -> Tensor:
    """Return the input with two axes."""
    tensor = values.tensor(operation)
    axis = operation.attributes.get("axis", 1)
    sizes = tensor.sizes
    return reshaped(tensor, (math.prod(sizes[:axis]), math.prod(sizes[axis:])))


def reshape(values: Values, operation: Operation) -> Tensor:
    """Return the input's numbers in other axes."""
    tensor = values.tensor(operation)
    sizes = values.whole_numbers(operation, "shape", 1) or []
    copied = not operation.attributes.get("allowzero", 0)
    sizes = [tensor.sizes[i] if n == 0 and copied and i < len(tensor.sizes) else n for i, n in enumerate(sizes)]
    count = math.prod(tensor.sizes)
    if values.stored_batch is not None and BATCH not in sizes:
        sizes = _with_batch(sizes, count // BATCH, values.stored_batch)
    known = math.prod(n for n in sizes if n != -1)
    if known < 1 or sizes.count(-1) > 1 or count % known:
        raise FileFormatError("arranges {got} as {wanted}.", got=shown(tensor.sizes), wanted=shown(sizes))
    sizes = [count // known if n == -1 else n for n in sizes]
    try:
        return reshaped(tensor, sizes)
    except FileFormatError:  # axes that no axes of the file are joined to or split into
        layer = values.building.rearranged(operation.name, tensor, tuple(sizes))
        if layer is None:
            raise
        return layer


def _with_batch(sizes: list[int], example: int, stored: int) -> list[int]:
    """Return sizes with the batch in the place of the number of examples that is written into the file."""
    known = math.prod(n for n in sizes if n != -1)
    for axis, size in enumerate(sizes):
        rest = known // size if size > 0 else 0
        if size == stored and rest and (rest == example if -1 not in sizes else example % rest == 0):
            return [*sizes[:axis], BATCH, *sizes[axis + 1 :]]
    return sizes


def shape(values: Values, operation: Operation) -> Array:
    """Return the sizes of the input's axes."""
    start, end = operation.attributes.get("start", 0), operation.attributes.get("end")
    # A file for a fixed number of examples has it in other constants, too, with which it computes.
    sizes = (values.stored_batch or BATCH if n == BATCH else n for n in values.tensor(operation).sizes[start:end])
    return np.array(list(sizes), np.int64)


def size(values: Values, operation: Operation) -> Array:
    """Return how many numbers the input has."""
    return np.array(math.prod(values.tensor(operation).sizes), np.int64)


def cut(values: Values, operation: Operation) -> Tensor:
    """Return the input cut to all of it, or to the last step of a sequence."""
    tensor = values.tensor(operation)
    starts, ends, axes, steps = (
        values.whole_numbers(operation, name, index)
        for index, name in enumerate(("starts", "ends", "axes", "steps"), 1)
    )
    for start, end, axis, step in zip(
        starts or [], ends or [], axes or range(len(starts or [])), steps or [1] * len(starts or []), strict=True
    ):
        length = tensor.sizes[tensor.axis(axis)]
        first, last, _ = slice(start, end, step).indices(length)
        if (first, last, step) == (0, length, 1):
            continue
        if last - first != 1:
            raise FileFormatError("cuts a part out of an axis, for which there is no layer.")
        tensor = unsqueezed(last_step(values, operation, tensor, tensor.axis(axis), first), [tensor.axis(axis)])
    return tensor


def expand(values: Values, operation: Operation) -> Tensor:
    """Return the input, which is not repeated."""
    tensor = values.tensor(operation)
    sizes = values.whole_numbers(operation, "shape", 1) or []
    if any(n not in (1, have) for n, have in zip(sizes[::-1], tensor.sizes[::-1], strict=False)) or len(sizes) > len(
        tensor.axes
    ):
        raise FileFormatError("repeats its input, for which there is no layer.")
    return tensor
