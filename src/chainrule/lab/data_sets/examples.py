"""Examples as a network in the lab takes them, with what the page needs to show them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from chainrule.common.texts import Note

Task = Literal["binary", "classes", "regression"]
Text = str | Note
Bounds = tuple[tuple[float, float], ...]
_MARGIN = 0.12  # of the width: how far around the examples a picture goes


@dataclass(frozen=True, eq=False)
class Examples:
    """Examples to train on and to validate on.

    Attributes
    ----------
    X, y
        To train on: inputs of shape (examples, ...); labels 0, 1, ... of shape (examples,), or values of shape
        (examples, outputs).
    X_val, y_val
        To validate on; without any rows, they are None.
    task
        "binary": one output tells two classes; "classes": one output for each; or "regression": numbers.
    names
        Of the inputs, where they have names; told by `str`.
    classes
        Of the targets, as people call them; of a regression, the names of the outputs;
        told by `str`.
    title
        What the examples are; told by `str`.
    pixel_shape
        Of examples that are pictures: (height, width).
    scale
        What raw numbers are multiplied by to become inputs, such as 1/255 for pixels.
    notes
        Sentences about what was left out or is suspicious.
    yes_no
        Whether the numbers of a regression are answers to several questions, 1 for yes and 0 for no.
    """

    X: NDArray[Any]
    y: NDArray[Any]
    X_val: NDArray[Any] | None
    y_val: NDArray[Any] | None
    task: Task
    names: tuple[Text, ...]
    classes: tuple[Text, ...]
    title: Text = ""
    pixel_shape: tuple[int, int] | None = None
    scale: float | None = None
    notes: tuple[str, ...] = ()
    yes_no: bool = False

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of one example."""
        return self.X.shape[1:]

    @property
    def outputs(self) -> int:
        """How many units the last layer has."""
        if self.task == "binary":
            return 1
        return len(self.classes) if self.task == "classes" else self.y.shape[1]

    @property
    def is_looked_up(self) -> bool:
        """Whether inputs are whole numbers that stand for something, so that there is nothing between two of them."""
        return self.X.dtype.kind != "f"

    @property
    def is_plane(self) -> bool:
        """Whether examples are points of a plane, so that a map shows every answer."""
        return self.input_shape == (2,) and not self.is_looked_up

    @property
    def is_curve(self) -> bool:
        """Whether there is one input and one value, so that a curve shows every answer."""
        one_value = self.task == "regression" and self.outputs == 1
        return self.input_shape == (1,) and one_value and not self.is_looked_up

    @property
    def is_picture(self) -> bool:
        """Whether examples can be shown as pictures."""
        return self.pixel_shape is not None

    @property
    def is_sequence(self) -> bool:
        """Whether the first axis of an example is time."""
        return len(self.input_shape) == 2

    @property
    def validation(self) -> tuple[NDArray[Any], NDArray[Any]] | None:
        """The examples to validate on, as `Network.fit` takes them."""
        return None if self.X_val is None or self.y_val is None else (self.X_val, self.y_val)

    @cached_property
    def bounds(self) -> Bounds:
        """From where to where a picture of the inputs goes, along each of them; nothing where they are many."""
        if len(self.input_shape) != 1 or self.input_shape[0] > 2 or self.is_looked_up:
            return ()
        X = self.X if self.X_val is None else np.concatenate([self.X, self.X_val])
        low, high = X.min(axis=0).astype(float), X.max(axis=0).astype(float)
        margin = _MARGIN * np.maximum(high - low, 1e-3)
        return tuple(zip((low - margin).tolist(), (high + margin).tolist(), strict=True))
