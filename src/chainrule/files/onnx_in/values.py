"""What the operators of a file give: arrays that it stores, or tensors that depend on its input."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.common.errors import FileFormatError
from chainrule.files.onnx_in.building import Array, Building, Part
from chainrule.files.onnx_in.layout import Tensor
from chainrule.files.onnx_in.reading import Operation

Value = Array | Tensor


class Values:
    """The values of a file by their names, as far as it was read.

    Parameters
    ----------
    constants
        What the file stores.
    building
        The network so far.
    opset
        The version of ONNX's operators that the file uses.
    stored_batch
        The number of examples that is written into the file; None if it leaves it open.
    """

    def __init__(self, constants: dict[str, Array], building: Building, opset: int, stored_batch: int | None) -> None:
        self.by_name: dict[str, Value] = dict(constants)
        self.building = building
        self.opset = opset
        self.stored_batch = stored_batch

    def tensor(self, operation: Operation, index: int = 0) -> Tensor:
        """Return an input that depends on the network's input."""
        value = self.by_name.get(operation.input(index))
        if not isinstance(value, Tensor):
            raise FileFormatError("takes a constant where chainrule's layer takes the output of another.")
        return value

    def array(self, operation: Operation, index: int) -> Array:
        """Return an input that the file stores."""
        value = self.by_name.get(operation.input(index))
        if value is None or isinstance(value, Tensor):
            raise FileFormatError(
                "computes its input {index} ({name!r}), which chainrule's layer keeps as a constant.",
                index=index,
                name=operation.input(index),
            )
        return value

    def optional(self, operation: Operation, index: int) -> Array | None:
        """Return an input that the file stores, or None if it is left out."""
        return self.array(operation, index) if operation.input(index) else None

    def whole_numbers(self, operation: Operation, attribute: str, index: int) -> list[int] | None:
        """Return a setting that older versions have as an attribute and newer ones as an input."""
        setting: Any = operation.attributes.get(attribute)
        if setting is None:
            setting = self.optional(operation, index)
        return None if setting is None else [int(number) for number in np.asarray(setting).reshape(-1)]

    def part(self, tensor: Tensor) -> Part | None:
        """Return the node that computes a tensor; None for the input."""
        return self.building.parts.get(tensor.source)
