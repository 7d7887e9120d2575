"""What may happen at the start and end of a run, an epoch and a batch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from chainrule.common.errors import InputError
from chainrule.common.names import meant
from chainrule.common.settings import Checked, Number, OneOf, Text, Whole
from chainrule.common.texts import tr
from chainrule.metrics import METRICS


class Callback:
    """Something that `fit` calls while it trains; override what you need.

    Every method gets the `chainrule.training.run.Run`: its `epoch` (from 1), `first_epoch`, `last_epoch`, `batch`
    (how many of the epoch are done), `batches` (per epoch, or None), `step` (updates so far), `scores` (of the epoch
    so far, with ``val_`` ones at its end), `seconds` (of the epoch so far), `learning_rate`, `history`, `network` (with
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


class BestEpoch(Checked, Callback):
    """Knows which epoch was the best so far.

    Parameters
    ----------
    monitor
        The score to watch, such as "val_loss", "val_accuracy" or "loss".
    min_delta
        A smaller change is no improvement.
    mode
        Whether "min" or "max" is better; "auto" takes "min" for the loss, and for a metric what its `better` says.
    """

    monitor: str
    min_delta: float
    mode: Literal["auto", "min", "max"]
    rules: ClassVar = {"monitor": Text(), "min_delta": Number(0), "mode": OneOf(("auto", "min", "max"))}
    last_of_equals: bool = False
    """Whether of epochs with equal scores the last one is the best: where the rate falls in the end, the steadiest."""

    def __init__(
        self, monitor: str = "val_loss", *, min_delta: float = 0.0, mode: Literal["auto", "min", "max"] = "auto"
    ) -> None:
        self.settle(monitor=monitor, min_delta=min_delta, mode=mode)
        self._best, self.waited = math.inf, 0

    def settings(self) -> dict[str, Any]:
        """Return which score decides, and how."""
        return {"monitor": self.monitor, "min_delta": self.min_delta, "mode": self.mode}

    def run_start(self, run: Any) -> None:
        """Check that the score will be there and which of two is better, and forget an earlier run."""
        if self.monitor not in run.score_names:
            raise InputError(
                "{callback} watches {monitor!r}, but this run has only {scores}. {fix}",
                callback=type(self).__name__,
                monitor=self.monitor,
                scores=", ".join(run.score_names),
                fix=_missing(self.monitor, run.score_names),
            )
        self._sign = 1.0 if self._better(run) == "min" else -1.0
        self._best, self.waited = math.inf, 0

    def _better(self, run: Any) -> str:
        """Return whether a smaller ("min") or a larger score ("max") is better."""
        name = self.monitor.removeprefix("val_")
        if self.mode != "auto" or name == "loss":
            return "min" if self.mode == "auto" else self.mode
        metric = next(metric for metric in run.metrics if metric.name == name)
        if metric.better not in ("min", "max"):
            raise InputError(
                "{callback} watches {monitor!r}, but {metric} does not say which score is better. Write "
                'mode="min" or mode="max", or give the class better = "min" or "max".',
                callback=type(self).__name__,
                monitor=self.monitor,
                metric=type(metric).__name__,
            )
        return str(metric.better)

    def epoch_end(self, run: Any) -> None:
        """Remember a better epoch."""
        score = self._sign * run.scores[self.monitor]
        equal = self.last_of_equals and score == self._best
        if equal or score < self._best - (self.min_delta if math.isfinite(self._best) else 0):
            self._best, self.waited = score, 0
        else:
            self.waited += 1

    def state(self) -> dict[str, Any]:
        """Return the best score and how many epochs ago it was."""
        return {"best": self._best, "waited": self.waited}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state that `state` returned."""
        self._best, self.waited = state["best"], state["waited"]


def _missing(monitor: str, names: Sequence[str]) -> str:
    """Return how to get a score that a run does not have."""
    name, validated = monitor.removeprefix("val_"), monitor.startswith("val_")
    if validated and "val_loss" not in names:
        return tr("Give fit validation data.")
    # Some metrics are computed on validation data only; of two scores, that of training comes first.
    known = {n.removeprefix("val_"): n for n in reversed(names) if n.startswith("val_") or not validated}
    near = meant(name, known)
    if near:
        return tr("Write {value}.", value=f"monitor={known[near]!r}")
    return tr("Name it in {argument}.", argument=f"metrics=[{meant(name, METRICS) or '...'!r}]")


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

    patience: int
    rules: ClassVar = BestEpoch.rules | {"patience": Whole(1)}

    def __init__(
        self,
        patience: int = 5,
        monitor: str = "val_loss",
        *,
        min_delta: float = 0.0,
        mode: Literal["auto", "min", "max"] = "auto",
    ) -> None:
        super().__init__(monitor, min_delta=min_delta, mode=mode)
        self.settle(patience=patience)

    def settings(self) -> dict[str, Any]:
        """Return which score decides, how, and after how long."""
        return super().settings() | {"patience": self.patience}

    def epoch_end(self, run: Any) -> None:
        """Remember a better epoch; stop after too many that were not."""
        super().epoch_end(run)
        if self.waited >= self.patience:
            reason = tr("{score} has not improved for {count} epochs", score=self.monitor, count=self.patience)
            run.stop(reason)
