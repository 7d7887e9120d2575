"""One array's gradient against slopes."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from chainrule.arrays import Array
from chainrule.common.texts import tr
from chainrule.gradcheck.report import Check, Verdict
from chainrule.gradcheck.slopes import (
    EPSILON,
    FLOAT32,
    SAFETY,
    STEP,
    Flat,
    Function,
    Line,
    Slope,
    difference,
    epsilon,
    slope,
)
from chainrule.gradcheck.subjects import Subject

_SMALL = 1e-4  # of the array's largest entry: smaller ones are compared with that
_RESOLVED = 1e-3  # of the array's largest entry, which a single difference must be able to see
_COARSE = 1e-2  # of the array's largest entry, as which a mistake must be large where float32 is inside
_PATIENCE = 10  # times the usual number of entries are compared where a sum of all says nothing
_LINES = 200  # sums along random directions, at most, to find a wrong entry among all


def compare(name: str, subject: Subject, rng: np.random.Generator, tolerance: float, max_entries: int) -> Check:
    """Return how the gradient of one of a subject's arrays compares with slopes."""
    array, gradient = subject.arrays[name], subject.gradients.get(name)
    if gradient is None:
        return Check(name, array.shape, problem=tr("backward returned no gradient for it"))
    if gradient.shape != array.shape:
        return Check(name, array.shape, problem=tr("the gradient has shape {shape}", shape=gradient.shape))
    if not array.size:
        return Check(name, array.shape, problem=tr("it has no entries"), verdict="cannot tell")
    comparison = _Comparison(array, gradient, subject.spread[name], subject.function, tolerance)
    chosen = np.arange(array.size)
    if array.size > max_entries:
        wild = np.flatnonzero(~np.isfinite(comparison.gradient))[:1]  # chance must not hide it
        chosen = np.union1d(rng.choice(array.size, max_entries, replace=False), wild)
    comparison.one_by_one(chosen)
    complete = len(chosen) == array.size or comparison.wrong or comparison.in_sums(rng)
    if not complete and array.size <= _PATIENCE * max_entries:
        comparison.one_by_one(np.setdiff1d(np.arange(array.size), list(comparison.entries)))
        complete = True
    return comparison.check(name, complete)


Finding = Literal["WRONG", "cannot tell", "ok", "kink"]


class _Entry(NamedTuple):
    """A compared entry."""

    place: int  # in the flattened array
    numeric: float
    error: float
    finding: Finding

    @property
    def badness(self) -> float:
        """Return the error, by which NaN is the worst."""
        return np.inf if np.isnan(self.error) else self.error


class _Claim(NamedTuple):
    """What backward says about the slope along a line."""

    value: float
    spread: float  # by how much it changes if all that it follows from is rounded to float32
    largest: float  # what it is compared with if it is much smaller than that
    scale: float  # of the line

    def error(self, slope: float) -> float:
        """Return the relative error."""
        size = max(abs(self.value), abs(slope), _SMALL * self.largest, float(np.finfo(np.float64).tiny))
        return abs(self.value - slope) / size if np.isfinite(self.value - slope) else np.nan


