"""One call of `fit`: its state, which callbacks see and checkpoints keep."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from chainrule.arrays import Array, leaves
from chainrule.common.errors import DivergenceError, InputError, NotFiniteError
from chainrule.common.texts import tr
from chainrule.data.batches import Source
from chainrule.data.checks import finite
from chainrule.engines.base import Engine
from chainrule.equations.schedules import rate_at
from chainrule.layers.base import path_kinds
from chainrule.metrics import Metric, WholeMetric
from chainrule.training.callbacks import Callback
from chainrule.training.checkpoint import Checkpoints
from chainrule.training.history import History
from chainrule.training.identity import differences
from chainrule.training.scoring import Scores, Totals
from chainrule.training.shared_checkpoints import SharedCheckpoints
from chainrule.training.shown import Shown, snapshot


class Run:
    """One call of `fit`: what the loop works on, and what callbacks see.

    Parameters
    ----------
    network
        The network, whose `params` and `history` follow the training.
    engine, source
        What trains it, and on what.
    epochs, seed
        How often to go through the examples; of their order and of the random numbers.
    metrics
        What to score.
    validate
        Returns the scores on validation data.
    checkpoints
        Where to save the state, with what must be the same when the run goes on.
    """

    def __init__(
        self,
        network: Any,
        engine: Engine,
        source: Source,
        *,
        epochs: int,
        seed: int,
        metrics: Sequence[Metric | WholeMetric] = (),
        validate: Callable[[], Scores] | None = None,
        checkpoints: Checkpoints | SharedCheckpoints | None = None,
    ) -> None:
        self.engine, self.source, self.seed = engine, source, seed
        self.shown = Shown(network, engine)
        self.metrics, self.validate, self._checkpoints = metrics, validate, checkpoints
        # What an earlier fit returned must not grow.
        self.history: History = History(network.history.rows)
        network.history = self.history
        self._before, self._epochs = len(self.history), epochs
        self.epoch = self.first_epoch = self._before + 1
        self.batch, self.batches = 0, source.batches
        self.totals = Totals(metrics)
        self.reason, self.resumed = "", False
        self.best: tuple[dict[str, Array], int] | None = None  # the parameters of the best epoch, and which it is
        self._final: Scores = {}
        self._started = time.perf_counter()

    @property
    def network(self) -> Any:
        """The network, with the parameters of this moment, which do not change later and cannot be written to.

        To change the parameters of the run, assign new ones: ``run.network.params = ...``.
        """
        return self.shown.network((self.step, self.epoch, self.batch))

    @property
    def last_epoch(self) -> int:
        """The last epoch, unless training is stopped before."""
        return self._before + self._epochs

    @property
    def score_names(self) -> list[str]:
        """The names of the scores that an epoch will have."""
        names = ["loss", *(m.name for m in self.metrics if isinstance(m, Metric)), *self._l2()]
        return names if self.validate is None else [*names, "val_loss", *(f"val_{m.name}" for m in self.metrics)]

    @property
    def scores(self) -> Scores:
        """The scores of the epoch so far."""
        return self._final or self.totals.scores()

    @property
    def step(self) -> int:
        """Updates of the parameters so far."""
        return self.engine.steps

    @property
    def learning_rate(self) -> float:
        """Of the next step."""
        return float(rate_at(self.engine.optimizer.lr, self.engine.steps + 1))

    @property
    def seconds(self) -> float:
        """Of the epoch so far, in this process."""
        return time.perf_counter() - self._started

    def stop(self, reason: str) -> None:
        """End training after this batch or epoch."""
        self.reason = reason

    def start_epoch(self, epoch: int) -> None:
        """Begin an epoch, or go on with one that a checkpoint was in the midst of."""
        if self.batch == 0:
            self.totals = Totals(self.metrics)
        self.epoch, self._final, self._started = epoch, {}, time.perf_counter()

    def end_epoch(self) -> None:
        """Score an epoch."""
        scores = self.totals.final_scores() | self._l2()
        for path, p in leaves(self.engine.params):
            if not finite(p):
                layer = self.engine.body.layers[int(path.partition(".")[0])]
                raise DivergenceError(
                    "Training diverged: the last steps of epoch {epoch} made {parameter} ({layer}) NaN or infinite. "
                    "{advice}",
                    epoch=self.epoch,
                    parameter=path,
                    layer=layer.label,
                    advice=self.advice(),
                )
        if self.validate is not None:
            try:
                scores |= {f"val_{name}": value for name, value in self.validate().items()}
            except NotFiniteError as error:
                raise DivergenceError(
                    "Training diverged on the validation data after epoch {epoch}. {error} {advice}",
                    epoch=self.epoch,
                    error=error,
                    advice=self.advice(),
                ) from error
        self._final, self.batch = scores, 0
        self.history.append(scores)

    def advice(self) -> str:
        """Return what to try when numbers blow up."""
        return tr(
            "Try a smaller learning rate (lr={rate} now), clip_norm=1.0 in the optimizer, or inputs scaled to about "
            "-1..1.",
            rate=self.engine.optimizer.lr,
        )

    def _l2(self) -> Scores:
        """Return the term that L2 adds to the loss, if the optimizer has it."""
        term = self.engine.optimizer.penalty(self._weights())
        return {} if term is None else {"l2": term}

    def _weights(self) -> Iterator[Array]:
        """Yield the parameters that decay; nothing is looked up unless somebody asks for the first."""
        params = self.engine.params
        kinds = path_kinds(self.engine.body, params)
        yield from (p for path, p in leaves(params) if kinds[path] == "weight")

    def keep_best(self) -> None:
        """Keep the parameters of this epoch as the best."""
        self.best = snapshot(self.engine.params), self.epoch

    def restore_best(self) -> None:
        """Give the engine the parameters of the best epoch."""
        if self.best is not None:
            self.engine.restore(self.best[0])
            self.shown.renew()

    def save(self, callbacks: Sequence[Callback], *, now: bool = False) -> None:
        """Write a checkpoint if it is time; only between blocks of batches is the state whole."""
        if self._checkpoints is None or not (now or self._checkpoints.due()):
            return
        arrays = self.engine.state()
        if self.best is not None:
            arrays |= {f"best/{name}": a for name, a in self.best[0].items()}
        arrays |= {f"counts/{i}": counts for i, counts in enumerate(self.totals.counts)}
        info = {
            "before": self._before,
            "batch": self.batch,
            "loss": [self.totals.loss, self.totals.weight],
            "best_epoch": self.best and self.best[1],
            "history": self.history.rows,
            "reason": self.reason,
            "callbacks": [[type(callback).__name__, callback.state()] for callback in callbacks],
        }
        self._checkpoints.save(arrays, info)

    def close(self) -> None:
        """Let other runs use the folder of checkpoints."""
        if self._checkpoints is not None:
            self._checkpoints.close()

    def resume(self) -> list[Any] | None:
        """Go on from the last checkpoint, if there is one; return the names and the states of its callbacks."""
        if self._checkpoints is None or (saved := self._checkpoints.load()) is None:
            return None
        arrays, info = saved
        before, now = info["settings"], self._checkpoints.identity
        if before != now:
            raise InputError(
                "The checkpoint folder holds a run with other settings or data. {differences} Take the same settings "
                "to go on with it, or another folder for a new run.",
                differences=differences(before, now),
            )
        self.resumed = True
        self.engine.restore(arrays)
        self.history.rows[:] = info["history"]
        self._before, self.batch, self.reason = info["before"], info["batch"], info["reason"]
        self.epoch = self.first_epoch = len(self.history) + 1
        self.totals.loss, self.totals.weight = info["loss"]
        self.totals.counts = [arrays[f"counts/{i}"] for i in range(sum(name.startswith("counts/") for name in arrays))]
        if info["best_epoch"]:
            best = {name.removeprefix("best/"): a for name, a in arrays.items() if name.startswith("best/")}
            self.best = best, info["best_epoch"]
        states: list[Any] = info["callbacks"]
        return states
