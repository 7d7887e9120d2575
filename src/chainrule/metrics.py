r"""Scores that people read: accuracy, top-k accuracy, precision, recall, F1, ROC AUC, mean absolute error, R².

A metric takes the logits ``Z`` and the targets ``Y``, as the losses do. It sums up *counts* over each batch, and the
counts of all batches together give the score, which so never depends on how the data was cut into batches. NumPy sums
in float64. JAX sums in float32 unless its 64-bit mode is on: whole numbers are then exact up to 2**24 in one batch.
"""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import ClassVar, Literal

import numpy as np

from chainrule.arrays import Array, Float, Shaped, namespace, scatter_add, with_float64
from chainrule.common.errors import InputError, missing_extra
from chainrule.common.names import meant
from chainrule.common.settings import Checked, Flag, Number, OneOf, Whole, listed, made, shown
from chainrule.common.texts import later, tr
from chainrule.equations.activations import sigmoid, softmax
from chainrule.equations.losses import Logits, Loss, Targets

Task = Literal["binary", "multiclass", "regression"]
Rows = Shaped[Array, "batch *time"]
Counts = Float[Array, " k"]


@dataclass(frozen=True)
class _Named(Checked, ABC):
    task: Task = field(default="multiclass", kw_only=True)
    log_link: bool = field(default=False, kw_only=True)

    tasks: ClassVar[tuple[Task, ...]] = ("binary", "multiclass")
    better: ClassVar[Literal["min", "max"] | None] = None
    """Whether a smaller or a larger score is better; a metric that does not say it cannot choose the best epoch."""
    rules: ClassVar = {"task": OneOf(("binary", "multiclass", "regression")), "log_link": Flag()}

    @property
    @abstractmethod
    def name(self) -> str:
        """The score's name in a History."""

    def _outputs(self, Z: Logits) -> Array:
        """Return the outputs of a regression for its logits."""
        return namespace(Z).exp(Z) if self.log_link else Z


class Metric(_Named):
    """A score that follows from sums over the examples.

    A metric of your own is a frozen dataclass that has a `name`, the two methods and, so that `EarlyStopping` knows
    which epoch is best, ``better = "min"`` or ``better = "max"``.

    Parameters
    ----------
    task
        What the targets are, as in a loss; `find` fills it in. `tasks` are those that the metric can measure.
    log_link
        Whether the logits of a regression are logarithms of its outputs, as in a loss; `find` fills it in.
    """

    @abstractmethod
    def counts(self, Z: Logits, Y: Targets, rows: Rows | None = None) -> Counts:
        """Return sums over a batch; `rows` is above 0 for the examples (or the steps of examples) that count.

        Only engines that compile give rows (and with them examples of weight 0 and padding); others leave out what does
        not count before they call.
        """

    @abstractmethod
    def score(self, counts: Counts) -> float:
        """Return the score that the sum of the counts of all batches gives."""


class WholeMetric(_Named):
    """A score that needs all logits at once; `fit` computes it on validation data only."""

    @abstractmethod
    def value(self, Z: Logits, Y: Targets) -> float:
        """Return the score of all examples."""


def what_counts(Z: Logits, Y: Targets, weights: Rows | None) -> tuple[Array, Array]:
    """Return the logits and the targets of the examples, or steps of examples, whose weight is above 0."""
    if weights is None or (weights.ndim == 1 and weights.all()):
        return Z, Y
    counted = weights > 0
    return Z[counted], Y[counted]


def _sums(values: Array, rows: Rows | None) -> Array:
    """Return the sums over all axes but the last, without the rows that do not count."""
    xp = namespace(values)
    if rows is not None:
        values = xp.where(_beside(rows > 0, values), values, 0)
    return xp.sum(values, axis=tuple(range(values.ndim - 1)), dtype=float)


def _beside(rows: Array, values: Array) -> Array:
    """Return what counts in a shape that goes with the values."""
    return namespace(rows).reshape(rows, rows.shape + (1,) * (values.ndim - rows.ndim))


def _yes(Z: Logits) -> Array:
    """Return where the answer is yes: a probability above one half, as in `Network.predict_classes`."""
    return sigmoid(Z) > 0.5


