"""Parameters that a right step leaves as they are, though its cost depends on them: `b1` beside `W1`, `W2` and `b2`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from chainrule.checker.derivatives import differences, sorting, updates
from chainrule.checker.derivatives.differences import Rerun
from chainrule.checker.derivatives.steps import Verdict
from chainrule.checker.derivatives.updates import Agreement
from chainrule.checker.watching.paths import Path, text

PLACES, MOST = 3, 6  # entries of a parameter, and parameters


def with_unmoved(rerun: Rerun, verdict: Verdict) -> Verdict | None:
    """Return the verdict on a right step with what it computes a gradient of and does not move; that is off.

    If there is a parameter that stays as it is and has no gradient, it is not known whether that is meant: None.
    """
    unmoved = list(_unmoved(rerun, verdict))
    if not unmoved:
        return verdict
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
        value = point.before[path]
        chosen = np.random.default_rng(0).permutation(value.size)[:PLACES]
        places = [tuple(map(int, np.unravel_index(number, value.shape))) for number in chosen]
        trials = list(differences.trials(rerun, point, path, places, verdict.cost.reads))
        slope, noise = differences.slopes(verdict.cost.of, trials)
        if np.isfinite(slope).all() and np.any(updates.AGREE * np.abs(slope) > noise):
            move = np.zeros(len(slope))
            yield Agreement(path, tuple(trial.index for trial in trials), slope, move, 0.0, False, True)


def _unnumbered(path: Path) -> str:
    return re.sub(r"\d+", "#", text(path))
