"""The training loop: batches, scores, callbacks, checkpoints, and what happens when a run ends early."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from typing import Any

import numpy as np

from chainrule.arrays import Array, Mode, Params, leaves
from chainrule.common.errors import DivergenceError, InputError
from chainrule.data.batches import Block, Data, Source
from chainrule.engines.base import Engine
from chainrule.equations.losses import Loss
from chainrule.equations.schedules import rate_at
from chainrule.metrics import Metric, WholeMetric
from chainrule.training.callbacks import BestEpoch, Callback, EarlyStopping
from chainrule.training.checkpoint import Checkpoints
from chainrule.training.history import History
from chainrule.training.progress import scores_text

Scores = dict[str, float]


class Totals:
    """The sums behind the scores: of the loss times the weights, and of what the metrics count."""

    def __init__(self, metrics: Sequence[Metric | WholeMetric]) -> None:
        self._metrics = [metric for metric in metrics if isinstance(metric, Metric)]
        self.loss = self.weight = 0.0
        self.counts: list[Array] = []

    def add_losses(self, losses: Iterable[float], weights: Iterable[float]) -> None:
        """Add the mean losses of batches."""
        for J, weight in zip(losses, weights, strict=True):
            self.loss += J * weight
            self.weight += weight

    def add_counts(self, counts: Iterable[Array]) -> None:
        """Add what the metrics counted."""
        for i, c in enumerate(counts):
            if i == len(self.counts):
                self.counts.append(np.zeros(len(c)))
            self.counts[i] = self.counts[i] + c

    def scores(self) -> Scores:
        """Return the mean loss and the metrics."""
        scores = {"loss": self.loss / self.weight} if self.weight else {}
        if self.counts:
            scores |= {m.name: m.score(c) for m, c in zip(self._metrics, self.counts, strict=True)}
        return scores


def evaluate(
    forward: Callable[[Array, Array | None], Array],
    loss: Loss,
    metrics: Sequence[Metric | WholeMetric],
    batches: Iterable[Data],
    dtype: Any,
) -> Scores:
    """Return the loss and the metrics of a network on examples.

    Parameters
    ----------
    forward
        From inputs and mask to logits.
    """
    totals, whole = Totals(metrics), [metric for metric in metrics if isinstance(metric, WholeMetric)]
    seen = []
    for examples in batches:
        batch = examples.take(slice(None), dtype)
        if batch.weights is None or batch.weights.any():
            Z = forward(batch.X, batch.mask)
            weight = float(len(batch.X) if batch.weights is None else batch.weights.sum())
            totals.add_losses([float(loss(Z, batch.Y, batch.weights)[0])], [weight])
            totals.add_counts(metric.counts(Z, batch.Y) for metric in metrics if isinstance(metric, Metric))
            if whole:
                seen.append((Z, batch.Y))
    if not whole:
        return totals.scores()
    Z, Y = (np.concatenate(arrays) for arrays in zip(*seen, strict=True))
    return totals.scores() | {metric.name: metric.value(Z, Y) for metric in whole}


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
    checkpoints, settings
        Where to save the state; and a text that must be the same when the run goes on.
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
        checkpoints: Checkpoints | None = None,
        settings: str = "",
    ) -> None:
        self._network, self.engine, self.source, self.seed = network, engine, source, seed
        self.metrics, self.validate, self._checkpoints, self._settings = metrics, validate, checkpoints, settings
        self.history: History = network.history
        self._before, self._epochs = len(self.history), epochs
        self.epoch = self.first_epoch = self._before + 1
        self.batch, self.batches = 0, source.batches
        self.totals = Totals(metrics)
        self.reason, self.resumed = "", False
        self.best: tuple[dict[str, Array], int] | None = None  # the parameters of the best epoch, and which it is
        self._final: Scores = {}

    @property
    def network(self) -> Any:
        """The network, with the parameters of this moment."""
        self.hand_over()
        return self._network

    def hand_over(self) -> None:
        """Give the network the current parameters."""
        self._network.params = self.engine.params

    @property
    def last_epoch(self) -> int:
        """The last epoch, unless training is stopped before."""
        return self._before + self._epochs

    @property
    def score_names(self) -> list[str]:
        """The names of the scores that an epoch will have."""
        names = ["loss", *(m.name for m in self.metrics if isinstance(m, Metric))]
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
        scores = self.totals.scores()
        if self.validate is not None:
            scores |= {f"val_{name}": value for name, value in self.validate().items()}
        self._final, self.batch = scores, 0
        self.history.append(scores)

    def keep_best(self) -> None:
        """Keep the parameters of this epoch as the best."""
        self.best = snapshot(self.engine.params), self.epoch

    def restore_best(self) -> None:
        """Give the engine the parameters of the best epoch."""
        if self.best is not None:
            self.engine.restore(self.best[0])

    def save(self, callbacks: Sequence[Callback], *, now: bool = False) -> None:
        """Write a checkpoint if it is time; only between blocks of batches is the state whole."""
        if self._checkpoints is None or not (now or self._checkpoints.due()):
            return
        arrays = self.engine.state()
        if self.best is not None:
            arrays |= {f"best/{name}": a for name, a in self.best[0].items()}
        arrays |= {f"counts/{i}": counts for i, counts in enumerate(self.totals.counts)}
        info = {
            "settings": self._settings,
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
        saved = self._checkpoints and self._checkpoints.load()
        if not saved:
            return None
        arrays, info = saved
        if info["settings"] != self._settings:
            raise InputError(
                f"The checkpoint folder holds a run with other settings or data:\n  {info['settings']}\nThis one is\n  "
                f"{self._settings}\nTake the same settings to go on with it, or another folder for a new run."
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


def snapshot(params: Params) -> dict[str, Array]:
    """Return a copy of the parameters, for an engine's `restore`."""
    return {f"params/{path}": np.array(p) for path, p in leaves(params)}


