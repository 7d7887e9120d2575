"""Scores of a network on examples: the loss and the metrics, as sums that do not depend on how the data is cut."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from chainrule.arrays import Array
from chainrule.common.errors import InputError, NotFiniteError
from chainrule.data.batches import Data
from chainrule.equations.losses import Loss
from chainrule.metrics import Metric, WholeMetric, what_counts

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
        """Return the mean loss and the metrics; nothing if there was no example that counts."""
        scores = {"loss": self.loss / self.weight} if self.weight else {}
        if self.counts:
            scores |= {m.name: m.score(c) for m, c in zip(self._metrics, self.counts, strict=True)}
        return scores

    def final_scores(self) -> Scores:
        """Return the scores of all examples.

        Raises
        ------
        InputError
            None of them counts.
        """
        if not self.weight:
            raise InputError("The weights of all examples are 0 (a mask counts too), so there is nothing to average.")
        return self.scores()


def check_counted_in_batches(metrics: Sequence[Metric | WholeMetric]) -> None:
    """Raise if a metric needs all outputs at once, and so validation data or `evaluate`."""
    for metric in metrics:
        if isinstance(metric, WholeMetric):
            raise InputError(
                "{metric} needs the outputs for all examples at once, so fit computes it on validation data "
                "only: give validation_data or validation_split, or call evaluate after training.",
                metric=metric.name,
            )


def _flat(Z: Array, Y: Array) -> tuple[Array, Array]:
    """Return logits and targets with one axis of rows, which batches with weights and without have in common."""
    rows = math.prod(Z.shape[:-1])
    return Z.reshape(rows, Z.shape[-1]), Y.reshape(rows, *Y.shape[Z.ndim - 1 :])


def evaluate(
    forward: Callable[[Array, Array | None], Array],
    loss: Loss,
    metrics: Sequence[Metric | WholeMetric],
    batches: Iterable[Data],
    place: Callable[[Array, Array | None], str],
) -> Scores:
    """Return the loss and the metrics of a network on examples.

    Parameters
    ----------
    forward
        From inputs and mask to logits.
    batches
        The examples, in the dtype of the network.
    place
        Says for inputs and a mask where the numbers blew up.

    Raises
    ------
    NotFiniteError
        The loss is NaN or infinite.
    """
    totals, whole = Totals(metrics), [metric for metric in metrics if isinstance(metric, WholeMetric)]
    seen = []
    for batch in batches:
        if batch.weights is None or batch.weights.any():
            Z = forward(batch.X, batch.mask)
            weight = float(len(batch.X) if batch.weights is None else batch.weights.sum())
            J = float(loss(Z, batch.Y, batch.weights)[0])
            if not math.isfinite(J):
                place_text = place(batch.X, batch.mask)
                raise NotFiniteError(
                    "The loss is not finite ({loss}): the numbers blew up first in {place}.",
                    loss=J,
                    place=place_text,
                )
            totals.add_losses([J], [weight])
            counting = what_counts(Z, batch.Y, batch.weights)
            totals.add_counts(metric.counts(*counting) for metric in metrics if isinstance(metric, Metric))
            if whole:
                seen.append(_flat(*counting))
    scores = totals.final_scores()
    if whole:
        Z, Y = (np.concatenate(arrays) for arrays in zip(*seen, strict=True))
        scores |= {metric.name: metric.value(Z, Y) for metric in whole}
    return scores
