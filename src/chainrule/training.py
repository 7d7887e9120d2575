"""The training loop: batches, scores, history, and what happens when a run ends early."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, Mode, Params, leaves
from chainrule.engines.numpy import NumpyEngine
from chainrule.errors import DivergenceError
from chainrule.losses import Loss
from chainrule.progress import Silent, scores_text
from chainrule.tables import text_table

_INFERENCE_BATCH = 1024  # rows at a time: enough for the matrix products, little enough for the cache


class History:
    """The scores of every epoch: a table when printed, and one list per score.

    >>> history = History()
    >>> history.append({"loss": 0.5, "accuracy": 0.75})
    >>> history.append({"loss": 0.25, "accuracy": 1.0})
    >>> history["loss"]
    [0.5, 0.25]
    >>> print(history)
    epoch    loss  accuracy
    1      0.5000    0.7500
    2      0.2500    1.0000
    """

    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []

    def append(self, scores: dict[str, float]) -> None:
        """Add the scores of one epoch."""
        self.rows.append(scores)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, name: str) -> list[float]:
        return [row[name] for row in self.rows if name in row]

    def __str__(self) -> str:
        names = list(dict.fromkeys(name for row in self.rows for name in row))
        rows = [
            [str(i), *(f"{row[n]:.4f}" if n in row else "" for n in names)] for i, row in enumerate(self.rows, start=1)
        ]
        return text_table(["epoch", *names], rows)


class Data(NamedTuple):
    """Examples of a training or test set."""

    X: Array  # (examples, ...)
    Y: Array  # (examples, ...)
    weights: Array | None = None  # (examples,)
    mask: Array | None = None  # (examples, time)

    def take(self, rows: Any, dtype: Any) -> Data:
        """Return some of the examples, all but the targets in the given dtype."""

        def part(array: Array | None) -> Array | None:
            return None if array is None else np.asarray(array[rows], dtype)

        return Data(part(self.X), self.Y[rows], part(self.weights), part(self.mask))


def metric(loss: Loss, Z: Array, Y: Array) -> tuple[str, float]:
    """Return the name and value of the score that people read: accuracy, or the mean absolute error (mae)."""
    if loss.task == "regression":
        return "mae", float(np.mean(np.abs(Z - Y.reshape(Z.shape))))
    if loss.task == "binary":
        return "accuracy", float(np.mean((Z > 0) == (Y.reshape(Z.shape) > 0.5)))
    labels = Y if Y.ndim < Z.ndim else Y.argmax(axis=-1)
    return "accuracy", float(np.mean(Z.argmax(axis=-1) == labels))


class _Mean:
    """Running means of the loss (weighted by the examples' weights) and the metric (by their number)."""

    def __init__(self) -> None:
        self._loss = self._weight = self._metric = 0.0
        self._examples = 0

    def add(self, loss: Loss, J: float, Z: Array, batch: Data) -> None:
        n = len(batch.X)
        weight = n if batch.weights is None else float(batch.weights.sum())
        self._name, value = metric(loss, Z, batch.Y)
        self._loss += J * weight
        self._weight += weight
        self._metric += value * n
        self._examples += n

    def scores(self) -> dict[str, float]:
        return {"loss": self._loss / self._weight, self._name: self._metric / self._examples}


def logits(body: Any, params: Params, data: Data, dtype: Any) -> Iterator[tuple[slice, Data, Array]]:
    """Yield the examples and their logits, some rows at a time."""
    for start in range(0, len(data.X), _INFERENCE_BATCH):
        rows = slice(start, start + _INFERENCE_BATCH)
        batch = data.take(rows, dtype)
        yield rows, batch, body.forward(params, batch.X, Mode(mask=batch.mask))[0]


def evaluate(body: Any, loss: Loss, params: Params, data: Data, dtype: Any) -> dict[str, float]:
    """Return the loss and the metric of a network on data."""
    mean = _Mean()
    for _, batch, Z in logits(body, params, data, dtype):
        if batch.weights is None or batch.weights.any():
            mean.add(loss, float(loss(Z, batch.Y, batch.weights)[0]), Z, batch)
    return mean.scores()


def train(
    engine: NumpyEngine,
    data: Data,
    *,
    epochs: int,
    batch_size: int,
    seed: int,
    validate: Callable[[], dict[str, float]] | None,
    history: History,
    progress: Silent,
) -> None:
    """Train for some epochs, continuing the history's count.

    The order of the examples and the random numbers of a batch follow from the seed, the epoch and the batch alone. If
    Ctrl-C or a loss that is no longer finite ends the run, the engine is left with the best parameters of an epoch that
    was finished (by validation loss if there is one), or with those of the start if none was; Ctrl-C in the first epoch
    keeps what was learned so far.
    """
    epoch = first = len(history) + 1
    last = len(history) + epochs
    best, best_loss, best_epoch, stopped = engine.snapshot(), math.inf, 0, ""
    progress.start(first, last, math.ceil(len(data.X) / batch_size))
    try:
        for epoch in range(first, last + 1):
            started = time.perf_counter()
            scores = _epoch(engine, data, epoch, batch_size, seed, progress)
            if validate is not None:
                scores |= {f"val_{name}": value for name, value in validate().items()}
            history.append(scores)
            if scores.get("val_loss", scores["loss"]) < best_loss:
                best, best_loss, best_epoch = engine.snapshot(), scores.get("val_loss", scores["loss"]), epoch
            progress.epoch(epoch, scores, time.perf_counter() - started)
    except KeyboardInterrupt:
        if best_epoch:
            engine.restore(best)
        stopped = f"Stopped by Ctrl-C in epoch {epoch}: the network keeps {_kept(best_epoch, history)}."
    except DivergenceError as error:
        engine.restore(best)
        raise DivergenceError(f"{error} The network keeps {_kept(best_epoch, history, 'the start')}.") from None
    finally:
        progress.close()
    if stopped:
        print(stopped)


def _kept(best_epoch: int, history: History, otherwise: str = "what it learned so far") -> str:
    if not best_epoch:
        return f"the weights of {otherwise}" if otherwise == "the start" else otherwise
    return f"the weights of epoch {best_epoch}, the best so far ({scores_text(history.rows[best_epoch - 1])})"


def _epoch(
    engine: NumpyEngine, data: Data, epoch: int, batch_size: int, seed: int, progress: Silent
) -> dict[str, float]:
    mean = _Mean()
    order = np.random.default_rng((seed, epoch)).permutation(len(data.X))
    starts = list(range(0, len(order), batch_size))
    if batch_size > 1 and len(starts) > 1 and len(order) % batch_size == 1:
        starts.pop()  # a last batch of a single example, which has no variance, joins the one before
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(order)], strict=True)):
        batch = data.take(order[start:end], engine.dtype)
        if batch.weights is not None and not batch.weights.any():
            continue  # nothing in it counts, and the weighted mean would divide by zero
        key = (seed, epoch, number)
        J, Z = engine.step(batch.X, batch.Y, batch.weights, key, batch.mask)
        if not math.isfinite(J):
            mode = Mode(training=True, key=key, mask=batch.mask)
            raise DivergenceError(_divergence_text(engine, batch.X, mode, J, epoch, number + 1))
        mean.add(engine.loss, J, Z, batch)
        progress.batch(epoch, number + 1, mean.scores())
    return mean.scores()


def _divergence_text(engine: NumpyEngine, X: Array, mode: Mode, J: float, epoch: int, batch: int) -> str:
    lr, largest = engine.optimizer.lr, float(np.abs(X).max())
    return (
        f"Training diverged: the loss became {J} in batch {batch} of epoch {epoch}. "
        f"The numbers blew up first in {_first_blow_up(engine, X, mode)}. Try a smaller learning rate (lr={lr} now), "
        f"clip_norm=1.0 in the optimizer, or inputs scaled to about -1..1 (this batch goes up to {largest:g})."
    )


def _first_blow_up(engine: NumpyEngine, X: Array, mode: Mode) -> str:
    limit = math.sqrt(np.finfo(engine.dtype).max)  # beyond it the square is infinite
    for i, layer in enumerate(engine.body.layers):
        for part, array in leaves(engine.params[i]):
            if not np.abs(array).max(initial=0) < limit:
                return f"{part} of layer {i} ({layer.label})"
        X, _ = layer.forward(engine.params[i], X, mode.fold(i))
        if not np.abs(X).max(initial=0) < limit:
            return f"the output of layer {i} ({layer.label})"
    return "the loss"