class _Comparison:
    """The entries of one array that were compared so far."""

    def __init__(self, array: Array, gradient: Array, spread: Array, function: Function, tolerance: float) -> None:
        self.array, self.function, self.tolerance = array, function, tolerance
        self.gradient, self.spread = np.asarray(gradient, np.float64).ravel(), spread.ravel()
        self._epsilon = epsilon(self.gradient)
        self._largest = float(np.max(abs(self.gradient), initial=0.0, where=np.isfinite(self.gradient)))
        self._scale = float(np.mean(abs(array))) or 1.0  # of entries that are 0
        self.entries: dict[int, _Entry] = {}

    @property
    def wrong(self) -> bool:
        return any(entry.finding == "WRONG" for entry in self.entries.values())

    def one_by_one(self, chosen: Array) -> None:
        """Compare some entries with a single difference, and those that disagree with many, the worst first."""
        suspects = []
        for i in chosen.tolist():
            line, claim = self._entry(i)
            found = difference(self.function, line)
            error = claim.error(found.value)
            self.entries[i] = _Entry(i, found.value, error, "ok" if np.isfinite(claim.value) else "WRONG")
            # A step that is lost in the rounding of a large output would find the slope 0.
            if not (error <= self.tolerance and found.uncertainty <= _RESOLVED * self._largest):
                suspects.append(i)
        suspects.sort(key=lambda i: self.entries[i].badness)
        while suspects and not self.wrong:
            self._examine(suspects.pop())

    def in_sums(self, rng: np.random.Generator) -> bool:
        """Compare all entries along a random direction, and halves where that disagrees; return whether it ended.

        A wrong entry among n changes the sum by a share of about one in the root of n, which is far above what
        differences resolve; the weights are random, so that no two mistakes cancel.
        """
        n = self.array.size
        weights = rng.choice([-1.0, 1.0], n) * rng.uniform(0.5, 1.5, n)
        weights *= np.maximum(abs(self.array.ravel()), self._scale)
        parts, lines = [np.arange(n)], 0
        while parts and lines < _LINES and not self.wrong:
            part = parts.pop()
            if len(part) == 1:
                self._examine(int(part[0]))
                continue
            lines += 1
            found, flat = slope(self.function, Line(self.array, part, weights[part], 1.0))
            terms = self.gradient[part] * weights[part]
            spread, largest = np.linalg.norm(self.spread[part] * weights[part]), np.linalg.norm(terms)
            if self._judge(_Claim(float(terms.sum()), float(spread), float(largest), 1.0), found, flat) != "ok":
                parts += np.array_split(part, 2)
        return not parts or self.wrong

    def check(self, name: str, complete: bool) -> Check:
        """Return the result, with the entry that is worst."""
        entries = list(self.entries.values())
        kinks = sum(entry.finding == "kink" for entry in entries)
        if kinks == len(entries):
            problem = tr("every entry is on a kink: try other inputs")
            return Check(name, self.array.shape, kinks, kinks, problem=problem, verdict="cannot tell")
        verdicts: tuple[Verdict, ...] = ("WRONG", "cannot tell", "ok")
        verdict = next(v for v in verdicts if any(entry.finding == v for entry in entries))
        of_this = [entry for entry in entries if entry.finding == verdict]
        worst = max(of_this, key=lambda entry: entry.badness)
        problem = ""
        if verdict == "cannot tell":
            problem = tr(
                "at {count:,} of its entries, differences of different steps do not agree well enough to judge the "
                "gradient. Compute in float64 inside of the layer, try other inputs, or allow a larger tolerance.",
                count=len(of_this),
            )
        elif verdict == "ok" and not complete:
            verdict = "cannot tell"
            problem = tr(
                "the {count:,} entries that were compared one by one are right, but sums over all of them lie on "
                "kinks. Try other inputs, or a larger max_entries.",
                count=len(entries),
            )
        index = tuple(int(i) for i in np.unravel_index(worst.place, self.array.shape))
        numbers = worst.error, index, float(self.gradient[worst.place]), worst.numeric
        return Check(name, self.array.shape, len(entries), kinks, *numbers, problem, verdict)

    def _entry(self, i: int) -> tuple[Line, _Claim]:
        scale = abs(float(self.array.flat[i])) or self._scale
        claim = _Claim(float(self.gradient[i]), float(self.spread[i]), self._largest, scale)
        return Line(self.array, np.array([i]), np.ones(1), scale), claim

    def _examine(self, i: int) -> None:
        line, claim = self._entry(i)
        found, flat = slope(self.function, line)
        finding, error = self._judge(claim, found, flat), claim.error(found.value)
        if finding == "ok":
            error = min(error, self.tolerance)  # what differences cannot resolve is no error
        self.entries[i] = _Entry(i, found.value, error, finding)

    def _judge(self, claim: _Claim, found: Slope, flat: Flat | None) -> Finding:
        """Return what to say of a claim; where small steps move nothing, only if nothing else explains that."""
        finding = self._compared(claim, found)
        if flat is None:
            return finding
        if 0 < flat.seen <= found.doubt:
            unsure = True
        elif flat.coarse.sure:
            unsure = finding == "WRONG" and self._compared(claim, flat.coarse) != "WRONG"
        else:
            unsure = flat.hides(claim.value) if finding != "ok" else found.epsilon > EPSILON and flat.hides(flat.seen)
        return "cannot tell" if unsure else finding

    def _compared(self, claim: _Claim, found: Slope) -> Finding:
        """Return what to say of a claim beside a slope.

        It is ok if both agree, or if both are the same, or 0, as far as differences in float64 can tell. It is wrong if
        it is off by more than the slope's doubt, the rounding errors of a backward pass, and what the tolerance makes
        of the array's largest entry.
        """
        if found.kink:
            return "kink"
        if claim.error(found.value) <= self.tolerance:
            return "ok"
        unit = max(1.0, claim.scale)
        terms = max(found.size, self.function.largest) / unit
        rounding = claim.spread + max(found.epsilon, self._epsilon) * terms
        off, doubt = abs(claim.value - found.value), found.doubt + SAFETY * rounding
        resolved = STEP**2 * found.size / unit
        unseen = min(doubt, resolved) if found.uncertainty <= resolved else 0.0
        negligible = resolved <= _RESOLVED * claim.largest or max(abs(claim.value), abs(found.value)) <= unseen
        if off <= unseen and negligible:
            return "ok"
        largest = max(claim.largest, abs(found.value))
        allowed = self.tolerance * largest + doubt + STEP**2 * terms
        if found.epsilon >= FLOAT32:  # rounding to float32 may be larger inside of a function than what comes out of it
            allowed += _COARSE * largest
        return "WRONG" if off > allowed else "cannot tell"
