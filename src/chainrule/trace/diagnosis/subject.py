"""What is diagnosed, and what is tried with it: a traced pass, and a few steps on a copy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from chainrule.arrays import Array, Params, leaves
from chainrule.arrays.threads import one_blas_thread
from chainrule.data.batches import Data
from chainrule.engines.numpy import NumpyEngine
from chainrule.equations import optimizers
from chainrule.equations.losses import Loss
from chainrule.layers import Sequential
from chainrule.trace.diagnosis import thresholds
from chainrule.trace.diagnosis.guessing import guessed_loss
from chainrule.trace.record import LossRecord
from chainrule.trace.run import Step, run
from chainrule.trace.trace import Trace
from chainrule.trace.untouched import copied, random_numbers_kept


class Trial(NamedTuple):
    """What some steps of training on the same examples come to."""

    losses: list[float]  # before each step
    params: Params  # after the last one

    @property
    def blew_up(self) -> bool:
        """Whether a loss is NaN or infinite."""
        return not all(map(math.isfinite, self.losses))


@dataclass(frozen=True, eq=False)
class Subject:
    """A network at one moment, with examples.

    Attributes
    ----------
    body, loss, params
        The network.
    data
        The examples, checked and in the dtype of the network.
    step
        What it trains with, and the state that it goes on from; None if that is not known.
    epochs
        For how many it was trained, as far as is known.
    begun
        The parameters that it began with; a loaded model has no history to tell.
    columns
        The names of the inputs' columns, if they have names.
    seed
        Of dropout.
    """

    body: Sequential
    loss: Loss
    params: Params
    data: Data
    step: Step | None
    epochs: int
    begun: Params
    columns: tuple[str, ...] | None = None
    seed: int = 0

    @cached_property
    def passed(self) -> Data:
        """Those of the examples that go through the network."""
        return self.data.each(lambda a: a[: thresholds.PASSED])

    @cached_property
    def fresh(self) -> bool:
        """Whether the parameters are those that it began with."""
        begun = dict(leaves(self.begun))
        return all(np.array_equal(p, begun[path]) for path, p in leaves(self.params))

    @property
    def forgot(self) -> bool:
        """Whether the optimizer's state was lost since: its first steps would jump away from where it had arrived."""
        return self.step is not None and not (self.fresh or self.step.state)

    @cached_property
    def trains(self) -> bool:
        """Whether the passes are those of training: one example has no statistics of a batch, so it is predicted."""
        return len(self.passed.X) > 1

    @cached_property
    def trace(self) -> Trace:
        """One pass.

        Raises
        ------
        NotFiniteError
            The outputs are NaN or infinite.
        """
        return run(self.body, self.loss, self.params, self.passed, training=self.trains, key=(self.seed, 1, 0))

    @property
    def result(self) -> LossRecord:
        """The loss of that pass."""
        assert self.trace.loss is not None
        return self.trace.loss

    @cached_property
    def later(self) -> Trace:
        """The same pass after some small steps: what was 0 only because the network began so is no longer."""
        params = self.tried(Step(optimizers.Adam(), {})).params
        return run(self.body, self.loss, params, self.passed, training=self.trains, key=(self.seed, 1, 0))

    @cached_property
    def guessing(self) -> float:
        """The loss of the best answer that is the same for all examples."""
        return guessed_loss(self.loss, self.result.Z, self.passed)

    @cached_property
    def knowing_nothing(self) -> float:
        """The loss of outputs that are all 0: with classes, of all being as likely."""
        Z: Array = self.result.Z
        return float(self.loss(np.zeros_like(Z), self.passed.Y, self.passed.weights)[0])

    def tried(self, step: Step, steps: int = thresholds.TRIAL) -> Trial:
        """Return what steps of training come to; nothing of the network changes."""
        engine = NumpyEngine(copied(self.body), self.loss, step.optimizer, self.params)
        if step.state:
            engine.restore({f"params/{path}": p for path, p in leaves(self.params)} | step.state)
        X, Y, weights, mask = self.passed
        with np.errstate(over="ignore", invalid="ignore"), one_blas_thread(), random_numbers_kept():
            losses = [engine.step(X, Y, weights, (self.seed, 0, i), mask)[0] for i in range(steps)]
        return Trial(losses, engine.params)


def rms(array: Array) -> float:
    """Return the root mean square of an array's numbers; of none, 0."""
    return float(np.sqrt(np.mean(np.square(array, dtype=np.float64)))) if array.size else 0.0
