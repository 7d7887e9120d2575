"""How a pass is run."""

from __future__ import annotations

from typing import Any, NamedTuple


class Mode(NamedTuple):
    """How a pass is run.

    The random numbers of a layer are a function of `key` alone: the same key gives the same numbers, whatever ran
    before. So a pass can be repeated exactly, and a composite layer gives its n-th part `mode.fold(n)`.

    Parameters
    ----------
    training
        Whether layers such as Dropout act as they do in training.
    key
        Integers that name this pass, for example (seed, step). The last ones may be traced by JAX.
    mask
        For sequences of different length, an array of shape (batch, time): 1 where there is data, 0 where there is
        padding. None means that all of it is data.
    rows
        An array of shape (batch,): 1 for examples, 0 for rows that only fill up a batch, which must not change what is
        computed for the others. None means that all of them are examples.
    """

    training: bool = False
    key: tuple[Any, ...] = ()
    mask: Any = None
    rows: Any = None

    def fold(self, n: int) -> Mode:
        """Return the mode of the n-th part of a composite; inference has no random numbers, so none to tell apart."""
        return Mode(True, (*self.key, n), self.mask, self.rows) if self.training else self


INFERENCE = Mode()
"""The mode of a pass when none is given."""
