"""What a file computes from its constants alone, such as the sizes of a reshape."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.common.errors import FileFormatError
from chainrule.files.onnx_in.reading import Operation

Array = NDArray[Any]

_SAME_SIZE = {"Cast", "CastLike", "Identity", "Reshape", "Squeeze", "Transpose", "Unsqueeze", "Neg", "Sqrt"}
_ELEMENTWISE = {"Add", "Div", "Equal", "Less", "Max", "Min", "Mul", "Pow", "Sub", "Where"}
# As large as the product of the sizes at most.
_BOUNDED = {"Concat", "Gather", "Reciprocal", "ReduceProd", "ReduceSum", "Shape", "Slice", "Split"}
_SIZED = {"ConstantOfShape", "Expand"}  # as large as the numbers of an input say
_LARGEST = 2**24  # numbers


def constant(operation: Operation) -> Array | None:
    """Return the value of a Constant, or None if it is another operator."""
    if operation.kind != "Constant" or not operation.attributes:
        return None
    (value,) = operation.attributes.values()
    if isinstance(value, float):
        value = np.float32(value)
    array: Array = np.asarray(value)
    return array


def folded(operation: Operation, inputs: Sequence[Array], opset: int) -> Sequence[Array]:
    """Return the outputs of an operator whose inputs are all constants.

    Raises
    ------
    FileFormatError
        If the operator is none that sizes or weights are computed with, or the result would be large.
    """
    from onnx.reference import ReferenceEvaluator

    kind = operation.kind
    if kind in _SIZED:
        size = math.prod(max(int(n), 1) for n in inputs[-1].reshape(-1)) * max(inputs[0].size, 1)
    elif kind in _ELEMENTWISE:
        size = math.prod(np.broadcast_shapes(*(array.shape for array in inputs)))
    elif kind in _BOUNDED:
        size = math.prod(max(array.size, 1) for array in inputs)
    elif kind == "Range":
        start, limit, delta = (float(array.item()) for array in inputs)
        size = math.ceil(abs((limit - start) / delta))
    elif kind in _SAME_SIZE:
        size = 0
    else:
        raise FileFormatError("is none of those that chainrule computes with constants.")
    if size > _LARGEST:
        raise FileFormatError("would make {size} numbers of constants.", size=size)
    axes = operation.attributes.get("axes")
    if kind == "Unsqueeze" and axes is not None:  # as before opset 13, which the evaluator mistakes for the newer form
        return [np.expand_dims(inputs[0], tuple(axes))]
    names = [name for name in operation.inputs if name]
    evaluator = ReferenceEvaluator(operation.proto, opsets={"": opset})
    return [np.asarray(a) for a in evaluator.run(None, dict(zip(names, inputs, strict=True)))]
