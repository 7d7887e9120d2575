"""How a parameter moves when the slope of its cost is known: the rules of updates that are known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from chainrule.checker.derivatives.differences import Point, Trial, is_same
from chainrule.checker.watching.paths import Path

AGREE = 1e-3  # relative to the largest entry
_EQUAL = 2e-2  # Adam's steps are of one length, apart from what keeps it from dividing by 0
SAMPLED = 200  # entries of a move whose length is compared
KNOWN = 4 * 24  # parameters whose gradients are kept, at a few points
_ENOUGH = 4  # entries, to see two numbers in them


@dataclass(frozen=True)
class Agreement:
    """How a parameter's move compares with its derivative.

    Parameters
    ----------
    path
        The parameter.
    entries
        Where it was looked at.
    derivative, move
        What was measured there. Where an update makes all moves as long, it is minus the gradient in place of the move.
    factor
        By what the derivative is to be multiplied to be nearest to the move: minus the learning rate, usually.
    is_multiple
        Whether all entries are that multiple.
    is_clear
        Whether the derivative is large enough to be told from rounding.
    """

    path: Path
    entries: tuple[tuple[int, ...], ...]
    derivative: Any
    move: Any
    factor: float
    is_multiple: bool
    is_clear: bool

    def at(self, array: Any) -> Any:
        """Return the entries of an array of the parameter's shape."""
        return np.array([array[index] for index in self.entries])

    def of_gradient(self, gradient: Any) -> Agreement:
        """Return how a gradient that the step computes compares with the derivative."""
        factor, off = nearest(-gradient, self.derivative)
        is_multiple = factor != 0 and off <= AGREE * float(np.max(np.abs(gradient)))
        return replace(self, move=-gradient, factor=factor, is_multiple=is_multiple)


def nearest(move: Any, slope: Any) -> tuple[float, float]:
    """Return the factor with which slopes are nearest to moves, and how far off they are then."""
    factor = float(move @ slope / (slope @ slope))
    return factor, float(np.max(np.abs(move - factor * slope)))


def agreement(path: Path, tried: Sequence[Trial], slope: Any, noise: float, point: Point) -> Agreement | None:
    """Compare the move of a parameter with the slope of a cost; None if the cost does not depend on it."""
    if not tried or not np.isfinite(slope).all() or not np.any(np.abs(slope) > noise):
        return None
    move = point.moved(path)
    places = tuple(trial.index for trial in tried)
    here = np.array([move[index] for index in places])
    longest = float(np.max(np.abs(here)))
    factor, off = nearest(here, slope)
    is_cut = np.isclose(np.abs(here), longest)
    if np.sum(is_cut) > 1 and np.sum(~is_cut) > 1:  # the longest may be cut off: then the others say the factor
        without, off_without = nearest(here[~is_cut], slope[~is_cut])
        if np.all(without * slope[is_cut] * np.sign(here[is_cut]) >= longest * (1 - AGREE)):
            factor, off = without, off_without
    is_multiple = factor != 0 and off <= AGREE * longest + abs(factor) * noise
    is_clear = AGREE * float(np.max(np.abs(slope))) > noise
    return Agreement(path, places, slope, here, factor, is_multiple, is_clear)


def rate(agreements: Iterable[Agreement]) -> float:
    """Return the factor of most moves along the slope, if in doubt of those that go down; NaN if there is none.

    If some go up as fast as others go down, those that go down are right, however many they are.
    """
    along = [parameter for parameter in agreements if parameter.is_multiple]

    def weight(factor: float) -> tuple[int, bool]:
        return sum(min(2, len(other.entries)) for other in along if is_near(other.factor, factor)), factor < 0

    most = max((parameter.factor for parameter in along), key=weight, default=float("nan"))
    return next((p.factor for p in along if p.factor < 0 and is_near(-p.factor, most)), most)


def is_near(factor: float, other: float) -> bool:
    """Return whether two factors are the same."""
    return abs(factor - other) <= 2 * AGREE * abs(other)


