"""Parameters that a right step leaves as they are, though its cost depends on them: `b1` beside `W1`, `W2` and `b2`.

And the other way round: parameters that it moves as it does the others, though nothing depends on them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.checker.derivatives import differences, sorting, updates
from chainrule.checker.derivatives.differences import Point, Rerun
from chainrule.checker.derivatives.steps import Verdict
from chainrule.checker.derivatives.updates import Agreement
from chainrule.checker.learner import Raised
from chainrule.checker.watching.paths import Change, Path, text

PLACES, MOST = 3, 6  # entries of a parameter, and parameters
# In (W, b) of each layer, what is weights and what is a bias is said by the place alone.
_KIND = re.compile(r"(?<![a-zA-Z])([Ww]|b|[Ww]eights?|[Bb]ias(es)?)(?![a-zA-Z])|(?<=\d\])\[[01]\]$")
LEFT = 8  # entries that stay, of a parameter that moves elsewhere


def with_unmoved(rerun: Rerun, verdict: Verdict) -> Verdict | None:
    """Return the verdict on a right step with what it computes a gradient of and does not move; that is off.

    If there is a parameter that stays as it is and has no gradient, it is not known whether that is meant: None.
    """
    unmoved = list(_unmoved(rerun, verdict)) or list(_forgotten(rerun, verdict))
    if not unmoved:
        partly = list(_partly_unmoved(rerun, verdict)) if verdict.cost.kind == "own" else []
        others = _others(verdict, partly)
        return replace(verdict, off=tuple(partly), along=tuple(others)) if others else None
    if not all(sorting.scales(parameter, verdict.point) for parameter in unmoved):
        return None
    effects = {**verdict.effects, **{parameter.path: frozenset[Path]() for parameter in unmoved}}
    return replace(verdict, off=tuple(unmoved), effects=effects)


def _unmoved(rerun: Rerun, verdict: Verdict) -> Iterator[Agreement]:
    """Yield the arrays whose names are those of parameters but for a number, which stay, and have a clear slope."""
    names = {_unnumbered(parameter.path) for parameter in verdict.along}
    for path in [path for path in _still(verdict.point) if _unnumbered(path) in names][:MOST]:
        yield from _with_a_slope(rerun, verdict, path, np.ones(verdict.point.before[path].shape, bool), PLACES)


def _still(point: Point) -> Iterator[Path]:
    """Yield the arrays that a step leaves as they are."""
    for path, value in point.before.items():
        if value.dtype.kind == "f" and value.size > 1 and path in point.after and path not in point.made:
            yield path


def _forgotten(rerun: Rerun, verdict: Verdict) -> Iterator[Agreement]:
    """Yield the weights beside biases that move, or the other way round, which stay though the step has their gradient.

    It has to be the same multiple of the slope as those of the parameters that move.
    """
    point, names = verdict.point, {_without_kind(parameter.path) for parameter in verdict.along}
    usual = [scale for parameter in verdict.along for scale in sorting.scales(parameter, point)]
    for path in [path for path in _still(point) if _without_kind(path) in names][:MOST]:
        for left in _with_a_slope(rerun, verdict, path, np.ones(point.before[path].shape, bool), PLACES):
            if any(updates.is_near(mine, theirs) for mine in sorting.scales(left, point) for theirs in usual):
                yield left


def unused(rerun: Rerun, verdict: Verdict) -> tuple[Path, Agreement] | None:
    """Return a parameter that the step moves for nothing, and the one beside it that is used: `b` beside `W`.

    Its move is a gradient times the rate of the others, and nothing but itself changes with it.
    """
    point = verdict.point
    rates = [rate for parameter in verdict.along for _, _, rate in updates.entering(point, parameter.path)]
    rates += [parameter.factor for parameter in verdict.along if parameter.is_multiple]
    used = {parameter.path for parameter in verdict.parameters}
    for path, value in point.before.items():
        if path in used or path not in point.made or value.shape != point.after[path].shape:
            continue
        beside = [p for p in verdict.along if _without_kind(p.path, digits=True) == _without_kind(path, digits=True)]
        moves = [rate for _, _, rate in updates.entering(point, path)] if beside and value.dtype.kind == "f" else []
        is_moved_alike = any(updates.is_near(mine, theirs) for mine in moves for theirs in rates)
        if is_moved_alike and not any(_matters(rerun, point, path, by) for by in (1.0, -1.0)):
            return path, beside[0]
    return None


def _matters(rerun: Rerun, point: Point, path: Path, by: float) -> bool:
    """Return whether anything but a parameter itself, under whatever name, changes when all of its entries do."""
    shape = point.before[path].shape
    try:
        moved = rerun.after([*point.changes, *(Change(path, index, by) for index in np.ndindex(shape))], point.after)
    except Raised:
        return True
    return any(
        name not in moved
        or not (
            differences.is_same(value, moved[name])
            or (value.shape == moved[name].shape == shape and np.allclose(moved[name] - value, by))
        )
        for name, value in point.after.items()
    )


def _partly_unmoved(rerun: Rerun, verdict: Verdict) -> Iterator[Agreement]:
    """Yield the parameters of which some entries move along the slope, and others stay that have a clear slope, too.

    What is 0 and stays may be held there on purpose.
    """
    for parameter in verdict.along:
        value, move = verdict.point.before[parameter.path], verdict.point.moved(parameter.path)
        still = (move == 0) & (value != 0)
        if parameter.is_multiple and np.any(still):
            for left in _with_a_slope(rerun, verdict, parameter.path, still, LEFT):
                steepest = int(np.argmax(np.abs(left.derivative)))
                if abs(parameter.factor * left.derivative[steepest]) > np.spacing(abs(left.at(value)[steepest])):
                    yield left  # else the move is lost in rounding


def _with_a_slope(rerun: Rerun, verdict: Verdict, path: Path, where: Any, most: int) -> Iterator[Agreement]:
    """Yield how some entries of an array that stay compare with the slope of the cost, if that is clear somewhere."""
    chosen = np.random.default_rng(0).permutation(np.argwhere(where))[:most]
    places = [tuple(map(int, place)) for place in chosen]
    trials = list(differences.trials(rerun, verdict.point, path, places, verdict.cost.reads))
    slope, noise = differences.slopes(verdict.cost.of, trials)
    if np.isfinite(slope).all() and np.any(updates.AGREE * np.abs(slope) > noise):
        yield Agreement(path, tuple(trial.index for trial in trials), slope, np.zeros(len(slope)), 0.0, False, True)


def _others(verdict: Verdict, partly: list[Agreement]) -> list[Agreement]:
    paths = {parameter.path for parameter in partly}
    return [parameter for parameter in verdict.along if parameter.path not in paths]


def _unnumbered(path: Path) -> str:
    return re.sub(r"\d+", "#", text(path))


def _without_kind(path: Path, *, digits: bool = False) -> str:
    """Return a path that is the same for weights and biases, and for all layers or with the digits of its layer."""
    return _KIND.sub("?", text(path) if digits else _unnumbered(path))
