"""The names of local derivatives: often they are numbers of the layer, such as an input in the gradient of a weight."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from chainrule.arrays import Array
from chainrule.trace.paths import at
from chainrule.trace.record import LayerRecord

_AXES = 4  # of an array whose places are made up from those of the two numbers
_ROUNDED = 1e-6  # relative error of a quotient in float32, and of a derivative that comes out of a mean


class Factor(NamedTuple):
    """A number of a layer by its name, or a share of it, by which a number from above is multiplied."""

    name: str
    place: tuple[int, ...]
    divisor: int = 1

    def path(self, prefix: str) -> str:
        """Return what it is called in the trace."""
        return at(prefix + self.name, self.place) + ("" if self.divisor == 1 else f"/{self.divisor}")

    def value(self, record: LayerRecord) -> float:
        """Return it as a layer has it."""
        return float(record.forward[self.name][self.place]) / self.divisor


def factor_names(
    record: LayerRecord, place: tuple[int, ...], others: Sequence[tuple[int, ...]], factors: Sequence[float]
) -> list[Factor | None]:
    """Return what each factor is, or None where it is no number of the layer.

    Parameters
    ----------
    record
        The layer.
    place
        The place of the number that is explained.
    others
        The places of the numbers that are multiplied.
    factors
        What they are multiplied by.

    Returns
    -------
    list
        If the same rule leads from the two places to equal numbers of an array for all terms, that array's; else the
        array's number that is the only one of its value. Factors of 0 and 1 are in too many arrays to be told.
    """
    known = {name: a for name, a in record.forward.items() if a is not record.y}  # no equation multiplies by its result
    arrays = {name: a for name, a in known.items() if isinstance(a, np.ndarray) and a.size and a.ndim <= _AXES}
    if not factors or all(abs(factor) in (0.0, 1.0) for factor in factors):
        return [None] * len(factors)
    coordinates = np.array([(*place, *other) for other in others], int)
    values = np.array(factors)
    means = {n for n in record.y.shape if n > 1}  # a mean over an axis divides by its length, as that of examples does
    for divisor, (name, array) in itertools.product((1, *sorted(means)), arrays.items()):
        index = _by_rule(array, coordinates, values, divisor)
        if index is not None:
            return [Factor(name, tuple(row), divisor) for row in index.tolist()]
    return [_by_value(arrays, factor) for factor in factors]


def _by_rule(array: Array, coordinates: Array, values: Array, divisor: int) -> Array | None:
    """Return the places in an array that hold the values, if they are made up of the same coordinates each time."""
    rules = _rules(coordinates.shape[1], array.ndim)
    for rule in rules[_hold(array, coordinates[0][rules], values[:1], divisor)]:
        index = coordinates[:, rule]
        if _hold(array, index, values, divisor).all():
            return index
    return None


@cache
def _rules(coordinates: int, axes: int) -> Array:
    """Return every way to choose a coordinate for each axis."""
    return np.array(list(itertools.permutations(range(coordinates), axes)), int).reshape(-1, axes)


def _hold(array: Array, index: Array, values: Array, divisor: int) -> Array:
    """Return which rows of an index are places in an array that hold the values."""
    inside = (index < array.shape).all(axis=1)
    numbers = array[tuple(np.where(inside[:, np.newaxis], index, 0).T)].astype(float)
    return inside & np.isclose(numbers / divisor, values, _ROUNDED, 0)


def _by_value(arrays: dict[str, Array], factor: float) -> Factor | None:
    if abs(factor) in (0.0, 1.0):
        return None
    for name, array in arrays.items():
        places = np.argwhere(array == factor)
        if len(places) == 1:
            return Factor(name, tuple(places[0].tolist()))
    return None
