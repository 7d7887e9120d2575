"""chainrule itself: real calls of `fit` and `predict`."""

from __future__ import annotations

from functools import partial
from typing import Any

import chainrule as cr
from benchmarks.contenders import Contender
from benchmarks.contenders.prediction import Prediction
from benchmarks.workloads import CHECKED, LEARNING_RATE, SEED, Workload
from chainrule.callbacks import Callback


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


class Training:
    """`Network.fit`, one epoch per call."""

    def __init__(self, workload: Workload, engine: str, precision: str | None = None) -> None:
        self._workload, self._engine, self._precision = workload, engine, precision
        self._network = workload.network()
        self._X, self._y = workload.examples()

    def _fit(self, network: cr.Network, X: Any, y: Any, **settings: Any) -> None:
        rule, batch = cr.Adam(lr=LEARNING_RATE), self._workload.batch
        network.fit(
            X,
            y,
            epochs=1,
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

    def run(self, epoch: int) -> None:
        """Train for an epoch; the network counts them itself."""
        self._fit(self._network, self._X, self._y)

    def single(self) -> None:
        """Train on a single batch, which is mostly what a call of fit costs by itself."""
        self._fit(self._network, self._X[: self._workload.batch], self._y[: self._workload.batch])


def make(workload: Workload, variant: str) -> Contender:
    """Return a contender; the variant is the engine, and perhaps its precision."""
    if workload.inference:
        return Prediction(workload, partial(workload.network().predict, engine=variant))
    engine, _, precision = variant.partition("-")
    return Training(workload, engine, precision or None)
