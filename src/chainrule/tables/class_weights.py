"""Weights of classes, and the loss that counts them where it is told which epoch is the best."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from chainrule.arrays import Array, namespace
from chainrule.equations.losses import Logits, Loss, Targets
from chainrule.metrics import Counts, Metric, Rows
from chainrule.tables.targets import Target


def weights_of(target: Target, weights: Mapping[Any, float] | Literal["balanced"], y: NDArray[Any]) -> dict[int, float]:
    """Return the weight of each class by its place.

    Parameters
    ----------
    target
        What is predicted.
    weights
        By the names of the classes; or "balanced", with which all classes weigh the same together.
    y
        The places of the classes in training.
    """
    if weights != "balanced":
        return target.weights_of(weights)
    counts = np.bincount(y, minlength=len(target.classes))
    balanced = len(y) / np.count_nonzero(counts) / np.maximum(counts, 1)
    return dict(enumerate(balanced.tolist()))


@dataclass(frozen=True)
class WeightedLoss(Metric):
    r"""The loss, in which examples weigh as their classes do in training.

    .. math:: \sum_i w_{y_i} \ell_i \Big/ \sum_i w_{y_i}

    Parameters
    ----------
    loss
        Of the network.
    weights
        Of the classes.
    """

    loss: Loss
    weights: tuple[float, ...]

    better: ClassVar[Literal["min"]] = "min"
    name: ClassVar[str] = "weighted_loss"

    def counts(self, Z: Logits, Y: Targets, rows: Rows | None = None) -> Counts:
        """Return the weighted sum of the losses, and that of the weights."""
        xp = namespace(Z)
        labels: Array = xp.argmax(Y, axis=-1) if Y.ndim > 1 and Y.shape[-1] > 1 else xp.reshape(Y, (-1,))
        w = xp.asarray(self.weights, dtype=Z.dtype)[xp.astype(labels, xp.int32)]
        w = w if rows is None else xp.where(rows > 0, w, 0)
        total = xp.sum(w)
        return xp.stack([self.loss(Z, Y, w)[0] * total, total])

    def score(self, counts: Counts) -> float:
        """Return the weighted mean."""
        return float(counts[0] / counts[1])
