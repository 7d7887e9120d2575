"""A network of arrays or of digits behind a service: each row is a list of numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.common.errors import FileFormatError
from chainrule.common.languages import language
from chainrule.common.texts import tr
from chainrule.data.checks import fits
from chainrule.datasets.mnist import PIXEL_SCALE
from chainrule.files.digit import read_digit
from chainrule.files.inputs import scaled
from chainrule.network import Network
from chainrule.serve.errors import Field, RequestError, as_json
from chainrule.serve.served import Inputs, classified
from chainrule.trace.telling.words import words

MOST_FIELDS = 20
"""How many wrong values an answer names."""
_PIXELS = 28 * 28


class ArrayModel:
    """A network whose rows are numbers.

    Parameters
    ----------
    network
        With parameters.
    """

    def __init__(self, network: Network) -> None:
        assert network.input_shape is not None
        self.network, self._shape = network, network.input_shape
        self._size = math.prod(self._shape)

    def from_rows(self, rows: list[Any]) -> Inputs:
        """Return the inputs of lists of numbers, each of the network's input shape, or with all its numbers in a row.

        Whole numbers are scaled as `chainrule predict` scales those of a file.

        Raises
        ------
        RequestError
            If a row has another shape, or a value is no number that the network computes with.
        """
        try:
            X = np.array(rows)
        except ValueError:  # rows of different lengths
            X = np.array(None)
        shaped = X.shape[1:] in (self._shape, (self._size,))
        # NumPy would take true for 1 where it stands among numbers.
        if not (shaped and X.dtype.kind in "iuf" and fits(X, self.network.dtype)) or _has_truth(rows):
            raise RequestError(
                "The model takes rows of one number, and these have other values: see fields."
                if self._size == 1
                else "The model takes rows of {count} numbers (shape {shape}), and these have other values: see "
                "fields.",
                status=422,
                fields=list(islice(self._wrong(rows), MOST_FIELDS)),
                count=self._size,
                shape=self._shape,
            )
        if self.network.body.vocabulary_of_input is None:
            X = X.astype(float)  # as those of a CSV file are: rows of 0 and 1 are no pixels because they are whole
        X, note = scaled(X.reshape(-1, *self._shape), 1.0, self.network)
        return Inputs(X, np.arange(len(X)), len(X), [note] if note else [])

    def _wrong(self, rows: list[Any]) -> Iterator[Field]:
        """Yield what is wrong with rows."""
        for number, row in enumerate(rows, 1):
            if not isinstance(row, list):
                text = tr("Row {row} must be a list of numbers, but it is {value}.", row=number, value=as_json(row))
                yield Field(number, None, text)
                continue
            values = _flat(row)
            if len(values) != self._size:
                yield Field(
                    number,
                    None,
                    tr(
                        "The number of values in row {row} is {got:,}, but the model takes {count:,}.",
                        row=number,
                        got=len(values),
                        count=self._size,
                    ),
                )
            elif not (wrong := list(self._wrong_numbers(number, values))) and _shape(row) not in (
                self._shape,
                (self._size,),
            ):
                text = tr("Row {row} must be nested as the shape {shape}, or flat.", row=number, shape=self._shape)
                yield Field(number, None, text)
            else:
                yield from wrong

    def _wrong_numbers(self, row: int, values: list[Any]) -> Iterator[Field]:
        largest = float(np.finfo(self.network.dtype).max)
        for column, value in enumerate(values, 1):
            if type(value) not in (int, float):
                text = tr(
                    "Row {row}, value {column} must be a number, but it is {value}.",
                    row=row,
                    column=column,
                    value=as_json(value),
                )
            elif not abs(value) <= min(largest, 2**63):
                text = tr(
                    "Row {row}, value {column} is {value}, which is too large for {dtype}, in which the network "
                    "computes.",
                    row=row,
                    column=column,
                    value=as_json(value),
                    dtype=np.dtype(self.network.dtype).name,
                )
            else:
                continue
            yield Field(row, column, text)

    def from_picture(self, content: bytes, name: str) -> Inputs:
        """Return the inputs of a picture of a digit, which is scaled and centered as in MNIST.

        Raises
        ------
        RequestError
            If the network takes no pictures of digits, or this is no picture.
        """
        if self._size != _PIXELS:
            raise RequestError(
                "The model takes rows of one number, and no pictures of digits: send JSON."
                if self._size == 1
                else "The model takes rows of {count} numbers, and no pictures of digits: send JSON.",
                status=415,
                count=self._size,
            )
        try:
            digit = read_digit(Path(name), content)
        except FileFormatError as error:
            raise RequestError(
                "{name} is no picture that Pillow can read, or it is damaged.", status=422, name=name
            ) from error
        X, note = scaled(digit.pixels.reshape(1, *self._shape), PIXEL_SCALE, self.network)
        moved = words("moved", language()) if digit.moved else ""
        return Inputs(X, np.arange(1), 1, [text for text in (note, moved) if text])

    def answer(self, P: NDArray[Any], inputs: Inputs) -> dict[str, Any]:
        """Return what the outputs say, of shape (rows, ...)."""
        loss = self.network.loss
        if loss.task == "regression":
            return {"predictions": (P[:, 0] if P.shape[1:] == (1,) else P).tolist()}
        predictions = loss.classes(P, 0.5).tolist()
        if loss.task == "multiclass":
            return classified(predictions, range(P.shape[-1]), P) if P.ndim == 2 else _of_steps(predictions, P)
        if P.shape[1:] == (1,):
            return classified(predictions, (0, 1), np.hstack([1 - P, P]))
        return _of_steps(predictions, P)

    def row_schema(self) -> dict[str, Any]:
        """Return the JSON schema of a row: its numbers in one list."""
        items = {"type": "number"}
        return {"type": "array", "items": items, "minItems": self._size, "maxItems": self._size}

    def form(self) -> dict[str, Any]:
        """Return a picture to draw, or a row to write."""
        if self._size == _PIXELS:
            return {"kind": "digit"}
        return {"kind": "row", "example": [0] * min(self._size, 1000)}


def _of_steps(predictions: list[Any], P: NDArray[Any]) -> dict[str, Any]:
    """Return the answer where each example has several outputs: yes or no for each, or a class for each step."""
    return {"predictions": predictions, "probabilities": P.tolist()}


def _flat(values: list[Any]) -> list[Any]:
    """Return the values of nested lists in their order."""
    flat: list[Any] = []
    waiting = values[::-1]
    while waiting:
        value = waiting.pop()
        waiting.extend(value[::-1]) if isinstance(value, list) else flat.append(value)
    return flat


def _has_truth(values: list[Any]) -> bool:
    """Return whether there is true or false in nested lists."""
    kinds = set(map(type, values))
    return bool in kinds or (list in kinds and any(_has_truth(value) for value in values if type(value) is list))


def _shape(row: list[Any]) -> tuple[int, ...] | None:
    try:
        return np.array(row).shape
    except ValueError:
        return None