def train(run: Run, callbacks: Sequence[Callback]) -> str:
    """Train, and return a sentence about why it ended before the last epoch, if it did.

    The order of the examples and the random numbers of a batch follow from the seed, the epoch and the batch alone. If
    Ctrl-C or an error (such as a loss that is no longer finite) ends the run, the network is left with the best
    parameters of an epoch that was finished (by the score that EarlyStopping watches, else by validation loss or loss),
    or with those of the start if none was; Ctrl-C in the first epoch keeps what was learned so far.
    """
    with closing(run):
        return _train(run, callbacks)


def _train(run: Run, callbacks: Sequence[Callback]) -> str:
    stopping = [callback for callback in callbacks if isinstance(callback, EarlyStopping)]
    best = stopping[0] if stopping else BestEpoch("loss" if run.validate is None else "val_loss")
    everyone = [best, *(callback for callback in callbacks if callback is not best)]
    states = run.resume()
    start, ended = snapshot(run.engine.params), ""
    try:
        for callback in everyone:
            callback.run_start(run)
        _restore(everyone, states or [])
        if states is None:
            run.save(everyone, now=True)
        while len(run.history) < run.last_epoch and not run.reason:
            _epoch(run, len(run.history) + 1, everyone, best)
        if run.step:
            run.save(everyone, now=True)
    except KeyboardInterrupt:
        run.restore_best()
        ended = f"Stopped by Ctrl-C in epoch {run.epoch}: the network keeps {_kept(run, 'what it learned so far')}."
    except BaseException as error:
        run.engine.restore(start if run.best is None else run.best[0])
        if isinstance(error, DivergenceError):
            raise DivergenceError(f"{error} The network keeps {_kept(run, 'the weights of the start')}.") from None
        raise
    else:
        if stopping:
            run.restore_best()
        if run.reason:
            ended = f"Stopped in epoch {run.epoch}: {run.reason}."
            ended += f" The network keeps {_kept(run, '')}." if stopping and run.best else ""
    finally:
        run.hand_over()
        for callback in everyone:
            callback.run_end(run)
    return ended


