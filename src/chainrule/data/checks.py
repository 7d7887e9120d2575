"""Checks of data at the door, each with a message that says the rule, what came and the likely fix."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from chainrule.arrays import Array, Shape
from chainrule.common.errors import InputError
from chainrule.data.batches import Data
from chainrule.equations.losses import Loss


def finite(array: Array) -> bool:
    """Return whether all numbers are finite."""
    # The sum shows NaN and infinity in one pass; it may overflow by itself, so then look at every number.
    return array.dtype.kind != "f" or math.isfinite(array.sum()) or bool(np.isfinite(array).all())


def numeric_array(name: str, data: Any, *, look: bool = True) -> Array:
    """Return data as a NumPy array of finite numbers with at least one row; `look` at whether they are finite."""
    array = np.asarray(data)
    if array.dtype.kind not in "fiub":
        raise InputError(
            f"{name} must hold numbers, but it has dtype {array.dtype}. "
            "Encode text or categories as numbers first, and make all rows equally long."
        )
    if array.ndim == 0 or array.size == 0:
        raise InputError(f"{name} must hold at least one example, but it has shape {array.shape}.")
    if look and not finite(array):
        bad = np.argwhere(~np.isfinite(array))
        first = tuple(int(i) for i in bad[0])
        raise InputError(
            f"{name} must be finite, but {len(bad)} of its {array.size} values are NaN or infinite, the first "
            f"({array[first]}) at index {first}. Fill them in or leave out their rows."
        )
    return array


def features(X: Any, input_shape: Shape | None, *, look: bool = True) -> Array:
    """Return inputs as an array of shape (batch, *input_shape); any shape will do if that is None."""
    X = numeric_array("X", X, look=look)
    if X.ndim == 1:
        raise InputError(
            f"X must have one row per example, but it has shape {X.shape}. "
            "Write X[None] for one example, X[:, None] for examples of one feature."
        )
    if input_shape is not None and X.shape[1:] != input_shape:
        raise InputError(
            f"The network expects inputs of shape {('batch', *input_shape)}, but X has shape {X.shape}. "
            "Give it the features it was built for, or build a network for these."
        )
    return X


def targets(Y: Any, examples: int, loss: Loss, output_shape: Shape) -> Array:
    """Return targets that fit the loss and the network's outputs."""
    Y = numeric_array("y", Y)
    if len(Y) != examples:
        raise InputError(f"X and y must have the same length, but X has {examples} examples and y has {len(Y)}.")
    outputs = output_shape[-1]
    if loss.task == "multiclass" and Y.shape[1:] == output_shape[:-1]:
        if np.any(Y != np.floor(Y)) or Y.min() < 0 or Y.max() >= outputs:
            raise InputError(
                f"With {outputs} outputs the labels must be whole numbers from 0 to {outputs - 1}, but y goes from "
                f"{Y.min()} to {Y.max()}. Number the classes from 0, or give the last layer one unit per class."
            )
        return Y.astype(np.int64)
    if Y.shape[1:] != output_shape and (*Y.shape[1:], 1) != output_shape:
        labels = " (or integer labels without the last axis)" if loss.task == "multiclass" else ""
        raise InputError(
            f"The network's outputs have shape {('batch', *output_shape)}, so y needs that shape{labels}, "
            f"but y has shape {Y.shape}."
        )
    if loss.task != "regression" and (Y.min() < 0 or Y.max() > 1):
        raise InputError(
            f"{type(loss).__name__} takes targets from 0 to 1, but y goes from {Y.min()} to {Y.max()}. "
            "Write the two classes as 0 and 1, or take a regression loss such as mean_squared_error."
        )
    return Y


def several_classes(Y: Array, loss: Loss) -> None:
    """Raise an error if there is nothing to tell apart."""
    if loss.task != "regression" and np.all(Y == Y[:1]):
        label = Y[0] if Y.ndim == 1 else Y[0].tolist()
        raise InputError(
            f"Training needs examples of at least two classes, but all {len(Y)} targets are {label}. "
            "Was y cut from sorted data?"
        )


def mask(mask: Any, X: Array) -> Array:
    """Return a mask of sequences: 1 where there is data, 0 where there is padding."""
    mask = numeric_array("mask", mask)
    if mask.shape != X.shape[:2]:
        raise InputError(
            f"mask needs one value for each step of each sequence: X has shape {X.shape}, read as (batch, time, ...), "
            f"but mask has shape {mask.shape}."
        )
    if not np.isin(mask, (0, 1)).all():
        raise InputError("mask must hold 1 (or True) where there is data and 0 (or False) where there is padding.")
    return mask


def example_weights(weights: Any, examples: int) -> Array:
    """Return one weight per example, none negative."""
    weights = numeric_array("sample_weight", weights)
    if weights.shape != (examples,):
        raise InputError(f"sample_weight needs one weight per example, ({examples},), but has shape {weights.shape}.")
    if weights.min() < 0:
        raise InputError(f"sample_weight must be 0 or more, but it goes from {weights.min()} to {weights.max()}.")
    return weights


def some_weight(data: Data) -> None:
    """Raise an error if no example counts."""
    if data.weights is not None and not data.weights.any():
        raise InputError(f"The weights of the {len(data.weights)} examples are all 0, so there is nothing to average.")


def class_weights(weights: Mapping[int, float] | str | None, y: Any, loss: Loss) -> Callable[[Data], Data]:
    """Return a function that multiplies the weights of examples by those of their classes."""
    if weights is None:
        return lambda data: data
    if loss.task == "regression":
        raise InputError(f"class_weight needs classes, but {type(loss).__name__} is a regression loss.")
    if weights == "balanced":
        if y is None:
            raise InputError('class_weight="balanced" counts y, which batches do not show: give {label: weight}.')
        labels = _class_labels(np.asarray(y))
        counts = np.bincount(labels)
        weights = {label: len(labels) / (np.count_nonzero(counts) * n) for label, n in enumerate(counts) if n}
    if not isinstance(weights, Mapping) or not all(w >= 0 for w in weights.values()):
        raise InputError(f'class_weight is "balanced" or {{label: weight}} with no weight below 0, not {weights!r}.')
    table = weights

    def weigh(data: Data) -> Data:
        labels = _class_labels(data.Y)
        missing = set(np.unique(labels).tolist()) - set(table)
        if missing:
            raise InputError(f"class_weight needs a weight for every label, but has none for {sorted(missing)}.")
        each = np.array([table.get(label, 0.0) for label in range(max(table) + 1)])[labels]
        return data._replace(weights=each if data.weights is None else data.weights * each)

    return weigh


def _class_labels(Y: Array) -> Array:
    """Return one label per example, of labels, one-hot rows or a column of 0 and 1."""
    if Y.ndim == 2 and Y.shape[1] > 1:
        return Y.argmax(axis=1)
    if Y.size != len(Y):
        raise InputError(f"class_weight needs one class per example, but y has shape {Y.shape}: use sample_weight.")
    return Y.reshape(-1).astype(np.int64)
