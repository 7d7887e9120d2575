"""The slope of a function from differences, and how far it can be trusted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array

EPSILON, FLOAT32 = float(np.finfo(np.float64).eps), float(np.finfo(np.float32).eps)
STEP = EPSILON ** (1 / 3)  # balances the truncation and the rounding error of a central difference
SAFETY = 10.0  # how many times its estimated uncertainty a slope may be off

_HIDDEN = 8 * FLOAT32  # relative change that float32 inside may hide
_PROBES = 3  # steps so small that they show the rounding noise, and no more
_WILD = 1e-3  # of the outputs: more than that is no noise
_FEWEST, _MOST = 16, 40  # steps, each ten times the one before


class Function(NamedTuple):
    """The scalar function whose slopes are taken: the sum of some outputs, each times its upstream gradient."""

    outputs: Callable[[], Array]  # a vector, computed from the arrays as they are at the moment
    upstream: Array  # as long
    epsilon: float  # the relative rounding error of an output
    largest: float  # the size of the largest term

    def rounding(self, size: Array | float) -> Any:
        """Return the rounding error of terms of such sizes, in sum.

        What cancels inside of a function may be as large as what comes out elsewhere. In float64 that makes no matter.
        """
        return self.epsilon * (np.maximum(size, self.largest) if self.epsilon > EPSILON else size)


class Line(NamedTuple):
    """A straight line through the present values of an array, along which some of its entries move."""

    array: Array
    places: Array  # indices into the flattened array
    direction: Array  # how far each of them moves, for t = 1
    scale: float  # the largest size that t can be compared with: that of the entry itself, or 1

    def outputs(self, function: Function, t: float) -> tuple[Array, float]:
        """Return the outputs at t, and the t that rounding left of it; the array is as before afterwards."""
        old = self.array.flat[self.places]
        self.array.flat[self.places] = old + t * self.direction
        taken = (self.array.flat[self.places] - old) @ self.direction / (self.direction @ self.direction)
        try:
            return function.outputs(), float(taken)
        finally:
            self.array.flat[self.places] = old


class Slope(NamedTuple):
    """A slope, from differences."""

    value: float
    uncertainty: float  # by how much steps of different size disagree
    size: float  # the sum of the sizes of the terms that change along the line
    epsilon: float  # the relative rounding error of what is computed
    kink: bool = False  # whether the slopes to the left and to the right differ

    @property
    def doubt(self) -> float:
        """How far off the slope may be."""
        return SAFETY * self.uncertainty

    @property
    def sure(self) -> bool:
        """Whether there is a slope, known to a tenth."""
        return not self.kink and self.doubt < 0.1 * abs(self.value)


class Flat(NamedTuple):
    """What is known about a place where small steps move nothing at all: it is flat, or rounding hides a slope."""

    still: float  # the largest step that moves nothing, up to the scale of the line
    seen: float  # the largest difference of the larger steps
    coarse: Slope  # and their slope, if they have one
    size: float  # of the terms that they change
    scale: float  # of the line

    def hides(self, slope: float) -> bool:
        """Return whether rounding to float32 inside of the function can hide such a slope from the small steps."""
        return abs(slope) * self.still <= _HIDDEN * (self.size + abs(slope) * self.scale)


def difference(function: Function, line: Line) -> Slope:
    """Return the central difference of one well-chosen step; its uncertainty is that of rounding alone."""
    step = STEP * max(1.0, line.scale)
    (above, right), (below, left) = line.outputs(function, step), line.outputs(function, -step)
    size = _size(function, above, below, above != below)
    value = float((above - below) @ function.upstream) / (right - left)
    return Slope(value, function.rounding(size) / step, size, function.epsilon)


def _size(function: Function, above: Array, below: Array, concerned: Array) -> float:
    """Return the sum of the sizes of the terms that are concerned, or of all if none is."""
    terms = np.maximum(abs(above), abs(below)) * abs(function.upstream)
    return float(terms[concerned].sum() or terms.sum())


def slope(function: Function, line: Line) -> tuple[Slope, Flat | None]:
    r"""Return the slope on which steps of very different size agree best, and what to know if the place looks flat.

    Differences to the left, to the right and to both sides are taken with steps h from far below to far above what is
    usual, each ten times the one before. Two neighboring steps give an extrapolated slope (Richardson), without the
    first term of its truncation error:

    .. math:: E_j = \frac{w D(h_j) - D(10 h_j)}{w - 1}, \qquad w = 10 \text{ to one side, } 100 \text{ to both}

    Its uncertainty is how far it is from the next one, plus the noise: rounding errors fall like 1/h, so the
    disagreement of smaller steps, times their step, says how large the noise is at a larger one. So the uncertainty is
    known from the function itself, in whatever precision and on whatever scale it computes.

    References
    ----------
    Ridders, Accurate computation of F'(x) and F'(x)F''(x), 1982; Moré and Wild, Estimating computational noise, 2011.
    """
    steps, sides, sizes, moved = _differences(function, line)
    w = np.array([[10.0], [10.0], [100.0]])
    estimates = (w * sides[:, :-1] - sides[:, 1:]) / (w - 1)
    apart = abs(np.diff(estimates, axis=1))
    n = apart.shape[1]
    change = np.fmax.accumulate(apart * steps[:n], axis=1)  # of the sum, which is taken for noise
    rounding = function.rounding(sizes[:n])
    uncertainty = apart + (change + rounding) / steps[:n]
    # Before three steps have moved something, the noise is not known, unless nothing moves at all.
    still = ~np.logical_or.accumulate(moved)
    known = np.cumsum(moved)[:n] - moved[:n] >= _PROBES
    noise = np.max(change, axis=1, keepdims=True, initial=0.0, where=~known) + rounding
    # Where the function itself has changed, larger steps may agree on nothing but that it is bounded.
    wild = (change > SAFETY * noise) | (np.fmax.reduce(change) > _WILD * sizes[0])
    uncertainty[np.isnan(uncertainty) | np.logical_or.accumulate(wild, axis=1)] = np.inf
    finest = _best(function, estimates, np.where(known | still[2:], uncertainty, np.inf), sizes)
    if finest.value or not still[0]:
        return finest, None
    coarse = _best(function, estimates, np.where(known, uncertainty, np.inf), sizes)
    seen = float(np.max(abs(sides[2]), initial=0.0, where=moved & np.isfinite(sides[2])))
    flat = Flat(min(float(steps[still].max()), line.scale), seen, coarse, finest.size, line.scale)
    if coarse.sure and flat.hides(coarse.value):
        return coarse._replace(epsilon=max(function.epsilon, FLOAT32)), None
    return finest, flat


def _differences(function: Function, line: Line) -> tuple[Array, Array, Array, Array]:
    """Return steps, the differences to the left, to the right and to both sides, sizes, and whether anything moved."""
    decades = np.log10([max(min(1.0, line.scale), 1e-300), max(1.0, line.scale)])
    count = int(min(_FEWEST + np.ptp(decades), _MOST))
    # From a billionth of the entry (and of 1) to a thousand times it, and the probes below.
    steps = 10.0 ** (decades[1] + 3 - np.arange(count)[::-1])
    sides, sizes, moved = np.empty((3, count)), np.empty(count), np.empty(count, bool)
    center = function.outputs()
    concerned = np.zeros(len(center), bool)
    for j in reversed(range(count)):
        (above, right), (below, left) = line.outputs(function, steps[j]), line.outputs(function, -steps[j])
        changes = np.stack([center - below, above - center, above - below]) @ function.upstream
        sides[:, j] = changes / np.array([-left, right, right - left])
        moved[j] = (above != below).any()
        concerned |= above != below  # what a small step does not move, a larger one did
        sizes[j] = _size(function, above, below, concerned)
    return steps, sides, sizes, moved


def _best(function: Function, estimates: Array, uncertainty: Array, sizes: Array) -> Slope:
    """Return the least uncertain slope, of steps to the left, to the right or to both sides."""
    uncertainty = np.where(_contradicted(estimates, uncertainty), np.inf, uncertainty)
    best = uncertainty.argmin(axis=1)
    value, doubt = estimates[range(3), best], uncertainty[range(3), best]
    side = int(doubt.argmin())
    kink = bool(abs(value[0] - value[1]) > SAFETY * (doubt[0] + doubt[1]))
    return Slope(float(value[side]), float(doubt[side]), float(sizes[best[side]]), function.epsilon, kink)


def _contradicted(estimates: Array, uncertainty: Array) -> Array:
    """Return which slopes are far outside of what a smaller step allows.

    Of a function that turns up and down within a step, all slopes are near 0, which seem to agree.
    """
    doubt = SAFETY * uncertainty
    lowest = np.fmax.accumulate(estimates[:, :-1] - doubt, axis=1)
    highest = np.fmin.accumulate(estimates[:, :-1] + doubt, axis=1)
    return (estimates[:, :-1] < lowest) | (estimates[:, :-1] > highest)


def epsilon(outputs: Array) -> float:
    """Return the relative rounding error of outputs, from how many binary digits they have.

    So float32 is noticed wherever it was computed in, also if the numbers were widened afterwards. Fewer zeros at the
    end are chance, where outputs are few.
    """
    numbers = outputs[np.isfinite(outputs) & (outputs != 0)]
    whole = (abs(np.frexp(numbers)[0]) * 2.0**53).astype(np.int64)
    last = int((whole & -whole).min(initial=2**53)) / 2**52
    return last if FLOAT32 <= last < 2.0**-6 else EPSILON  # numbers of so few digits, such as 0 and 1, are exact
