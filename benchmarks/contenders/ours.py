"""chainrule itself: real calls of `fit` and `predict`."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import chainrule as cr
from benchmarks.contenders import Contender
from benchmarks.contenders.prediction import Prediction
from benchmarks.workloads import CHECKED, LEARNING_RATE, SEED, Workload
from chainrule.training.callbacks import Callback


class Losses(Callback):
    """Takes the losses of single batches out of the running mean of the epoch."""

    def __init__(self) -> None:
        self.values: list[float] = []
        self._sum = 0.0

    def batch_end(self, run: Any) -> None:
        """Take the loss of the batch."""
        total = run.scores["loss"] * run.batch
        self.values.append(total - self._sum)
        self._sum = total


class Watch(Callback):
    """Takes the time of the last epoch of a call: its steps with all their bookkeeping, without the call's set-up."""

    def epoch_start(self, run: Any) -> None:
        """Start the watch."""
        self._start = time.perf_counter()

    def epoch_end(self, run: Any) -> None:
        """Stop it."""
        self.seconds = time.perf_counter() - self._start


class Training:
    """`Network.fit`, two epochs per call, of which the second counts: set-up is reported by itself."""

    def __init__(self, workload: Workload, engine: str, precision: str | None = None) -> None:
        self._workload, self._engine, self._precision = workload, engine, precision
        self._network = workload.network()
        self._X, self._y = workload.examples()

    def _fit(self, network: cr.Network, X: Any, y: Any, *, epochs: int = 1, **settings: Any) -> None:
        rule, batch = cr.Adam(lr=LEARNING_RATE), self._workload.batch
        network.fit(
            X,
            y,
            epochs=epochs,
            batch_size=batch,
            optimizer=rule,
            engine=self._engine,
            precision=self._precision,
            seed=SEED,
            verbose=False,
            **settings,
        )

    def first(self) -> list[float]:
        """Return the losses of the first steps."""
        losses = Losses()
        self._fit(self._workload.network(), *self._workload.examples(CHECKED), callbacks=[losses])
        return losses.values

    def run(self, epoch: int) -> float:
        """Train for two epochs, which the network counts itself, and return the seconds of the second."""
        watch = Watch()
        self._fit(self._network, self._X, self._y, epochs=2, callbacks=[watch])
        return watch.seconds

    def single(self) -> None:
        """Train on a single batch, which is mostly what a call of fit costs by itself."""
        self._fit(self._network, self._X[: self._workload.batch], self._y[: self._workload.batch])


def make(workload: Workload, variant: str) -> Contender:
    """Return a contender; the variant is the engine, and perhaps its precision, or the prepared prediction."""
    if variant == "predictor":
        return Prediction(workload, workload.network().predictor())
    if workload.inference:
        return Prediction(workload, partial(workload.network().predict, engine=variant))
    engine, _, precision = variant.partition("-")
    return Training(workload, engine, precision or None)
