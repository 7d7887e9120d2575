"""Parameters that a right step leaves as they are, though its cost depends on them: `b1` beside `W1`, `W2` and `b2`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.checker.derivatives import differences, sorting, updates
from chainrule.checker.derivatives.differences import Rerun
from chainrule.checker.derivatives.steps import Verdict
from chainrule.checker.derivatives.updates import Agreement
from chainrule.checker.watching.paths import Path, text

PLACES, MOST = 3, 6  # entries of a parameter, and parameters
LEFT = 8  # entries that stay, of a parameter that moves elsewhere


def with_unmoved(rerun: Rerun, verdict: Verdict) -> Verdict | None:
    """Return the verdict on a right step with what it computes a gradient of and does not move; that is off.

    If there is a parameter that stays as it is and has no gradient, it is not known whether that is meant: None.
    """
    unmoved = list(_unmoved(rerun, verdict))
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
    point, names = verdict.point, {_unnumbered(parameter.path) for parameter in verdict.along}
    still = [
        path
        for path, value in point.before.items()
        if value.dtype.kind == "f"
        and value.size > 1
        and path in point.after
        and path not in point.made
        and _unnumbered(path) in names
    ]
    for path in still[:MOST]:
        yield from _with_a_slope(rerun, verdict, path, np.ones(point.before[path].shape, bool), PLACES)


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
