"""Weights of classes, as weights of the examples (or steps) that have them."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from chainrule.arrays import Array, Shape
from chainrule.common.errors import InputError
from chainrule.common.texts import tr
from chainrule.data import checks
from chainrule.data.batches import Data
from chainrule.equations.losses import Loss


def class_weights(
    weights: Any, loss: Loss, output_shape: Shape, Y: Array | None = None, counted: Array | None = None
) -> Callable[[Data], Data]:
    """Return a function that multiplies the weights of examples by those of their classes.

    Parameters
    ----------
    weights
        {label: weight}, or "balanced": the number of examples over the number of classes and that of the class.
    loss, output_shape
        Of the network: it must tell classes apart.
    Y, counted
        All targets, which "balanced" counts, and which of them count (all if None); None if they are not known in
        advance.
    """
    if loss.task == "regression":
        raise InputError("class_weight needs classes, but {loss} is a regression loss.", loss=type(loss).__name__)
    if isinstance(weights, str) and weights == "balanced":
        if Y is None:
            raise InputError('class_weight="balanced" counts y, which batches do not show: give {label: weight}.')
        labels = _class_labels(Y, loss, output_shape)
        classes, counts = np.unique(labels if counted is None else labels[counted], return_counts=True)
        balanced = counts.sum() / (len(counts) * counts)
        table = dict(zip(classes.tolist(), balanced.tolist(), strict=True))
    else:
        table = _table(weights, max(2, output_shape[-1]))

    def weigh(data: Data) -> Data:
        labels = _class_labels(data.Y, loss, output_shape)
        before = np.ones(len(labels)) if data.weights is None else data.weights
        before = np.broadcast_to(before.reshape(before.shape + (1,) * (labels.ndim - before.ndim)), labels.shape)
        missing = set(np.unique(labels[before > 0]).tolist()) - set(table)
        if missing:
            raise InputError(
                "class_weight needs a weight for every label, but has none for {missing}.", missing=sorted(missing)
            )
        values = np.zeros(max(int(labels.max()), *table) + 1)
        values[list(table)] = list(table.values())
        product = before * values[labels]
        return data._replace(weights=checks.weights(tr("sample_weight times class_weight"), product, [labels.shape]))

    return weigh


def _table(weights: Any, classes: int) -> dict[int, float]:
    if not isinstance(weights, Mapping) or not weights:
        raise InputError(
            'class_weight is "balanced" or {{label: weight}}, such as {{0: 1.0, 1: 5.0}}, but it is {weights!r}.',
            weights=weights,
        )
    table = {}
    for label, weight in weights.items():
        if isinstance(label, bool | np.bool_) or not isinstance(label, numbers.Integral) or label < 0:
            fix = tr(" Write {label}.", label=int(label)) if isinstance(label, str) and label.isdecimal() else ""
            raise InputError(
                "class_weight's labels are whole numbers from 0, as y holds them, but one is {label!r}.{fix}",
                label=label,
                fix=fix,
            )
        if int(label) >= classes:
            raise InputError(
                "class_weight's labels go from 0 to {last} in this network, but one is {label}.",
                last=classes - 1,
                label=label,
            )
        plain = isinstance(weight, numbers.Real) and not isinstance(weight, bool | np.bool_)
        if not plain or not math.isfinite(weight) or weight < 0:
            raise InputError(
                "class_weight's weights are numbers of 0 or more, but label {label} has {weight!r}.",
                label=label,
                weight=weight,
            )
        table[int(label)] = float(weight)
    return table


def _class_labels(Y: Array, loss: Loss, output_shape: Shape) -> Array:
    """Return one label per example (or step), of labels, one-hot rows or a column of 0 and 1."""
    if loss.task == "binary" and output_shape[-1] > 1:
        raise InputError(
            "class_weight needs one class per example, but there are {count} yes/no answers for each: use "
            "sample_weight.",
            count=output_shape[-1],
        )
    if not np.isin(Y, (0, 1)).all() and (loss.task == "binary" or Y.shape[1:] == output_shape):
        raise InputError("class_weight needs classes, but y holds shares between 0 and 1: use sample_weight.")
    if Y.shape[1:] == output_shape and loss.task == "multiclass":
        return Y.argmax(axis=-1)
    return Y.reshape(len(Y), *output_shape[:-1]).astype(np.int64)