def _labels(Z: Logits, Y: Targets) -> Array:
    return Y if Y.ndim < Z.ndim else namespace(Z).argmax(Y, axis=-1)


class _Mean(Metric):
    """The mean of a value that each output or each label has."""

    @abstractmethod
    def values(self, Z: Logits, Y: Targets) -> Array: ...

    def counts(self, Z: Logits, Y: Targets, rows: Rows | None = None) -> Counts:
        """Return the sum of the values and their number."""
        xp = namespace(Z)
        values = self.values(Z, Y)
        number = values.size if rows is None else xp.sum(rows > 0) * math.prod(values.shape[rows.ndim :])
        return xp.asarray([_sums(values[..., None], rows).sum(), number], dtype=float)

    def score(self, counts: Counts) -> float:
        """Return the mean."""
        return float(counts[0] / counts[1])


@dataclass(frozen=True)
class Accuracy(_Mean):
    """The share of right answers: the most probable class, or for yes/no targets a probability above one half.

    Every step of a sequence, and every output of several yes/no outputs, is an answer of its own.

    Examples
    --------
    >>> Z = np.array([[2.0, -1.0], [0.5, 1.5], [1.0, 0.0]])
    >>> counts = Accuracy().counts(Z, np.array([0, 1, 1]))
    >>> counts, Accuracy().score(counts)
    (array([2., 3.]), 0.6666666666666666)
    """

    name, better = "accuracy", "max"

    def values(self, Z: Logits, Y: Targets) -> Array:
        """Return which answers are right."""
        xp = namespace(Z)
        if self.task == "binary":
            return _yes(Z) == (xp.reshape(Y, Z.shape) > 0.5)
        return xp.argmax(Z, axis=-1) == _labels(Z, Y)


@dataclass(frozen=True)
class TopK(_Mean):
    """The share of examples whose class is among the k most probable; of equal ones, the first come first.

    Parameters
    ----------
    k
        How many guesses are allowed.
    """

    k: int
    tasks, better = ("multiclass",), "max"
    rules: ClassVar = _Named.rules | {"k": Whole(1, meaning="how many guesses are allowed")}

    @property
    def name(self) -> str:
        """Such as "top_5_accuracy"."""
        return f"top_{self.k}_accuracy"

    def values(self, Z: Logits, Y: Targets) -> Array:
        """Return which examples have fewer than k classes ahead of their own."""
        xp = namespace(Z)
        labels = _labels(Z, Y)[..., None]
        z = xp.take_along_axis(Z, labels, axis=-1)
        ahead = (Z > z) | ((Z == z) & (xp.arange(Z.shape[-1]) < labels))
        return xp.sum(ahead, axis=-1, dtype=xp.int32) < self.k


class _PerClass(Metric):
    r"""What precision, recall and F1 have in common.

    With the number of true positives TP, of guesses P and of targets T of a class,

    .. math:: F = \frac{TP}{\alpha P + (1 - \alpha) T}

    and alpha 1 for precision, 0 for recall and 1/2 for F1 (van Rijsbergen, Information Retrieval, 1979, chapter 7).
    """

    alpha: ClassVar[float]
    better = "max"

    def counts(self, Z: Logits, Y: Targets, rows: Rows | None = None) -> Counts:
        """Return how often each class was guessed rightly, how often it was guessed, and how often it was right."""
        xp = namespace(Z)
        if self.task == "binary":
            guesses, truth = _yes(Z), xp.reshape(Y, Z.shape) > 0.5
            return xp.concat([_sums(values, rows) for values in (guesses & truth, guesses, truth)])
        classes = Z.shape[-1]
        guesses, truth = xp.argmax(Z, axis=-1), _labels(Z, Y)
        counted = xp.ones_like(truth, dtype=float)
        if rows is not None:
            counted = counted * _beside(rows > 0, truth)
        places = xp.stack([truth, classes + guesses, 2 * classes + truth])
        values = xp.stack([counted * (guesses == truth), counted, counted])
        return scatter_add(xp.zeros(3 * classes, dtype=float), xp.reshape(places, (-1,)), xp.reshape(values, (-1,)))

    def score(self, counts: Counts) -> float:
        """Return the mean over the classes."""
        hits, guesses, truth = counts.reshape(3, -1)
        whole = self.alpha * guesses + (1 - self.alpha) * truth
        fractions = hits / np.where(whole > 0, whole, 1)
        return float(fractions.mean() if self.task == "binary" else fractions[guesses + truth > 0].mean())


