"""What may happen at the start and end of a run, an epoch and a batch."""

from __future__ import annotations

import math
from typing import Any, Literal

from chainrule.common.errors import InputError


class Callback:
    """Something that `fit` calls while it trains; override what you need.

    Every method gets the `chainrule.training.run.Run`: its `epoch` (from 1), `first_epoch`, `last_epoch`, `batch`
    (how many of the epoch are done), `batches` (per epoch, or None), `step` (updates so far), `scores` (of the epoch
    so far, with "val_" ones at its end), `seconds` (of the epoch so far), `learning_rate`, `history`, `network` (with
    the parameters of that moment) and `stop(reason)`. To change parameters, assign them: ``run.network.params = ...``.

    Examples
    --------
    >>> class Enough(Callback):
    ...     def epoch_end(self, run):
    ...         if run.scores["loss"] < 0.1:
    ...             run.stop("the loss is below 0.1")
    """

    def run_start(self, run: Any) -> None:
        """Act before the first epoch."""

    def epoch_start(self, run: Any) -> None:
        """Act before the first batch of an epoch."""

    def batch_start(self, run: Any) -> None:
        """Act before a batch; with the XLA engine, which does many batches in one call, before the first of them."""

    def batch_end(self, run: Any) -> None:
        """Act after a batch; with the XLA engine, for all batches of a call after it."""

    def epoch_end(self, run: Any) -> None:
        """Act after the last batch of an epoch and its validation."""

    def run_end(self, run: Any) -> None:
        """Act after training, whatever ended it."""

    def settings(self) -> dict[str, Any] | None:
        """Return the settings that numbers of the run depend on, as plain data for JSON; None if there are none.

        A run goes on from a checkpoint only with the same ones.
        """
        return None

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint must keep of this callback, as plain data for JSON."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state that `state` returned."""


class BestEpoch(Callback):
    """Knows which epoch was the best so far.

    Parameters
    ----------
    monitor
        The score to watch, such as "val_loss", "val_accuracy" or "loss".
    min_delta
        A smaller change is no improvement.
    mode
        Whether "min" or "max" is better; "auto" takes "min" for losses and errors (loss, mae) and "max" for the others.
    """

    def __init__(
        self, monitor: str = "val_loss", *, min_delta: float = 0.0, mode: Literal["auto", "min", "max"] = "auto"
    ) -> None:
        if not min_delta >= 0:
            raise InputError(f"{type(self).__name__} needs min_delta of at least 0, but got {min_delta}.")
        self.monitor, self.min_delta = monitor, min_delta
        lower = monitor.endswith(("loss", "mae")) if mode == "auto" else mode == "min"
        self._sign = 1.0 if lower else -1.0
        self._mode = mode
        self._best, self.waited = math.inf, 0

    def settings(self) -> dict[str, Any]:
        """Return which score decides, and how."""
        return {"monitor": self.monitor, "min_delta": self.min_delta, "mode": self._mode}

    def run_start(self, run: Any) -> None:
        """Check that the score will be there, and forget an earlier run."""
        if self.monitor not in run.score_names:
            fix = "Give fit validation data." if self.monitor.startswith("val_") else "Name it in metrics=[...]."
            raise InputError(
                f"{type(self).__name__} watches {self.monitor!r}, but this run has only {', '.join(run.score_names)}. "
                f"{fix}"
            )
        self._best, self.waited = math.inf, 0

    def epoch_end(self, run: Any) -> None:
        """Remember a better epoch."""
        score = self._sign * run.scores[self.monitor]
        if score < self._best - (self.min_delta if math.isfinite(self._best) else 0):
            self._best, self.waited = score, 0
        else:
            self.waited += 1

    def state(self) -> dict[str, Any]:
        """Return the best score and how many epochs ago it was."""
        return {"best": self._best, "waited": self.waited}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state that `state` returned."""
        self._best, self.waited = state["best"], state["waited"]


class EarlyStopping(BestEpoch):
    """End training when a score has not improved for some epochs; the network keeps the weights of the best epoch.

    It keeps them however training ends: by patience, after the last epoch, by Ctrl-C or by an error.

    Parameters
    ----------
    patience
        How many epochs without improvement to wait.
    monitor, min_delta, mode
        As for `BestEpoch`.

    Examples
    --------
    >>> import chainrule as cr
    >>> X, y = cr.datasets.moons(seed=0)
    >>> network = cr.Network.mlp([2, 8, 1])
    >>> stop = EarlyStopping(patience=3)
    >>> history = network.fit(
    ...     X, y, epochs=500, optimizer=cr.Adam(0.01), validation_split=0.2, callbacks=[stop], verbose=False
    ... )
    >>> len(history) < 500
    True
    """

    def __init__(
        self,
        patience: int = 5,
        monitor: str = "val_loss",
        *,
        min_delta: float = 0.0,
        mode: Literal["auto", "min", "max"] = "auto",
    ) -> None:
        if patience < 1:
            raise InputError(f"EarlyStopping waits at least 1 epoch, but patience={patience}.")
        super().__init__(monitor, min_delta=min_delta, mode=mode)
        self.patience = patience

    def settings(self) -> dict[str, Any]:
        """Return which score decides, how, and after how long."""
        return super().settings() | {"patience": self.patience}

    def epoch_end(self, run: Any) -> None:
        """Remember a better epoch; stop after too many that were not."""
        super().epoch_end(run)
        if self.waited >= self.patience:
            run.stop(f"{self.monitor} has not improved for {self.patience} epochs")
