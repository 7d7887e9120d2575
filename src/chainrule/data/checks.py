"""Rules that examples keep, each with a message that says the rule, what came and the likely fix."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.arrays import Array, Shape
from chainrule.common.errors import InputError
from chainrule.common.texts import tr
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
            "{name} must hold at least one example, but it has shape {shape}.", name=name, shape=array.shape
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
    place = tr("index {index}", index=index)
    if columns is not None:
        place = tr("row {row} of column {column!r}", row=index[0], column=columns[first[-1]])
    if np.isfinite(array[first]):
        raise InputError(
            "{name} must be finite in {dtype}, in which the network computes, but {count} of its {size} values "
            "would be infinite there, the first ({value:g}) at {place}. Scale the data, or build the network with "
            "dtype='float64'.",
            name=name,
            dtype=np.dtype(dtype).name,
            count=len(bad),
            size=array.size,
            value=array[first],
            place=place,
        )
    raise InputError(
        "{name} must be finite, but 1 of its {size} values is NaN or infinite ({value} at {place}). Fill it in or "
        "leave out its row."
        if len(bad) == 1
        else "{name} must be finite, but {count} of its {size} values are NaN or infinite, the first ({value}) at "
        "{place}. Fill them in or leave out their rows.",
        name=name,
        count=len(bad),
        size=array.size,
        value=array[first],
        place=place,
    )


def shape(X: Array, input_shape: Shape | None) -> None:
    """Raise an error unless inputs have the shape (batch, *input_shape); any shape will do if that is None."""
    if X.ndim == 1:
        raise InputError(
            "X must have one row per example, but it has shape {shape}. For one example write X[None] (of a frame, "
            "frame.iloc[[0]]); for examples of one feature, X[:, None].",
            shape=X.shape,
        )
    if input_shape is None or X.shape[1:] == input_shape:
        return
    fix = tr("Give it the features it was built for, or build a network for these.")
    if X.shape[:1] == input_shape and X.ndim == 2:
        fix = tr("If the examples are its columns, write X.T.")
    elif X.shape == input_shape:
        fix = tr("Write X[None] for one example.")
    elif math.prod(X.shape[1:]) == math.prod(input_shape):
        fix = tr(
            "Write X.reshape(len(X), {sizes}), or begin the network with cr.Flatten()."
            if len(input_shape) == 1
            else "Write X.reshape(len(X), {sizes}).",
            sizes=", ".join(map(str, input_shape)),
        )
    raise InputError(
        "The network expects inputs of shape {expected}, but X has shape {shape}. {fix}",
        expected=("batch", *input_shape),
        shape=X.shape,
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
            "Embedding looks up whole numbers from 0 to {last} (the vocabulary is {vocabulary}), but X holds "
            "{number} at index {index}. Take a larger vocabulary, or give unknown words one number of it.",
            last=vocabulary - 1,
            vocabulary=vocabulary,
            number=X[first],
            index=(first_row + first[0], *first[1:]),
        )
    return X if X.dtype.kind in "iu" else X.astype(np.int64)


def same_length(X: Array, Y: Array) -> None:
    """Raise an error unless there is a target for each example."""
    if len(Y) == len(X):
        return
    fix = ""
    if X.ndim == 2 and (len(Y) == X.shape[1] or Y.shape == (1, X.shape[1])):
        fix = tr(
            " If the examples are the columns of X, write X.T and y.T."
            if Y.ndim == 2
            else " If the examples are the columns of X, write X.T."
        )
    elif Y.shape == (1, len(X)):
        fix = tr(" Write y.T: one row per example.")
    raise InputError(
        "X and y must have the same length, but X has {n_x} examples and y has {n_y}.{fix}",
        n_x=len(X),
        n_y=len(Y),
        fix=fix,
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
            "{loss} chooses among classes, but the last layer has one output, whose probability is always 1. "
            "For yes/no targets take binary_cross_entropy; else give the last layer a unit per class.",
            loss=type(loss).__name__,
        )
    if loss.task == "multiclass" and Y.shape[1:] in (output_shape[:-1], (*output_shape[:-1], 1)):
        return _labels(Y.reshape(len(Y), *output_shape[:-1]), outputs)
    if Y.shape[1:] != output_shape and (*Y.shape[1:], 1) != output_shape:
        fix = ""
        if len(output_shape) > 1 and Y.ndim <= 2:
            fix = tr(" Examples of shape {shape} need cr.Flatten() before Dense.", shape=input_shape)
        raise InputError(
            "The network's outputs have shape {expected}, so y needs that shape (or integer labels without the last "
            "axis), but y has shape {shape}.{fix}"
            if loss.task == "multiclass"
            else "The network's outputs have shape {expected}, so y needs that shape, but y has shape {shape}.{fix}",
            expected=("batch", *output_shape),
            shape=Y.shape,
            fix=fix,
        )
    if loss.task != "regression" and (Y.min() < 0 or Y.max() > 1):
        raise InputError(
            "{loss} takes targets from 0 to 1, but y {range}. Write the two classes as 0 and 1, or take a "
            "regression loss such as mean_squared_error.",
            loss=type(loss).__name__,
            range=_range(Y),
        )
    if loss.log_link and Y.min() < 0:
        raise InputError(
            "{loss} takes counts, or other targets of 0 or more, but y goes down to {least}. Take "
            "mean_squared_error where targets may be negative.",
            loss=type(loss).__name__,
            least=Y.min(),
        )
    if loss.task == "multiclass":
        _probabilities(Y, counted)
    return Y


def _range(values: Array) -> str:
    """Return where values lie, as the end of a sentence about them."""
    low, high = values.min(), values.max()
    return tr("is {value}", value=low) if low == high else tr("goes from {low} to {high}", low=low, high=high)


def _labels(Y: Array, outputs: int) -> Array:
    if np.any(Y != np.floor(Y)) or Y.min() < 0 or Y.max() >= outputs:
        fix = tr("Number the classes from 0, or give the last layer one unit per class.")
        if Y.min() == 1 and Y.max() == outputs:
            fix = tr("The classes are numbered from 1: write y - 1.")
        raise InputError(
            "With {outputs} outputs the labels must be whole numbers from 0 to {last}, but y {range}. {fix}",
            outputs=outputs,
            last=outputs - 1,
            range=_range(Y),
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
            "Targets that give each class a share must sum to 1 in every row, but those at {place} sum to {total:g}. "
            "For several answers at once take binary_cross_entropy.",
            place=first,
            total=sums[first],
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
        raise InputError(
            "{name} needs one weight per example (or step), {expected} or {of_steps}, but has shape {shape}."
            if len(shapes) > 1
            else "{name} needs one weight per example, {expected}, but has shape {shape}.",
            name=name,
            expected=shapes[0],
            of_steps=shapes[-1],
            shape=values.shape,
        )
    if not finite(values) or values.min() < 0:
        raise InputError("{name} must be 0 or more, but it {range}.", name=name, range=_range(values))
    some = values[values > 0]
    if some.size and not (some.min() >= _LEAST_WEIGHT and some.max() <= _LARGEST_WEIGHT):
        raise InputError(
            "{name} must be 0, or from {least:g} to {largest:g}, but it goes from {low:g} to "
            "{high:g}. Only the proportions count, so divide all weights by the same number.",
            name=name,
            least=_LEAST_WEIGHT,
            largest=_LARGEST_WEIGHT,
            low=some.min(),
            high=some.max(),
        )
    return values


def some_weight(weights: Array) -> None:
    """Raise an error if nothing counts."""
    if not weights.any():
        raise InputError(
            "The weights of the {count} examples are all 0 (a mask counts too), so there is nothing to average.",
            count=len(weights),
        )