@dataclass(frozen=True)
class Precision(_PerClass):
    r"""The share of the guesses of a class that are right.

    .. math:: \text{precision} = \frac{\text{right guesses}}{\text{guesses}}

    With one yes/no output, it is that of "yes". Of several classes, or several yes/no outputs, it is the plain mean
    ("macro"). As in scikit-learn with `zero_division=0`, it is 0 where the fraction is 0 / 0, and classes that occur
    neither in the targets nor among the guesses are left out of the mean (yes/no outputs never are).
    """

    name, alpha = "precision", 1.0


@dataclass(frozen=True)
class Recall(_PerClass):
    r"""The share of the examples of a class that are found; of several classes as in `Precision`.

    .. math:: \text{recall} = \frac{\text{right guesses}}{\text{examples}}
    """

    name, alpha = "recall", 0.0


@dataclass(frozen=True)
class F1(_PerClass):
    r"""The harmonic mean of precision and recall; of several classes as in `Precision`.

    .. math:: F_1 = \frac{2 \cdot \text{right guesses}}{\text{guesses} + \text{examples}}
    """

    name, alpha = "f1", 0.5


@dataclass(frozen=True)
class MAE(_Mean):
    """The mean distance of an output from its target."""

    name, tasks, better = "mae", ("regression",), "min"

    def values(self, Z: Logits, Y: Targets) -> Array:
        """Return the distances."""
        xp = namespace(Z)
        return xp.abs(self._outputs(Z) - xp.reshape(Y, Z.shape))


@dataclass(frozen=True)
class R2(Metric):
    r"""The share of the targets' variance that the outputs explain.

    .. math:: R^2 = 1 - \frac{\sum_i (y_i - z_i)^2}{\sum_i (y_i - \bar y)^2}

    Of several outputs (the last axis), it is the plain mean. As in scikit-learn, it is 1 or 0 if the targets do not
    vary, by whether the outputs are right.

    Parameters
    ----------
    center
        A number in the range of the targets, subtracted before squares are summed up (in float64, on every engine).
        Targets that lie more than some million standard deviations from it are taken for constant.
    """

    center: float = 0.0
    name, tasks, better = "r2", ("regression",), "max"
    rules: ClassVar = _Named.rules | {"center": Number()}

    def counts(self, Z: Logits, Y: Targets, rows: Rows | None = None) -> Counts:
        """Return for each output: the number, the sums of targets, their squares and the errors' squares, rounding.

        All of it comes twice: rounded to the engine's usual precision, and what that left over. A variance is a small
        difference of large sums, so that digits matter.
        """
        xp = namespace(Z)
        usual = xp.result_type(float)
        with with_float64(Z):
            Z = self._outputs(xp.astype(Z, float))
            Y = xp.astype(xp.reshape(Y, Z.shape), float)
            D = Y - self.center
            rounding = 100 * float(xp.finfo(float).eps) * D * D  # what may be left of a sum of squares that should be 0
            sums = xp.concat([_sums(v, rows) for v in (xp.ones_like(Z), D, D * D, (Y - Z) * (Y - Z), rounding)])
            rounded = xp.astype(sums, usual)
            return xp.concat([rounded, xp.astype(sums - rounded, usual)])

    def score(self, counts: Counts) -> float:
        """Return the mean over the outputs."""
        n, D, squares, errors, rounding = np.asarray(counts, float).reshape(2, 5, -1).sum(axis=0)
        variation = squares - D * D / n
        varies = variation > rounding
        return float(np.where(varies, 1 - errors / np.where(varies, variation, 1), errors == 0).mean())


