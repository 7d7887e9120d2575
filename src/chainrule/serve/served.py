"""What a service asks of a model: inputs from rows or a picture, and an answer from the network's outputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from chainrule.network import Network


class Inputs(NamedTuple):
    """What one request gives the network.

    Attributes
    ----------
    X
        The examples, of shape (examples, ...).
    rows
        The row of the request that each example predicts.
    height
        How many rows the request has.
    notes
        What was done to them that nobody asked for, in the reader's language.
    """

    X: NDArray[Any]
    rows: NDArray[np.int64]
    height: int
    notes: list[str]


@runtime_checkable
class Served(Protocol):
    """A model behind a service."""

    network: Network

    def from_rows(self, rows: list[Any]) -> Inputs:
        """Return the inputs of rows of JSON; a RequestError names those that are wrong."""

    def from_picture(self, content: bytes, name: str) -> Inputs:
        """Return the inputs of the picture in a file; messages call it `name`."""

    def answer(self, P: NDArray[Any], inputs: Inputs) -> dict[str, Any]:
        """Return predictions, and of classes their names and probabilities, as plain data."""

    def row_schema(self) -> dict[str, Any]:
        """Return the JSON schema of a row."""

    def form(self) -> dict[str, Any]:
        """Return what a page needs to ask for one example: its "kind", and what goes with it."""


def classified(predictions: Sequence[Any], classes: Sequence[Any], P: NDArray[Any]) -> dict[str, Any]:
    """Return the answer about classes; probabilities are null where nothing is predicted."""
    probabilities = [[None if p != p else p for p in row] for row in P.tolist()]
    return {"predictions": list(predictions), "classes": list(classes), "probabilities": probabilities}
