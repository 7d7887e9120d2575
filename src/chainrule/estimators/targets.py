"""What y says, as the numbers that a loss compares, and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chainrule.arrays import Array, Float
from chainrule.common.errors import InputError
from chainrule.common.texts import tr
from chainrule.data.spread import mean_and_deviation
from chainrule.equations.activations import sigmoid, softmax
from chainrule.equations.losses import BinaryCrossEntropy, CategoricalCrossEntropy, Loss


@dataclass(frozen=True)
class Classes:
    """Classes as the numbers 0, 1, ..., or several yes/no answers for each row.

    Parameters
    ----------
    labels
        The classes, sorted; with several answers, the numbers of the columns.
    multilabel
        Whether y has a column for each answer.
    """

    labels: Array
    multilabel: bool

    @property
    def outputs(self) -> int:
        """How many logits there are: one says which of two classes it is."""
        return 1 if len(self.labels) == 2 and not self.multilabel else len(self.labels)

    def loss(self, label_smoothing: float) -> Loss:
        """Return the cross-entropy for such targets."""
        binary = self.multilabel or self.outputs == 1
        return (BinaryCrossEntropy if binary else CategoricalCrossEntropy)(label_smoothing)

    def encode(self, y: Array, validating: bool = False) -> Array:
        """Return the number of the class of each row, or the answers as they are.

        Raises
        ------
        InputError
            There is a label that was not there before.
        """
        if self.multilabel:
            if y.ndim != 2 or y.shape[1] != len(self.labels):
                raise InputError(
                    "y had {outputs} columns of yes/no answers in the first fit, but now has shape {shape}.",
                    outputs=len(self.labels),
                    shape=y.shape,
                )
            return y
        unknown = np.setdiff1d(y, self.labels)
        if len(unknown):
            fix = tr("Name all of them in partial_fit(..., classes=...), or fit anew.")
            if set(map(str, unknown)) <= set(map(str, self.labels)):
                fix = tr("They are of another type: write y.astype({dtype!r}).", dtype=self.labels.dtype.name)
            elif validating:
                fix = tr("Leave these rows out, or learn from some that have them.")
            raise InputError(
                "{name} holds the labels {unknown}, which are not among the classes of the first fit, {labels}. {fix}",
                name=tr("The y of validation_data") if validating else "y",
                unknown=unknown[:5].tolist(),
                labels=self.labels[:10].tolist(),
                fix=fix,
            )
        return np.searchsorted(self.labels, y)

    def decode(self, Z: Float[Array, "rows outputs"]) -> Array:
        """Return the most probable class of each row, or the answers, for logits."""
        if self.multilabel:
            return (Z > 0).astype(int)
        return self.labels[(Z[:, 0] > 0).astype(int) if self.outputs == 1 else Z.argmax(axis=1)]

    def probabilities(self, Z: Float[Array, "rows outputs"]) -> Float[Array, "rows classes"]:
        """Return the probability of each class, or of each answer, for logits."""
        if self.multilabel:
            return sigmoid(Z)
        return np.hstack([sigmoid(-Z), sigmoid(Z)]) if self.outputs == 1 else softmax(Z)


@dataclass(frozen=True)
class Values:
    r"""Targets of a regression in units that a network starts from: mean 0 and standard deviation 1.

    .. math:: y' = \frac{y - c}{s}

    Where a loss works with the logarithm of the mean, zero must stay zero, so c is 0 and s the mean.

    Parameters
    ----------
    center, unit
        c and s of each column.
    flat
        Whether y had one axis.
    """

    center: Float[Array, " outputs"]
    unit: Float[Array, " outputs"]
    flat: bool

    @classmethod
    def fit(cls, y: Array, weights: Array | None, loss: Loss, scale: bool) -> Values:
        """Return the units of targets, or those that leave them as they are."""
        columns = y.reshape(len(y), -1)
        zeros, ones = np.zeros(columns.shape[1]), np.ones(columns.shape[1])
        if not scale:
            return cls(zeros, ones, y.ndim == 1)
        mean, deviation = mean_and_deviation("y", columns, weights)
        if loss.log_link:
            return cls(zeros, np.where(mean > 0, mean, 1), y.ndim == 1)
        return cls(mean, np.where(deviation > 0, deviation, 1), y.ndim == 1)

    @property
    def outputs(self) -> int:
        """How many logits there are."""
        return len(self.center)

    def encode(self, y: Array, validating: bool = False) -> Float[Array, "rows outputs"]:
        """Return the targets in these units; of rows to learn from or to validate on."""
        columns = y.reshape(len(y), -1)
        if columns.shape[1] != self.outputs:
            now = tr("that of validation_data") if validating else tr("now")
            raise InputError(
                "y had {outputs} columns in the first fit, but {now} has shape {shape}.",
                outputs=self.outputs,
                now=now,
                shape=y.shape,
            )
        return (columns - self.center) / self.unit

    def decode(self, outputs: Float[Array, "rows outputs"]) -> Array:
        """Return outputs in the units of y."""
        columns = outputs * self.unit + self.center
        return columns[:, 0] if self.flat else columns