def is_by_a_rule(parameter: Agreement, factor: float, point: Point) -> bool:
    """Return whether a move is the slope times the usual factor with decay of the weights, or cut off."""
    along = factor * parameter.derivative
    longest = float(np.max(np.abs(parameter.move)))
    cut = np.clip(along, -longest, longest)
    is_near_the_limit = longest > AGREE * np.max(np.abs(along))
    if is_near_the_limit and np.allclose(cut, parameter.move, rtol=AGREE, atol=AGREE * longest):
        return True
    rest, value = parameter.move - along, parameter.at(point.before[parameter.path])
    decay = float(rest @ value / (value @ value)) if value.any() else 0.0
    return decay < 0 and bool(np.max(np.abs(rest - decay * value)) <= AGREE * longest) and len(value) >= _ENOUGH


@lru_cache(KNOWN)
def of_one_length(point: Point, path: Path, uphill: bool = False) -> tuple[tuple[Path, Any], ...]:
    """Return the gradients that a parameter moves against by one length, as the first time in Adam and its like.

    The weights may decay apart from that. `uphill` are those that it moves along.
    """
    sign = -1 if uphill else 1
    move = point.moved(path).ravel()
    places = np.flatnonzero(move)[:SAMPLED]
    value = point.before[path].ravel()[places]
    return tuple(
        (other, gradient)
        for other, gradient in gradients(point, path)
        if _is_of_one_length(move[places], sign * gradient.ravel()[places], value)
    )


def is_of_one_length(parameter: Agreement, point: Point) -> bool:
    """Return whether a parameter moves against its derivative by one length."""
    return _is_of_one_length(parameter.move, parameter.derivative, parameter.at(point.before[parameter.path]))


def _is_of_one_length(move: Any, gradient: Any, value: Any) -> bool:
    longest = float(np.max(np.abs(move)))
    by_size = (-np.sign(gradient) * move)[np.argsort(np.abs(gradient))]
    # A gradient so small that it counts beside what keeps Adam from dividing by 0 makes a shorter move.
    if np.all(np.diff(by_size) >= -AGREE * longest) and np.all(by_size[len(by_size) // 2 :] > (1 - _EQUAL) * longest):
        return bool(by_size[0] > 0)
    if len(move) < _ENOUGH or not np.all(gradient):
        return False
    forms = np.array([np.sign(gradient), value])
    factors = np.linalg.lstsq(forms.T, move, rcond=None)[0]
    return bool(np.all(factors < 0) and np.max(np.abs(factors @ forms - move)) <= _EQUAL * longest)


@lru_cache(KNOWN)
def gradients(point: Point, path: Path) -> tuple[tuple[Path, Any], ...]:
    """Return the arrays that the step made and that may hold the gradient of a parameter, in its shape."""
    return tuple(_of_shape(point, path))


def _of_shape(point: Point, path: Path) -> Iterator[tuple[Path, Any]]:
    shape = point.after[path].shape
    for other, array in point.made.items():
        if other == path or array.dtype.kind != "f" or array.size not in (1, point.after[path].size):
            continue
        if is_same(array, point.after[path]):  # the parameter under another name
            continue
        for form in (array, array.T) if array.ndim == 2 else (array,):
            if [n for n in form.shape if n > 1] == [n for n in shape if n > 1]:
                yield other, form.reshape(shape)
            elif array.size == 1 and shape:  # one number for all entries
                yield other, np.broadcast_to(np.squeeze(array), shape)


def scale(parameter: Agreement, gradient: Any) -> float | None:
    """Return which multiple of the derivative an array is, or None."""
    here, slope = parameter.at(gradient), parameter.derivative
    factor = float(here @ slope / (slope @ slope))
    is_multiple = factor != 0 and np.max(np.abs(here - factor * slope)) <= AGREE * np.max(np.abs(here))
    return factor if is_multiple else None


def entering(point: Point, path: Path) -> Iterator[tuple[Path, Any, float]]:
    """Yield the arrays of which the move of a parameter is a multiple everywhere, and that multiple."""
    move = point.moved(path)
    for other, gradient in gradients(point, path):
        with np.errstate(all="ignore"):
            factor = float(np.sum(move * gradient) / np.sum(gradient * gradient))
        if factor and np.allclose(move, factor * gradient, rtol=AGREE, atol=1e-6 * float(np.max(np.abs(move)))):
            yield other, gradient, factor
