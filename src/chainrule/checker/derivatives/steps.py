"""A step of training against its own cost: every parameter that it moves should move down the cost's slope."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule.checker import clock
from chainrule.checker.derivatives import costs, differences, sorting, updates
from chainrule.checker.derivatives.costs import Cost
from chainrule.checker.derivatives.differences import Numbers, Point, Rerun, Trial
from chainrule.checker.derivatives.updates import Agreement
from chainrule.checker.learner import Raised
from chainrule.checker.watching.paths import Change, Path, text

MOST = 24  # parameters
TRIED = 80  # costs
FEWEST = 3  # entries of each parameter, if there is little time
ENOUGH = 4  # numbers that agree with a cost which the program does not name: no chance among many costs
SIGNS, UPHILL = 12, 0.25  # numbers, and which share of them moves up where no rule of updates explains the moves
KEPT, LOOKED_AT = 0.8, 3  # how much of a change a parameter keeps, at one of so many places


@dataclass(frozen=True)
class Verdict:
    """What came out for a step.

    Parameters
    ----------
    cost
        The cost that explains most of the moves.
    parameters
        Those that the cost depends on.
    along, off
        Those of them that move along its slope, and those that do not.
    effects
        What follows from each parameter.
    point
        Where the step begins, and what it leaves.
    """

    cost: Cost
    parameters: tuple[Agreement, ...]
    along: tuple[Agreement, ...]
    off: tuple[Agreement, ...]
    effects: Mapping[Path, frozenset[Path]]
    point: Point

    @property
    def is_right(self) -> bool:
        """Whether every parameter moves down the slope of the cost."""
        clear = [parameter for parameter in self.parameters if parameter.is_clear]
        is_whole = len(self.along) >= len(clear) and (
            self.cost.kind == "own" or len(self.parameters) == len(self.effects)
        )
        enough = 2 if self.cost.kind == "own" else ENOUGH
        return is_whole and not self.off and sorting.numbers(self.along) >= enough and not self.uphill

    @property
    def is_anchored(self) -> bool:
        """Whether what moves along the slope shows what the step's cost and its rate are.

        Of a number that is called no cost, one parameter alone may be moved along the slope by chance.
        """
        is_own = self.cost.kind == "own"
        if not is_own and not self.is_right and len(self.along) < 2 and self.point.after[self.cost.reads[0]].size == 1:
            return False
        return any(len(p.entries) > 1 or (is_own and sorting.is_exact(p, self.point)) for p in self.along) or (
            sorting.numbers([*self.along, *self._as_fast]) > 1 and self.is_plain
        )

    @property
    def is_plain(self) -> bool:
        """Whether all that are multiples of the slope are by the same factor; what is one number is one of anything."""
        arrays = [parameter for parameter in self.along if parameter.is_multiple and len(parameter.entries) > 1]
        factors = [parameter.factor for parameter in arrays or self.along]
        return all(updates.is_near(factor, factors[0]) for factor in factors)

    @property
    def is_uphill(self) -> bool:
        """Whether every parameter moves up the slope of the cost."""
        return not self.off and bool(self.along) and len(self.uphill) == len(self.along)

    @property
    def is_no_descent(self) -> bool:
        """Whether many numbers move up the slope: whatever an update divides the gradient by, none would."""
        moves = np.concatenate([parameter.move * parameter.derivative for parameter in self.off])
        moves = moves[moves != 0]
        return len(moves) >= SIGNS and bool(np.mean(moves > 0) >= UPHILL)

    @property
    def uphill(self) -> list[Agreement]:
        """The parameters along the slope that move up."""
        return [parameter for parameter in self.along if parameter.move @ parameter.derivative > 0]

    @property
    def _as_fast(self) -> list[Agreement]:
        """Those that move up as fast as others move down: the cost explains them, but for the sign."""
        factors = [parameter.factor for parameter in self.along]
        return [p for p in self.off if p.is_multiple and any(updates.is_near(-p.factor, f) for f in factors)]

    @property
    def reached(self) -> frozenset[Path]:
        """What follows from the parameters."""
        return frozenset[Path]().union(*self.effects.values())

    @property
    def fit(self) -> tuple[bool, bool, int, int, bool]:
        """How well the cost explains the moves."""
        numbers = sorting.numbers([*self.along, *self._as_fast])
        explained = numbers if self.cost.kind != "number" or numbers >= ENOUGH else 0
        off = len(self.off) - len(self._as_fast)
        return self.is_right, self.cost.kind == "own" and numbers > 1, explained, -off, not self.uphill


def assess(rerun: Rerun, seconds: float = 2.0, states: Collection[str] = ()) -> Verdict | None:
    """Return how the moves of a step compare with the slope of the cost that fits best, or None if that is not known.

    It is not known either if the time is over: a step is run some hundred times. What is in `states` is no parameter.

    Raises
    ------
    Raised
        If the pass raises.
    """
    started = clock.now()
    until = started + seconds
    point = differences.here(rerun)
    each = (clock.now() - started) / 3
    moved = [path for path in _moved(point) if text(path) not in states][:MOST]
    effects = _effects(rerun, point, moved, until)
    if not effects and moved:  # there may be ties, such as weights that are all 0
        point = differences.beside(rerun, point, moved)
        effects = _effects(rerun, point, moved, until)
    timely = int((until - clock.now()) / (4 * each * max(1, len(effects))))
    most = min(differences.ENTRIES, max(FEWEST, timely))
    candidates = _candidates(point, effects)
    verdicts = _verdicts(rerun, point, effects, candidates, most, until)
    verdict = _best(verdicts)
    if verdict is None or (verdict.is_right and verdict.is_plain):
        return verdict
    parameters = {parameter.path: effects[parameter.path] for parameter in verdict.parameters}
    beside = differences.beside(rerun, point, [*parameters])
    if verdict.is_right:
        candidates = [verdict.cost]
    elif verdict.along:
        candidates = [other.cost for other in verdicts if other.along]
    other = _best(_verdicts(rerun, beside, parameters, candidates, most, until))
    if other is None or other.is_right:
        return other
    agreed = {parameter.path for parameter in verdict.off} == {parameter.path for parameter in other.off}
    is_same = agreed and verdict.is_uphill == other.is_uphill and bool(verdict.along) == bool(other.along)
    return verdict if is_same else None


def _moved(point: Point) -> list[Path]:
    """Return the parameters that a step moves, and the states."""
    return [path for path, value in point.made.items() if _is_moved(point.before.get(path), value)]


def _effects(rerun: Rerun, point: Point, moved: Sequence[Path], until: float) -> dict[Path, frozenset[Path]]:
    """Return what depends on each parameter that the step moves, apart from itself and other names of it."""
    effects = {path: _follows(rerun, point, path) for path in moved if path in point.made and clock.now() < until}
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
            moved = rerun.after([*point.changes, Change(path, index, by)], point.made)
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
    follows = {path: value for path, value in point.made.items() if path in reached and path not in effects}
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


def _verdicts(
    rerun: Rerun,
    point: Point,
    effects: Mapping[Path, frozenset[Path]],
    candidates: Sequence[Cost],
    most: int,
    until: float,
) -> list[Verdict]:
    """Return what comes out for each cost, until one is right; nothing if the time is over."""
    wanted = sorted({path for cost in candidates for path in cost.reads})
    tried: dict[Path, list[Trial]] = {}
    for path in effects:
        if clock.now() > until or not _is_moved(point.before[path], point.after.get(path)):
            return []
        places = differences.entries(point, path, most)
        tried[path] = list(differences.trials(rerun, point, path, places, wanted))
    verdicts = list[Verdict]()
    for cost in candidates:
        verdicts.append(_verdict(cost, tried, effects, point))
        if (verdicts[-1].is_right and len(verdicts[-1].along) == len(effects)) or clock.now() > until:
            break
    return verdicts


def _verdict(
    cost: Cost, tried: Mapping[Path, Sequence[Trial]], effects: Mapping[Path, frozenset[Path]], point: Point
) -> Verdict:
    compared = (
        updates.agreement(path, trials, *differences.slopes(cost.of, trials), point) for path, trials in tried.items()
    )
    parameters = [parameter for parameter in compared if parameter is not None]
    parameters.sort(key=lambda parameter: len(effects[parameter.path]))  # the nearest to the cost first
    along, off = sorting.sort(parameters, point, cost)
    return Verdict(cost, tuple(parameters), tuple(along), tuple(off), effects, point)


def _best(verdicts: Sequence[Verdict]) -> Verdict | None:
    """Return the verdict by the cost that explains most; None if there is none."""
    best = max(verdicts, key=lambda verdict: verdict.fit, default=None)
    if best is None or not best.is_anchored:
        return next((off for verdict in verdicts if (off := _all_off(verdict, verdicts))), None)
    return _without_other_costs(best, verdicts)


def _all_off(verdict: Verdict, others: Iterable[Verdict]) -> Verdict | None:
    """Return a verdict with all parameters off, if its cost is the program's own and a usual one of its outputs.

    A cost that is only told, and not what the step goes down, is no usual one of the outputs of this step.
    """
    own = verdict.parameters
    if (
        verdict.cost.kind != "own"
        or sorting.numbers(own) < 2
        or not all(p.is_clear for p in own)
        or any(map(_is_proven, own))
    ):
        return None
    slope = np.concatenate([parameter.derivative for parameter in own])
    for other in others:
        if other.cost.kind == "usual" and [p.path for p in other.parameters] == [p.path for p in own]:
            usual = np.concatenate([parameter.derivative for parameter in other.parameters])
            factor, off = updates.nearest(usual, slope)
            if factor > 0 and off <= updates.AGREE * float(np.max(np.abs(usual))):
                return replace(verdict, along=(), off=own)
    return None


def _is_proven(parameter: Agreement) -> bool:
    return parameter.is_multiple and len(parameter.entries) > 1


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
    return replace(verdict, off=off)
