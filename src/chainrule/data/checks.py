"""Rules that examples keep, each with a message that says the rule, what came and the likely fix."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.arrays import Array, Shape
from chainrule.common.errors import InputError
from chainrule.equations.losses import Loss

# The weighted mean is computed in the network's dtype: sums of weights in these limits neither vanish nor overflow.
_LEAST_WEIGHT, _LARGEST_WEIGHT = 1e-20, 1e20


def finite(array: Array) -> bool:
    """Return whether all numbers are finite."""
    if array.dtype.kind != "f":
        return True
    with np.errstate(over="ignore", invalid="ignore"):
        # The sum shows NaN and infinity in one pass; it may overflow by itself, so then look at every number.
        return math.isfinite(array.sum()) or bool(np.isfinite(array).all())


def fits(array: Array, dtype: Any) -> bool:
    """Return whether all numbers are finite, also in the dtype in which they are computed with."""
    if array.dtype.kind != "f" or array.dtype.itemsize <= np.dtype(dtype).itemsize:
        return finite(array)
    limit = np.finfo(dtype).max
    return bool(-limit <= array.min() and array.max() <= limit)  # False for NaN


def some_examples(name: str, array: Array) -> None:
    """Raise an error if there is no example."""
    if array.ndim == 0 or array.size == 0:
        raise InputError(
            "{name} must hold at least one example, but it has shape {array_shape}.", name=name, array_shape=array.shape
        )


def all_fit(name: str, array: Array, dtype: Any, columns: Sequence[str] | None = None, first_row: int = 0) -> None:
    """Raise an error that names the first number that is not finite, or not in the dtype.

    Parameters
    ----------
    name, array
        What holds the numbers.
    dtype
        In which they are computed with.
    columns
        The names of the columns, if they have names.
    first_row
        The number of the array's first row in what the user gave.
    """
    if array.size == 0 or fits(array, dtype):
        return
    with np.errstate(over="ignore"):
        bad = np.argwhere(~np.isfinite(array.astype(dtype)))
    first = tuple(int(i) for i in bad[0])
    index: Any = (first_row + first[0], *first[1:])
    count = f"{len(bad)} of its {array.size} values {'is' if len(bad) == 1 else 'are'}"
    place = f"index {index}" if columns is None else f"row {index[0]} of column {columns[first[-1]]!r}"
    if np.isfinite(array[first]):
        raise InputError(
            "{name} must be finite in {dtype_dtype_name}, in which the network computes, but {count} too large for "
            "it, the first ({array:g}) at {place}. Scale the data, or build the network with dtype='float64'.",
            name=name,
            dtype_dtype_name=np.dtype(dtype).name,
            count=count,
            array=array[first],
            place=place,
        )
    raise InputError(
        "{name} must be finite, but {count} NaN or infinite, the first ({array}) at {place}. Fill them in or leave "
        "out their rows.",
        name=name,
        count=count,
        array=array[first],
        place=place,
    )


def shape(X: Array, input_shape: Shape | None) -> None:
    """Raise an error unless inputs have the shape (batch, *input_shape); any shape will do if that is None."""
    if X.ndim == 1:
        raise InputError(
            "X must have one row per example, but it has shape {X_shape}. For one example write X[None] (of a frame, "
            "frame.iloc[[0]]); for examples of one feature, X[:, None].",
            X_shape=X.shape,
        )
    if input_shape is None or X.shape[1:] == input_shape:
        return
    fix = "Give it the features it was built for, or build a network for these."
    if X.shape[:1] == input_shape and X.ndim == 2:
        fix = "If the examples are its columns, write X.T."
    elif X.shape == input_shape:
        fix = "Write X[None] for one example."
    elif math.prod(X.shape[1:]) == math.prod(input_shape):
        fix = f"Write X.reshape(len(X), {', '.join(map(str, input_shape))})" + (
            ", or begin the network with cr.Flatten()." if len(input_shape) == 1 else "."
        )
    raise InputError(
        "The network expects inputs of shape {value}, but X has shape {X_shape}. {fix}",
        value=("batch", *input_shape),
        X_shape=X.shape,
        fix=fix,
    )


def word_numbers(X: Array, vocabulary: int, first_row: int = 0) -> Array:
    """Return inputs that something is looked up by, as whole numbers below the vocabulary.

    They keep an integer type of their own, because a float has too few digits for large vocabularies.
    """
    wrong = (X < 0) | (X >= vocabulary)
    if X.dtype.kind == "f":
        wrong |= X != np.floor(X)
    if wrong.any():
        first = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise InputError(
            "Embedding looks up whole numbers from 0 to {vocabulary} (the vocabulary is {vocabulary_2}), but X holds "
            "{X} at index {value}. Take a larger vocabulary, or give unknown words one number of it.",
            vocabulary=vocabulary - 1,
            vocabulary_2=vocabulary,
            X=X[first],
            value=(first_row + first[0], *first[1:]),
        )
    return X if X.dtype.kind in "iu" else X.astype(np.int64)


def same_length(X: Array, Y: Array) -> None:
    """Raise an error unless there is a target for each example."""
    if len(Y) == len(X):
        return
    fix = ""
    if X.ndim == 2 and (len(Y) == X.shape[1] or Y.shape == (1, X.shape[1])):
        fix = " If the examples are the columns of X, write X.T" + (" and y.T." if Y.ndim == 2 else ".")
    elif Y.shape == (1, len(X)):
        fix = " Write y.T: one row per example."
    raise InputError(
        "X and y must have the same length, but X has {X} examples and y has {Y}.{fix}", X=len(X), Y=len(Y), fix=fix
    )


def targets(Y: Array, counted: Array | None, loss: Loss, output_shape: Shape, input_shape: Shape) -> Array:
    """Return targets that fit the loss and the network's outputs.

    Parameters
    ----------
    Y
        The targets, 0 where nothing counts.
    counted
        Which examples, or which steps of them, count; None if all do.
    loss, output_shape, input_shape
        Of the network.
    """
    outputs = output_shape[-1]
    if loss.task == "multiclass" and outputs == 1:
        raise InputError(
            "{loss_type} chooses among classes, but the last layer has one output, whose probability is always 1. "
            "For yes/no targets take binary_cross_entropy; else give the last layer a unit per class.",
            loss_type=type(loss).__name__,
        )
    if loss.task == "multiclass" and Y.shape[1:] in (output_shape[:-1], (*output_shape[:-1], 1)):
        return _labels(Y.reshape(len(Y), *output_shape[:-1]), outputs)
    if Y.shape[1:] != output_shape and (*Y.shape[1:], 1) != output_shape:
        labels = " (or integer labels without the last axis)" if loss.task == "multiclass" else ""
        flatten = ""
        if len(output_shape) > 1 and Y.ndim <= 2:
            flatten = f" Examples of shape {input_shape} need cr.Flatten() before Dense."
        raise InputError(
            "The network's outputs have shape {value}, so y needs that shape{labels}, but y has shape "
            "{Y_shape}.{flatten}",
            value=("batch", *output_shape),
            labels=labels,
            Y_shape=Y.shape,
            flatten=flatten,
        )
    if loss.task != "regression" and (Y.min() < 0 or Y.max() > 1):
        raise InputError(
            "{loss_type} takes targets from 0 to 1, but y {Y}. Write the two classes as 0 and 1, or take a "
            "regression loss such as mean_squared_error.",
            loss_type=type(loss).__name__,
            Y=_range(Y),
        )
    if loss.log_link and Y.min() < 0:
        raise InputError(
            "{loss_type} takes counts, or other targets of 0 or more, but y goes down to {Y}. Take "
            "mean_squared_error where targets may be negative.",
            loss_type=type(loss).__name__,
            Y=Y.min(),
        )
    if loss.task == "multiclass":
        _probabilities(Y, counted)
    return Y


def _range(values: Array) -> str:
    low, high = values.min(), values.max()
    return f"is {low}" if low == high else f"goes from {low} to {high}"


def _labels(Y: Array, outputs: int) -> Array:
    if np.any(Y != np.floor(Y)) or Y.min() < 0 or Y.max() >= outputs:
        fix = "Number the classes from 0, or give the last layer one unit per class."
        if Y.min() == 1 and Y.max() == outputs:
            fix = "The classes are numbered from 1: write y - 1."
        raise InputError(
            "With {outputs} outputs the labels must be whole numbers from 0 to {outputs_2}, but y {Y}. {fix}",
            outputs=outputs,
            outputs_2=outputs - 1,
            Y=_range(Y),
            fix=fix,
        )
    return Y.astype(np.int64)


def _probabilities(Y: Array, counted: Array | None) -> None:
    """Raise an error unless the rows that count sum to 1."""
    sums = Y.sum(axis=-1, dtype=np.float64)
    wrong = abs(sums - 1) > 1e-3
    if counted is not None:
        wrong &= counted.reshape(counted.shape + (1,) * (wrong.ndim - counted.ndim))
    if wrong.any():
        first = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise InputError(
            "Targets that give each class a share must sum to 1 in every row, but those at {first} sum to {sums:g}. "
            "For several answers at once take binary_cross_entropy.",
            first=first,
            sums=sums[first],
        )


def mask(mask: Array, X: Array) -> Array:
    """Return a mask of sequences: 1 where there is data, 0 where there is padding."""
    if mask.shape != X.shape[:2]:
        raise InputError(
            "mask needs one value for each step of each sequence: X has shape {X_shape}, read as (batch, time, ...), "
            "but mask has shape {mask_shape}.",
            X_shape=X.shape,
            mask_shape=mask.shape,
        )
    if not np.isin(mask, (0, 1)).all():
        raise InputError("mask must hold 1 (or True) where there is data and 0 (or False) where there is padding.")
    return mask


def weights(name: str, values: Array, shapes: Sequence[Shape]) -> Array:
    """Return weights in one of the shapes, none of them negative or too small or large to compute with."""
    if values.shape not in shapes:
        rule = " or ".join(map(str, shapes))
        raise InputError(
            "{name} needs one weight per example{value}, {rule}, but has shape {values_shape}.",
            name=name,
            value=" (or step)" if len(shapes) > 1 else "",
            rule=rule,
            values_shape=values.shape,
        )
    if not finite(values) or values.min() < 0:
        raise InputError("{name} must be 0 or more, but it {values}.", name=name, values=_range(values))
    some = values[values > 0]
    if some.size and not (some.min() >= _LEAST_WEIGHT and some.max() <= _LARGEST_WEIGHT):
        raise InputError(
            "{name} must be 0, or from {LEAST_WEIGHT:g} to {LARGEST_WEIGHT:g}, but it goes from {some:g} to "
            "{some_2:g}. Only the proportions count, so divide all weights by the same number.",
            name=name,
            LEAST_WEIGHT=_LEAST_WEIGHT,
            LARGEST_WEIGHT=_LARGEST_WEIGHT,
            some=some.min(),
            some_2=some.max(),
        )
    return values


def some_weight(weights: Array) -> None:
    """Raise an error if nothing counts."""
    if not weights.any():
        raise InputError(
            "The weights of the {weights} examples are all 0 (a mask counts too), so there is nothing to average.",
            weights=len(weights),
        )
