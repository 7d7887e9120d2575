"""From the rows of a table to the examples of a network: one for each row, or one for the rows before it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chainrule.tables.frames import Frame
from chainrule.tables.preparation import Preparation
from chainrule.tables.windows import Past


class Examples(NamedTuple):
    """Examples of a network.

    Attributes
    ----------
    X
        The inputs, of shape (examples, ...).
    rows
        The row of the table that each example predicts.
    unknown
        For each column how many categories training did not know, where there are any.
    """

    X: NDArray[np.float32]
    rows: NDArray[np.int64]
    unknown: dict[str, int]


def shape_of(preparation: Preparation, past: Past | None) -> tuple[int, ...]:
    """Return the shape of one example."""
    return preparation.shape if past is None else (past.history, preparation.width)


def examples(frame: Frame, preparation: Preparation, past: Past | None, target: str) -> Examples:
    """Return the examples of a table; of one whose past is seen, those whose past is there.

    Raises
    ------
    InputError
        If a column is missing, or a value is not of its column's kind.
    """
    X, unknown = preparation.prepare(frame)
    if past is None:
        return Examples(X.reshape(-1, *preparation.shape), np.arange(len(X)), unknown)
    seen, rows = past.windows(frame, target)
    return Examples(X[seen], rows, unknown)
