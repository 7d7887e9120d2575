"""Early stopping that a later fit of the same estimator goes on with."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

from chainrule.arrays import Array
from chainrule.training.callbacks import EarlyStopping
from chainrule.training.shown import snapshot


class Progress(NamedTuple):
    """Where early stopping was when training ended."""

    last: dict[str, Array]  # the parameters of the last epoch, from which training goes on
    best: tuple[dict[str, Array], int] | None  # those of the best epoch, and which it is
    state: dict[str, Any]  # the best score, and how many epochs ago it was
    rows: bytes  # what stands for the rows that the scores are of


def digest(*arrays: Array) -> bytes:
    """Return what stands for the numbers of arrays: scores on other rows cannot be compared."""
    known = hashlib.sha256()
    for array in arrays:
        known.update(f"{array.shape} {array.dtype}".encode() + array.tobytes())
    return known.digest()


class ContinuedStopping(EarlyStopping):
    """`EarlyStopping` that remembers the best epoch of earlier fits, and the last parameters beside the best.

    Parameters
    ----------
    patience, monitor
        As for `EarlyStopping`.
    rows
        The `digest` of the rows to validate on.
    before
        Where an earlier fit ended, to go on from there if that had the same rows; None for a first fit.
    last_of_equals
        Whether of epochs with equal scores the last one is the best: where the rate falls in the end, that one is the
        steadiest. Else it is the first one.
    """

    def __init__(
        self, patience: int, monitor: str, rows: bytes, before: Progress | None, *, last_of_equals: bool = False
    ) -> None:
        super().__init__(patience, monitor)
        self.progress = before if before is not None and before.rows == rows else None
        self._rows, self.last_of_equals = rows, last_of_equals

    def run_start(self, run: Any) -> None:
        """Take over what an earlier fit knew; if that one ran out of patience, this one has as much again."""
        super().run_start(run)
        if self.progress is not None:
            self.restore(self.progress.state)
            self.waited = self.waited if self.waited < self.patience else 0
            run.best = self.progress.best
        self._last = snapshot(run.engine.params)

    def epoch_end(self, run: Any) -> None:
        """Look at the score, and keep the parameters before the best ones take their place."""
        super().epoch_end(run)
        self._last = snapshot(run.engine.params)

    def run_end(self, run: Any) -> None:
        """Keep where training ended."""
        if run.best is not None:
            self.progress = Progress(self._last, run.best, self.state(), self._rows)
