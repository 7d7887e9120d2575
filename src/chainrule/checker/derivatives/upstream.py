"""Where a wrong gradient comes from: the first gradient of a quantity that the wrong moves follow rightly from.

What a step takes for the gradient u of a quantity Z is right or wrong itself; the moves that follow from it are right
if they go down the slope of sum(u * Z). So a mistake between the cost and Z is told from one between Z and the
parameters.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from chainrule.checker.derivatives import differences, updates
from chainrule.checker.derivatives.differences import Numbers, Point, Rerun, Trial
from chainrule.checker.derivatives.steps import Verdict
from chainrule.checker.watching.paths import Path

FEW = 3  # entries of each parameter
MOST = 400  # pairs of a quantity and a gradient


class Upstream(NamedTuple):
    """A quantity of the forward pass, and what the step may take for its gradient."""

    quantity: Path
    gradient: Path


class Flow(NamedTuple):
    """What the wrong moves of some parameters follow from rightly, and what their right derivatives follow from.

    What is nearest to the cost comes first.
    """

    wrong: list[Upstream]
    right: list[Upstream]


def flow(rerun: Rerun, verdict: Verdict, until: float) -> Flow:
    """Return from which gradients the moves of all wrong parameters follow rightly; nothing if the time is over."""
    point, effects, factor = verdict.point, verdict.effects, updates.rate(verdict.along)
    common = frozenset.intersection(*(effects[parameter.path] for parameter in verdict.off))
    pairs = list(_pairs(point, common - effects.keys()))[:MOST]
    wanted = sorted({pair.quantity for pair in pairs})
    tried: dict[Path, list[Trial]] = {}
    for parameter in verdict.off:
        if time.monotonic() > until:
            return Flow([], [])
        places = parameter.entries[:FEW]
        tried[parameter.path] = list(differences.trials(rerun, point, parameter.path, places, wanted))
    pairs.sort(key=lambda pair: -sum(pair.quantity in follows for follows in effects.values()))
    moves = {parameter.path: parameter.move[:FEW] for parameter in verdict.off}
    scale = 1.0 if np.isnan(factor) else factor
    derivatives = {parameter.path: scale * parameter.derivative[:FEW] for parameter in verdict.off}
    return Flow(*([pair for pair in pairs if _explains(pair, tried, point, of, factor)] for of in (moves, derivatives)))


def _pairs(point: Point, reached: frozenset[Path]) -> Iterator[Upstream]:
    made = {path: a for path, a in point.made.items() if a.dtype.kind == "f" and a.size > 1}
    for quantity, gradient in product(made, made):
        Z, u = made[quantity], made[gradient]
        if quantity in reached and Z.shape == u.shape and u.any() and not differences.is_same(Z, u):
            yield Upstream(quantity, gradient)


def _explains(
    pair: Upstream, tried: Mapping[Path, Sequence[Trial]], point: Point, of: Mapping[Path, Any], factor: float
) -> bool:
    """Return whether some numbers are the slopes that follow from a gradient, all times the same factor."""
    quantity = partial(_product, pair.quantity, point.after[pair.gradient])
    for path, trials in tried.items():
        slope, noise = differences.slopes(quantity, trials)
        if len(slope) != len(of[path]) or not np.isfinite(slope).all() or not slope.any():
            return False
        nearest = float(of[path] @ slope / (slope @ slope))
        factor = nearest if np.isnan(factor) else factor
        off = np.max(np.abs(of[path] - factor * slope))
        if off > updates.AGREE * np.max(np.abs(of[path])) + abs(factor) * noise:
            return False
    return True


def _product(quantity: Path, gradient: Any, after: Numbers) -> float:
    return float(np.sum(after[quantity] * gradient))
