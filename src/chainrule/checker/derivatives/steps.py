"""A step of training against its own cost: every parameter that it moves should move down the cost's slope."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.checker.derivatives import costs, differences, sorting, updates
from chainrule.checker.derivatives.costs import Cost
from chainrule.checker.derivatives.differences import Numbers, Point, Rerun, Trial
from chainrule.checker.derivatives.updates import Agreement
from chainrule.checker.learner import Raised
from chainrule.checker.watching.paths import Change, Path

MOST = 24  # parameters
TRIED = 80  # costs
KEPT, LOOKED_AT = 0.8, 3  # how much of a change a parameter keeps, at one of so many places


@dataclass(frozen=True)
class Verdict:
    """What came out for a step.

    Parameters
    ----------
    cost
        The cost that explains most of the moves.
    along, off
        The parameters that move along its slope, and those that do not.
    effects
        What follows from each parameter.
    point
        Where the step begins, and what it leaves.
    """

    cost: Cost
    along: tuple[Agreement, ...]
    off: tuple[Agreement, ...]
    effects: Mapping[Path, frozenset[Path]]
    point: Point

    @property
    def is_right(self) -> bool:
        """Whether every parameter moves down the slope of the cost."""
        return not self.off and sorting.numbers(self.along) > 1 and not self._uphill

    @property
    def is_uphill(self) -> bool:
        """Whether every parameter moves up the slope of the cost."""
        return not self.off and bool(self.along) and len(self._uphill) == len(self.along)

    @property
    def _uphill(self) -> list[Agreement]:
        return [parameter for parameter in self.along if parameter.move @ parameter.derivative > 0]

    @property
    def reached(self) -> frozenset[Path]:
        """What follows from the parameters."""
        return frozenset[Path]().union(*self.effects.values())

    @property
    def fit(self) -> tuple[int, int, bool, bool]:
        """How well the cost explains the moves."""
        explained = sorting.numbers(self.along) if self.cost.kind != "number" or self.is_right else 0
        return explained, -len(self.off), not self._uphill, self.cost.kind == "own"


def assess(rerun: Rerun, seconds: float = 2.0) -> Verdict | None:
    """Return how the moves of a step compare with the slope of the cost that fits best, or None if that is not known.

    It is not known either if the time is over: a step is run some hundred times.

    Raises
    ------
    Raised
        If the pass raises.
    """
    until = time.monotonic() + seconds
    point = differences.here(rerun)
    effects = _effects(rerun, point, until)
    candidates = _candidates(point, effects)
    verdict = _best(rerun, point, effects, candidates, until)
    if verdict is None or verdict.is_right:
        return verdict
    parameters = {parameter.path: effects[parameter.path] for parameter in (*verdict.along, *verdict.off)}
    other = _best(rerun, differences.beside(rerun, point, [*parameters]), parameters, candidates, until)
    if other is None or other.is_right:
        return other
    agreed = {parameter.path for parameter in verdict.off} == {parameter.path for parameter in other.off}
    return verdict if agreed and verdict.is_uphill == other.is_uphill and verdict.cost.kind != "number" else None


def _effects(rerun: Rerun, point: Point, until: float) -> dict[Path, frozenset[Path]]:
    """Return what depends on each parameter that the step moves, apart from itself and other names of it."""
    moved = [path for path, value in point.after.items() if _is_moved(point.before.get(path), value)][:MOST]
    effects = {path: _follows(rerun, point, path) for path in moved if time.monotonic() < until}
    return {path: follows for path, follows in effects.items() if follows}


def _is_moved(before: Any, after: Any) -> bool:
    return (
        before is not None
        and after is not None
        and before.dtype.kind == "f"
        and before.shape == after.shape
        and bool(np.any(before != after))
        and bool(np.isfinite(after).all())
    )


def _follows(rerun: Rerun, point: Point, path: Path) -> frozenset[Path]:
    """Return what depends on a number; nothing if that is no parameter, but a state that is made anew."""
    for index in _least_moved(point, path):
        by = 1e-3 * max(1.0, abs(float(point.before[path][index])))
        try:
            moved = rerun.after([Change(path, index, by)])
        except Raised:
            continue
        if path in moved and abs((moved[path][index] - point.after[path][index]) / by - 1) < KEPT:
            other = {
                name for name, a in point.after.items() if name in moved and not differences.is_same(a, moved[name])
            }
            before, after = point.before[path], point.after
            return frozenset(n for n in other if not _is_moved_alike(before, after[n], moved[n], index))
    return frozenset()


def _least_moved(point: Point, path: Path) -> list[tuple[int, ...]]:
    """Return some places of a parameter at which the step is short: there it is mostly what it was."""
    places = differences.entries(point, path)
    return sorted(places, key=lambda place: abs(float(point.moved(path)[place])))[:LOOKED_AT]


def _is_moved_alike(parameter: Any, after: Any, moved: Any, index: tuple[int, ...]) -> bool:
    """Return whether only the entry that was moved is another one now, as in the parameter itself."""
    if after.shape != parameter.shape or moved.shape != parameter.shape:
        return False
    where = np.argwhere(after != moved)
    return len(where) == 1 and tuple(where[0]) == index and parameter.size > 1


def _candidates(point: Point, effects: Mapping[Path, frozenset[Path]]) -> list[Cost]:
    """Return what the step may be minimizing."""
    reached = frozenset[Path]().union(*effects.values())
    follows = {path: value for path, value in point.after.items() if path in reached and path not in effects}
    own = list(costs.own(follows))
    named = {path for cost in own if cost.kind == "own" for path in cost.reads}
    outputs = {p: a for p, a in follows.items() if p not in named and all(p in each for each in effects.values())}
    labels = {p: a for p, a in {**point.before, **point.after}.items() if p not in reached and p not in effects}
    own.sort(key=lambda cost: cost.kind != "own")
    return [*own, *itertools.islice(costs.usual(outputs, _distinct(labels)), TRIED)]


def _distinct(numbers: Numbers) -> Numbers:
    """Return arrays without those that hold the same numbers under another path."""
    distinct: dict[tuple[Any, ...], Path] = {}
    for path, value in numbers.items():
        distinct.setdefault((value.shape, value.tobytes()), path)
    return {path: numbers[path] for path in distinct.values()}


def _best(
    rerun: Rerun,
    point: Point,
    effects: Mapping[Path, frozenset[Path]],
    candidates: Sequence[Cost],
    until: float,
) -> Verdict | None:
    """Return the verdict by the cost that explains most; None if there is no cost, or if the time is over."""
    wanted = sorted({path for cost in candidates for path in cost.reads})
    tried: dict[Path, list[Trial]] = {}
    for path in effects:
        if time.monotonic() > until or not _is_moved(point.before[path], point.after.get(path)):
            return None
        tried[path] = list(differences.trials(rerun, point, path, differences.entries(point, path), wanted))
    verdicts = list[Verdict]()
    for cost in candidates:
        verdicts.append(_verdict(cost, tried, effects, point))
        if (verdicts[-1].is_right and len(verdicts[-1].along) == len(effects)) or time.monotonic() > until:
            break
    best = max(verdicts, key=lambda verdict: verdict.fit, default=None)
    if best is None or not best.along:
        return None
    return _without_other_costs(best, verdicts)


def _verdict(
    cost: Cost, tried: Mapping[Path, Sequence[Trial]], effects: Mapping[Path, frozenset[Path]], point: Point
) -> Verdict:
    compared = (
        updates.agreement(path, trials, *differences.slopes(cost.of, trials), point) for path, trials in tried.items()
    )
    along, off = sorting.sort([parameter for parameter in compared if parameter is not None], point)
    return Verdict(cost, tuple(along), tuple(off), effects, point)


def _without_other_costs(verdict: Verdict, others: Iterable[Verdict]) -> Verdict:
    """Return a verdict without the parameters that have a cost of their own, as the two networks of a GAN have."""
    explained = {
        parameter.path
        for other in others
        if other.cost.kind == "own" and other.is_right
        for parameter in other.along
        if len(parameter.entries) > 1
    }
    off = tuple(parameter for parameter in verdict.off if parameter.path not in explained)
    return Verdict(verdict.cost, verdict.along, off, verdict.effects, verdict.point)
