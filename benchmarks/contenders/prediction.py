"""Inference, the same for everyone: batches in turns, from NumPy to NumPy."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.workloads import Workload


class Prediction:
    """Calls of `predict`, which returns the probabilities of a batch of rows."""

    def __init__(self, workload: Workload, predict: Callable[[Any], Any]) -> None:
        self._steps, self.predict = workload.steps, predict
        self.inputs, self._rows = workload.inputs()

    def first(self) -> list[float]:
        """Return the probabilities of the first rows."""
        P: list[float] = np.asarray(self.predict(self._rows)).ravel().tolist()
        return P

    def latencies(self, calls: int) -> list[float]:
        """Return the seconds of each of so many calls."""
        seconds = []
        for i in range(calls):
            start = time.perf_counter()
            self.predict(self.inputs[i % len(self.inputs)])
            seconds.append(time.perf_counter() - start)
        return seconds

    def run(self, epoch: int) -> None:
        """Predict as often as the workload says."""
        for i in range(self._steps):
            self.predict(self.inputs[i % len(self.inputs)])
