"""The examples of a traced pass: through the door as those of `fit`, all in one batch."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.common.errors import InputError
from chainrule.data import checks, sources
from chainrule.data.batches import Data, cleared
from chainrule.data.convert import as_array
from chainrule.data.door import Door
from chainrule.data.fitting import examples_to_score

_MOST = 4096
"""Examples of a trace: it holds every number that they lead to."""


def one_batch(held: sources.Held, door: Door, names: Sequence[str] | None, dtype: Any, *, whole: bool) -> Data:
    """Return examples as one batch, checked; without targets, Y is the inputs, and nothing looks at it.

    Parameters
    ----------
    held, door, names
        The examples, what checks them, and the columns that the network was trained with.
    dtype, whole
        That of the network, and whether its inputs are whole numbers.

    Raises
    ------
    InputError
        There are too many, weights without targets, or weights that are all 0; also what the door raises.
    """
    if held.y is None and not sources.brings_batches(held.X):
        if held.weights is not None:
            raise InputError("sample_weight is for the loss, so give y, too.")
        return _inputs(held, door, names)
    batches = list(islice(examples_to_score(held, door, names).ordered(_MOST), 2))
    if len(batches) != 1:
        raise _not_one_batch()
    data = batches[0].take(slice(None), dtype, whole=whole)
    if data.weights is not None:
        checks.some_weight(data.weights)
    return data


def _not_one_batch() -> InputError:
    return InputError(
        "A trace holds every number that its examples lead to, so it takes one batch of up to {most:,} of them, but "
        "more came, or none: give some, such as X[:32] and y[:32].",
        most=_MOST,
    )


def _inputs(held: sources.Held, door: Door, names: Sequence[str] | None) -> Data:
    X = sources.array_or_stored(held.X, names)
    if not 0 < len(X) <= _MOST:
        raise _not_one_batch()
    mask = door.mask(X, None if held.mask is None else as_array("mask", held.mask))
    taken: tuple[Array, Array | None] = door.taken(np.asarray(X[:]), mask, 0)
    X, mask = taken
    return Data(cleared(X, None, mask), X, None, mask)
