"""Where a step begins and what it leaves, and how that changes with one number: central differences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from chainrule.checker.learner import Raised
from chainrule.checker.watching.paths import Change, Path

ENTRIES = 4  # of each parameter
SHIFTED = 200  # entries of each parameter that are moved to come to another point
_BY = {8: 1e-6, 4: 1e-3, 2: 3e-2}  # for floats of so many bytes

Numbers = Mapping[Path, Any]


class Rerun(Protocol):
    """What runs code again: `watching.rehearsal.Rehearsal`, here or in another process."""

    def before(self) -> dict[Path, Any]:
        """Return the arrays and numbers before."""

    def after(self, changes: Iterable[Change] = (), wanted: Iterable[Path] | None = None) -> dict[Path, Any]:
        """Return the arrays and numbers after the code ran, with some numbers changed before."""


@dataclass(frozen=True, eq=False)
class Point:
    """Numbers that a step begins with, and those that it leaves.

    Parameters
    ----------
    changes
        How the numbers before differ from those of the learner's program.
    before, after
        All numbers; after it those alone that are the same each time.
    """

    changes: tuple[Change, ...]
    before: Numbers
    after: Numbers

    @cached_property
    def made(self) -> Numbers:
        """What the step makes or changes; data is not among it."""
        before = self.before
        return {path: a for path, a in self.after.items() if path not in before or not is_same(before[path], a)}

    def moved(self, path: Path) -> Any:
        """Return by how much the step moves an array."""
        return self.after[path] - self.before[path]


@dataclass(frozen=True)
class Trial:
    """What a step leaves when one number is a little larger, and a little smaller, by `by`."""

    index: tuple[int, ...]
    by: float
    up: Numbers
    down: Numbers


def here(rerun: Rerun) -> Point:
    """Return the point that the learner's program is at."""
    before, first, second = rerun.before(), rerun.after(), rerun.after()
    return Point((), before, {path: a for path, a in first.items() if path in second and is_same(a, second[path])})


def beside(rerun: Rerun, point: Point, paths: Sequence[Path]) -> Point:
    """Return another point near one: it has no ties, such as zeros where a slope has its kink."""
    rng, before, changes = np.random.default_rng(1), dict(point.before), []
    for path in paths:
        before[path] = before[path].copy()
        by = 0.01 + 0.05 * float(np.std(before[path]))
        for number in rng.permutation(before[path].size)[:SHIFTED]:
            index = tuple(map(int, np.unravel_index(number, before[path].shape)))
            change = Change(path, index, by * float(rng.standard_normal()))
            before[path][index] += change.by
            changes.append(change)
    after = rerun.after(changes)
    return Point(tuple(changes), before, {path: after[path] for path in point.after if path in after})


def is_same(a: Any, b: Any) -> bool:
    """Return whether two arrays hold the same numbers."""
    return a.shape == b.shape and bool(np.array_equal(a, b, equal_nan=True))


def entries(point: Point, path: Path, most: int = ENTRIES) -> list[tuple[int, ...]]:
    """Return where to look: at some numbers that the step moves."""
    moved = np.argwhere(point.moved(path) != 0)
    chosen = np.random.default_rng(0).permutation(len(moved))[:most]
    return [tuple(map(int, moved[place])) for place in chosen]


def trials(
    rerun: Rerun, point: Point, path: Path, places: Iterable[tuple[int, ...]], wanted: Sequence[Path]
) -> Iterator[Trial]:
    """Yield what the step leaves when numbers of an array are moved; places where it raises are left out."""
    value = point.before[path]
    for index in places:
        by = _BY.get(value.dtype.itemsize, 1e-6) * max(1.0, abs(float(value[index])))
        try:
            up, down = (rerun.after([*point.changes, Change(path, index, sign * by)], wanted) for sign in (1, -1))
        except Raised:
            continue
        yield Trial(index, by, up, down)


def slopes(quantity: Callable[[Numbers], float], tried: Sequence[Trial]) -> tuple[Any, float]:
    """Return the slopes of a quantity, and by how much rounding may falsify them; NaN where it is not there."""
    slope, noise = np.full(len(tried), np.nan), 0.0
    with np.errstate(all="ignore"):
        for number, trial in enumerate(tried):
            try:
                up, down = quantity(trial.up), quantity(trial.down)
            except (KeyError, ValueError, TypeError):  # it is not there this time, or has another shape
                continue
            slope[number] = (up - down) / (2 * trial.by)
            noise = max(noise, 8 * _rounding(trial.up) * max(abs(up), abs(down)) / trial.by)
    return slope, noise


def _rounding(numbers: Numbers) -> float:
    kinds = {a.dtype for a in numbers.values() if a.dtype.kind == "f"}
    return max((float(np.finfo(kind).eps) for kind in kinds), default=2.3e-16)