@dataclass(frozen=True)
class RocAuc(WholeMetric):
    """The area under the ROC curve: how often an example of a class gets a higher probability of it than another one.

    Of several classes (each against the rest) or yes/no outputs, it is the plain mean over those that some targets are
    and others are not; without any, it is NaN.
    """

    name, better = "roc_auc", "max"

    def value(self, Z: Logits, Y: Targets) -> float:
        """Return the area, computed by scikit-learn.

        Raises
        ------
        MissingExtraError
            scikit-learn is not installed.
        """
        try:
            from sklearn.metrics import roc_auc_score
        except ImportError as error:
            raise missing_extra("ROC AUC", "scikit-learn", "sklearn") from error

        P = np.asarray(Z, float)
        if self.task == "binary":
            truth = np.reshape(Y, Z.shape) > 0.5
        else:
            P, truth = softmax(P), _labels(P, np.asarray(Y))[..., None] == np.arange(Z.shape[-1])
        columns = zip(truth.reshape(-1, Z.shape[-1]).T, P.reshape(-1, Z.shape[-1]).T, strict=True)
        areas = [roc_auc_score(y, p) for y, p in columns if y.any() and not y.all()]
        return float(np.mean(areas)) if areas else math.nan


_TASKS: dict[Task, str] = {
    "binary": later("binary"),
    "multiclass": later("multiclass"),
    "regression": later("regression"),
}

METRICS: dict[str, Callable[[], Metric | WholeMetric]] = {
    "accuracy": Accuracy,
    "top_3_accuracy": partial(TopK, 3),
    "top_5_accuracy": partial(TopK, 5),
    "precision": Precision,
    "recall": Recall,
    "f1": F1,
    "roc_auc": RocAuc,
    "mae": MAE,
    "r2": R2,
}
"""Every metric by the name that `Network.fit` takes; top_<k>_accuracy goes for any k."""


def find(metric: object, loss: Loss) -> Metric | WholeMetric:
    """Return a metric, given by its name or as a Metric or WholeMetric, made ready for the targets of a loss.

    Raises
    ------
    InputError
        If there is no such metric, or it does not fit the loss.
    """
    if isinstance(metric, str):
        top = re.fullmatch(r"top_(\d+)_accuracy", metric)
        if not top and metric not in METRICS:
            near = meant(metric, METRICS)
            suggestion = tr(" Did you mean {name!r}?", name=near) if near else ""
            raise InputError(
                "There is no metric {metric!r}.{suggestion} Known: {known}.",
                metric=metric,
                suggestion=suggestion,
                known=", ".join(METRICS),
            )
        metric = TopK(int(top[1])) if top else METRICS[metric]()
    if not isinstance(metric, Metric | WholeMetric):
        fix = f" {made(metric)}" if isinstance(metric, type) and issubclass(metric, Metric | WholeMetric) else ""
        raise InputError(
            "A metric is a name such as 'accuracy', or an object such as TopK(3), but {metric} came.{fix}",
            metric=shown(metric),
            fix=fix,
        )
    if loss.task not in metric.tasks:
        fitting = [name for name, make in METRICS.items() if loss.task in make().tasks]
        raise InputError(
            "{metric} measures {tasks} targets, but {loss} is a loss for {task} targets. Metrics for those: {fitting}.",
            metric=metric.name,
            tasks=", ".join(tr(_TASKS[task]) for task in metric.tasks),
            loss=type(loss).__name__,
            task=tr(_TASKS[loss.task]),
            fitting=", ".join(fitting),
        )
    return replace(metric, task=loss.task, log_link=loss.log_link)


def default(loss: Loss) -> Metric | WholeMetric:
    """Return the metric of a loss's task: accuracy, or the mean absolute error (mae)."""
    return find("mae" if loss.task == "regression" else "accuracy", loss)


Metrics = list[Metric | WholeMetric]


def find_all(metrics: Sequence[str | Metric | WholeMetric] | None, loss: Loss) -> Metrics:
    """Return a list of metrics, each as `find` does; None is that of the loss's task.

    Raises
    ------
    InputError
        It is no list, or one of them is no metric or does not fit the loss.
    """
    if metrics is None:
        return [default(loss)]
    if (each := listed(metrics)) is None:
        one = isinstance(metrics, str | Metric | WholeMetric)
        fix = tr(" Write metrics=[{metrics}].", metrics=shown(metrics)) if one else ""
        raise InputError(
            "metrics is a list of names or metrics, but {metrics} came.{fix}", metrics=shown(metrics), fix=fix
        )
    return [find(metric, loss) for metric in each]
