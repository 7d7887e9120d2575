"""Mean and standard deviation of targets, whatever their size."""

from __future__ import annotations

import numpy as np

from chainrule.arrays import Array, Float
from chainrule.common.errors import InputError

_DIGITS = 1e-12  # of the mean: of a smaller deviation, float64 keeps less than four digits


def mean_and_deviation(
    name: str, y: Array, weights: Array | None = None
) -> tuple[Float[Array, " outputs"], Float[Array, " outputs"]]:
    """Return the mean and the standard deviation of each column; the deviation of a constant is 0.

    Squares of numbers beyond 1e154 overflow and those below 1e-154 vanish, so both are taken of numbers of size 1.

    Parameters
    ----------
    name
        What the numbers are, for errors.
    y
        The numbers, of shape (rows, outputs).
    weights
        How much each row counts.

    Raises
    ------
    InputError
        If numbers differ only in digits that float64 does not keep, or their distance is beyond its largest number.
    """
    low, high = y.min(axis=0), y.max(axis=0)
    columns = y.astype(np.float64)
    largest = _size(columns)
    mean = largest * np.average(columns / largest, axis=0, weights=weights)
    with np.errstate(over="ignore"):
        distance = _size(columns - mean)
    if not np.isfinite(distance).all():
        raise InputError(
            "{name} goes from {low:g} to {high:g}, a distance beyond the largest number of float64: divide it by a "
            "power of 10.",
            name=name,
            low=low.min(),
            high=high.max(),
        )
    deviation = distance * np.sqrt(np.average(((columns - mean) / distance) ** 2, axis=0, weights=weights))
    constant = high == low
    if (lost := ~constant & (deviation <= _DIGITS * abs(mean))).any():
        k = int(lost.argmax())
        raise InputError(
            "{name} goes from {low} to {high}, which differ in digits that float64, with about 16 of them, hardly "
            "keeps: subtract {low} first.",
            name=name,
            low=low[k],
            high=high[k],
        )
    return mean, np.where(constant, 0.0, deviation)


def _size(columns: Float[Array, "rows outputs"]) -> Float[Array, " outputs"]:
    """Return the largest absolute number of each column, 1 if it is 0."""
    largest = abs(columns).max(axis=0)
    return np.where(largest > 0, largest, 1.0)