def _restore(callbacks: Sequence[Callback], states: list[Any]) -> None:
    """Give each callback the state of the first one of its kind; showing progress or not makes no difference."""
    left = list(states)
    for callback in callbacks:
        mine = next((entry for entry in left if entry[0] == type(callback).__name__), None)
        if mine is not None:
            left.remove(mine)
            callback.restore(mine[1])


def _kept(run: Run, otherwise: str) -> str:
    if run.best is None:
        return otherwise
    epoch = run.best[1]
    return f"the weights of epoch {epoch}, the best so far ({scores_text(run.history.rows[epoch - 1])})"


def _epoch(run: Run, epoch: int, callbacks: Sequence[Callback], best: BestEpoch) -> None:
    run.start_epoch(epoch)
    for callback in callbacks:
        callback.epoch_start(run)
    before = [c.batch_start for c in callbacks if type(c).batch_start is not Callback.batch_start]
    after = [c.batch_end for c in callbacks if type(c).batch_end is not Callback.batch_end]
    with closing(run.source.blocks(epoch, run.batch)) as blocks:  # a thread may be reading ahead for it
        for block in blocks:
            _block(run, block, before, after)
            if run.reason:
                return
            run.save(callbacks)
    run.engine.flush()
    run.end_epoch()
    for callback in callbacks:
        callback.epoch_end(run)
        if callback is best and best.waited == 0:
            run.keep_best()
    run.save(callbacks)


Hooks = Sequence[Callable[[Run], None]]


def _block(run: Run, block: Block, before: Hooks, after: Hooks) -> None:
    end = block.first + len(block.cuts) - 1
    run.batch = block.first
    results = run.engine.run(run.source, block, run.epoch)
    while run.batch < end and not run.reason:
        for call in before:
            call(run)
        losses, weights = next(results)
        if not all(map(math.isfinite, losses)):
            number = run.batch + next(i for i, J in enumerate(losses) if not math.isfinite(J))
            raise DivergenceError(_divergence_text(run, block, number, losses[number - run.batch]))
        if not before and not after:
            run.totals.add_losses(losses, weights)
            run.batch += len(losses)
            continue
        for i, (J, weight) in enumerate(zip(losses, weights, strict=True)):
            for call in before if i else ():
                call(run)
            run.totals.add_losses([J], [weight])
            run.batch += 1
            for call in after:
                call(run)
    results.close()
    run.totals.add_counts(run.engine.counts)


def _divergence_text(run: Run, block: Block, number: int, J: float) -> str:
    start, end = block.cuts[number - block.first : number - block.first + 2]
    engine, data = run.engine, run.source.take(block, run.engine.dtype)
    batch = Data(*(None if a is None else a[start:end] for a in data))
    mode = Mode(training=True, key=(run.seed, run.epoch, number), mask=batch.mask)
    return (
        f"Training diverged: the loss became {J} in batch {number + 1} of epoch {run.epoch}. "
        f"The numbers blew up first in {_first_blow_up(engine, batch.X, mode)}. Try a smaller learning rate "
        f"(lr={engine.optimizer.lr} now), clip_norm=1.0 in the optimizer, or inputs scaled to about -1..1 (this batch "
        f"goes up to {float(np.abs(batch.X).max()):g})."
    )


def _first_blow_up(engine: Engine, X: Array, mode: Mode) -> str:
    limit = math.sqrt(np.finfo(engine.dtype).max)  # beyond it the square is infinite
    params = engine.params
    for i, layer in enumerate(engine.body.layers):
        for part, array in leaves(params[i]):
            if not np.abs(array).max(initial=0) < limit:
                return f"{part} of layer {i} ({layer.label})"
        X, _ = layer.forward(params[i], X, mode.fold(i))
        if not np.abs(X).max(initial=0) < limit:
            return f"the output of layer {i} ({layer.label})"
    return "the loss"
