"""A step of training against its own cost: every parameter that it moves should move down the cost's slope."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np

from chainrule.checker.derivatives import costs
from chainrule.checker.derivatives.costs import Cost, Numbers
from chainrule.checker.learner import Raised
from chainrule.checker.watching.paths import Change, Path

ENTRIES = 6  # of each parameter
MOST = 24  # parameters
TRIED = 60  # costs
AGREE = 1e-3  # relative to the largest entry


class Rerun(Protocol):
    """What runs code again: `running.rehearsal.Rehearsal`, here or in another process."""

    def before(self) -> dict[Path, Any]:
        """Return the arrays and numbers before."""

    def after(self, changes: Iterable[Change] = (), wanted: Iterable[Path] | None = None) -> dict[Path, Any]:
        """Return the arrays and numbers after the code ran, with some numbers changed before."""


@dataclass(frozen=True)
class Agreement:
    """How a parameter's move compares with its derivative.

    Parameters
    ----------
    path
        The parameter.
    factor
        By what the derivative is to be multiplied to be nearest to the move: minus the learning rate, usually.
    is_multiple
        Whether all entries are that multiple.
    entries
        Where it was looked at.
    derivative, move
        What was measured there.
    """

    path: Path
    factor: float
    is_multiple: bool
    entries: tuple[tuple[int, ...], ...]
    derivative: Any
    move: Any


@dataclass(frozen=True)
class Verdict:
    """What came out for a step.

    Parameters
    ----------
    cost
        The cost that explains most of the moves.
    parameters
        What became of each parameter.
    functions
        The functions that what follows from the parameters goes through.
    sources
        The functions that compute the gradients of the parameters, where that is known.
    """

    cost: Cost
    parameters: tuple[Agreement, ...]
    functions: frozenset[str]
    sources: Mapping[Path, str] = field(default_factory=dict)

    @property
    def is_right(self) -> bool:
        """Whether every parameter moves down the slope of the cost, and all at one learning rate."""
        return not self.off and all(parameter.factor < 0 for parameter in self.parameters)

    @property
    def off(self) -> list[Agreement]:
        """The parameters that do not move along the slope, or at another rate than most of those that do."""
        along = [parameter for parameter in self.parameters if parameter.is_multiple]
        return [
            p for p in self.parameters if not p.is_multiple or _alike(p, along) < max(_alike(q, along) for q in along)
        ]


@dataclass(frozen=True)
class _Trial:
    index: tuple[int, ...]
    by: float
    up: Numbers
    down: Numbers


def assess(rerun: Rerun, seconds: float = 2.0) -> Verdict | None:
    """Return how the moves of a step compare with the slope of the cost that fits best, or None if that is not known.

    It is not known either if the time is over: a step is run some hundred times.

    Raises
    ------
    Raised
        If the pass raises.
    """
    until = time.monotonic() + seconds
    before, after = rerun.before(), rerun.after()
    if not _same(after, rerun.after()) or time.monotonic() > until - 0.9 * seconds:
        return None
    moved = [path for path, value in after.items() if _is_moved(before.get(path), value)][:MOST]
    effects = {path: _effects(rerun, path, before, after) for path in moved if time.monotonic() < until}
    parameters = [path for path in effects if effects[path]]
    if not parameters:
        return None
    shared = set.intersection(*(effects[path] for path in parameters))
    reached = set.union(*(effects[path] for path in parameters))
    candidates = [cost for cost in costs.own(after) if cost.reads[0] in reached]
    outputs = {path: after[path] for path in after if path in shared and path not in parameters}
    labels = {path: value for path, value in {**before, **after}.items() if path not in reached and path not in moved}
    candidates += itertools.islice(costs.usual(outputs, _distinct(labels)), TRIED)
    if not candidates:
        return None
    wanted = sorted({path for cost in candidates for path in cost.reads})
    trials = {
        path: list(_trials(rerun, path, before, after, wanted)) for path in parameters if time.monotonic() < until
    }
    if len(trials) < len(parameters):
        return None
    functions = frozenset(str(path[0].value).partition("()")[0] for path in reached if "()" in str(path[0].value))
    verdicts = (_verdict(cost, trials, before, after, functions) for cost in candidates)
    verdict = max(verdicts, key=_fit)
    return verdict if verdict.is_right else replace(verdict, sources=_sources(verdict, before, after))


def _alike(parameter: Agreement, others: Sequence[Agreement]) -> int:
    """Return how many numbers were looked at of the parameters that move at the rate of this one."""
    near = [other for other in others if abs(other.factor - parameter.factor) <= AGREE * abs(parameter.factor)]
    return sum(len(other.entries) for other in near)


def _fit(verdict: Verdict) -> tuple[bool, int, bool]:
    return verdict.is_right, -len(verdict.off), verdict.cost.own


def _same(first: Numbers, second: Numbers) -> bool:
    return all(path in second and np.array_equal(a, second[path], equal_nan=True) for path, a in first.items())


def _is_moved(before: Any, after: Any) -> bool:
    return (
        before is not None
        and before.dtype.kind == "f"
        and before.shape == after.shape
        and bool(np.any(before != after))
    )


def _distinct(numbers: Numbers) -> Numbers:
    """Return arrays without those that hold the same numbers under another path."""
    distinct: dict[tuple[Any, ...], Path] = {}
    for path, value in numbers.items():
        distinct.setdefault((value.shape, value.tobytes()), path)
    return {path: numbers[path] for path in distinct.values()}


def _entries(before: Any, after: Any) -> list[tuple[int, ...]]:
    """Return where to look: most where the step moved something."""
    moved = np.argwhere(before != after)
    chosen = np.random.default_rng(0).permutation(len(moved))[:ENTRIES]
    return [tuple(map(int, moved[place])) for place in chosen]


def _by(value: Any) -> float:
    """Return how far to move a number: far enough for its dtype, and not farther."""
    return (1e-3 if np.asarray(value).dtype == np.float32 else 1e-6) * max(1.0, abs(float(value)))


def _effects(rerun: Rerun, path: Path, before: Numbers, after: Numbers) -> set[Path]:
    """Return what depends on a parameter, apart from itself and other names of it."""
    index = _entries(before[path], after[path])[0]
    try:
        moved = rerun.after([Change(path, index, 1e-3 * max(1.0, abs(float(before[path][index]))))])
    except Raised:
        return set()
    other = {name for name, value in after.items() if name in moved and not _equal(value, moved[name])}
    return {name for name in other if not _is_moved_alike(before[path], after[name], moved[name], index)}


def _equal(a: Any, b: Any) -> bool:
    return a.shape == b.shape and bool(np.array_equal(a, b, equal_nan=True))


def _is_moved_alike(parameter: Any, after: Any, moved: Any, index: tuple[int, ...]) -> bool:
    """Return whether only the entry that was moved is another one now, as in the parameter itself."""
    if after.shape != parameter.shape or moved.shape != parameter.shape:
        return False
    where = np.argwhere(after != moved)
    return len(where) == 1 and tuple(where[0]) == index and parameter.size > 1


def _trials(rerun: Rerun, path: Path, before: Numbers, after: Numbers, wanted: Sequence[Path]) -> Iterator[_Trial]:
    for index in _entries(before[path], after[path]):
        by = _by(before[path][index])
        try:
            up, down = (rerun.after([Change(path, index, sign * by)], wanted) for sign in (1, -1))
        except Raised:
            continue
        yield _Trial(index, by, up, down)


def _verdict(
    cost: Cost, trials: dict[Path, list[_Trial]], before: Numbers, after: Numbers, functions: frozenset[str]
) -> Verdict:
    parameters = (_agreement(cost, path, tried, before, after) for path, tried in trials.items())
    return Verdict(cost, tuple(parameters), functions)


def _agreement(cost: Cost, path: Path, trials: Sequence[_Trial], before: Numbers, after: Numbers) -> Agreement:
    """Compare the move of a parameter with central differences of a cost."""
    with np.errstate(all="ignore"):
        derivative = np.array([_slope(cost, trial) for trial in trials])
        move = np.array([(after[path] - before[path])[trial.index] for trial in trials])
        factor = float(move @ derivative / (derivative @ derivative))
        off = float(np.max(np.abs(move - factor * derivative), initial=0.0))
    is_multiple = (
        len(trials) > 0 and bool(np.isfinite(factor)) and off <= AGREE * float(np.max(np.abs(move), initial=0.0))
    )
    return Agreement(path, factor, is_multiple, tuple(trial.index for trial in trials), derivative, move)


def _sources(verdict: Verdict, before: Numbers, after: Numbers) -> dict[Path, str]:
    """Return the first function in which there is the gradient of each parameter's move, where there is one."""
    moves = {parameter.path: after[parameter.path] - before[parameter.path] for parameter in verdict.parameters}
    inside = {path: value for path, value in after.items() if "()" in str(path[0].value)}
    rates = [rate for path, move in moves.items() for rate in _rates(move, inside)]
    if not rates:
        return {}
    rate = max(rates, key=lambda rate: sum(abs(other - rate) <= AGREE * abs(rate) for other in rates))
    sources: dict[Path, str] = {}
    for parameter, move in moves.items():
        for path, value in inside.items():
            if any(np.allclose(rate * form, move, rtol=AGREE, atol=0) for form in _forms(value, move)):
                sources.setdefault(parameter, str(path[0].value).partition("()")[0])
    return sources


def _rates(move: Any, numbers: Numbers) -> Iterator[float]:
    """Yield by what arrays of the shape of a move are multiplied in it."""
    for value in numbers.values():
        for form in _forms(value, move) if np.unique(value).size > 1 else ():
            rate = float(np.sum(form * move) / np.sum(form * form))
            if rate and np.allclose(rate * form, move, rtol=AGREE, atol=0):
                yield rate


def _forms(value: Any, move: Any) -> Iterator[Any]:
    """Yield an array as it may be in a move: as it is, transposed, or one number in all places."""
    if value.dtype.kind == "f" and value.any():
        yield from (form for form in (value, value.T) if form.shape == move.shape)
        if value.size == 1 and move.size > 1:
            yield np.broadcast_to(np.squeeze(value), move.shape)


def _slope(cost: Cost, trial: _Trial) -> float:
    try:
        return (cost.of(trial.up) - cost.of(trial.down)) / (2 * trial.by)
    except (KeyError, ValueError, TypeError):  # it is not there this time, or has another shape
        return float("nan")
