"""Where a wrong gradient comes from: the first gradient of a quantity that the wrong moves follow rightly from.

What a step takes for the gradient u of a quantity Z is right or wrong itself; the moves that follow from it are right
if they go down the slope of sum(u * Z). So a mistake between the cost and Z is told from one between Z and the
parameters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from chainrule.checker import clock
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
    point, effects = verdict.point, verdict.effects
    common = frozenset.intersection(*(effects[parameter.path] for parameter in verdict.off))
    pairs = list(_pairs(point, common - effects.keys()))[:MOST]
    wanted = sorted({pair.quantity for pair in pairs})
    tried: dict[Path, list[Trial]] = {}
    for parameter in (*verdict.off, *verdict.along):
        if clock.now() > until:
            return Flow([], [])
        places = parameter.entries[:FEW]
        tried[parameter.path] = list(differences.trials(rerun, point, parameter.path, places, wanted))
    pairs.sort(key=lambda pair: -sum(pair.quantity in follows for follows in effects.values()))
    derivatives = {parameter.path: parameter.derivative[:FEW] for parameter in (*verdict.off, *verdict.along)}
    rate = updates.rate(verdict.along)
    moves = {path: rate * slope for path, slope in derivatives.items()}
    moves |= {parameter.path: parameter.move[:FEW] for parameter in verdict.off}
    explained = []
    for of in (moves, derivatives):
        compared = {path: (of[path], effects[path]) for path in tried}
        explained.append([pair for pair in pairs if _explains(pair, tried, point, compared)])
    return Flow(*explained)


def _pairs(point: Point, reached: frozenset[Path]) -> Iterator[Upstream]:
    kept = {point.after[path].tobytes() for path in point.made if path in point.before}  # parameters and states
    floats = {path: a for path, a in point.made.items() if a.dtype.kind == "f" and a.size > 1}
    made = {path: a for path, a in floats.items() if a.tobytes() not in kept}
    for quantity, gradient in product(made, made):
        Z, u = made[quantity], made[gradient]
        if quantity in reached and Z.shape == u.shape and u.any() and not differences.is_same(Z, u):
            yield Upstream(quantity, gradient)


def _explains(
    pair: Upstream,
    tried: Mapping[Path, Sequence[Trial]],
    point: Point,
    compared: Mapping[Path, tuple[Any, frozenset[Path]]],
) -> bool:
    """Return whether numbers of all parameters that a quantity follows from are the slopes, all times one factor."""
    quantity = partial(_product, pair.quantity, point.after[pair.gradient])
    factors = list[float]()
    for path, trials in tried.items():
        value, follows = compared[path]
        if pair.quantity not in follows:
            continue
        slope, noise = differences.slopes(quantity, trials)
        if len(slope) != len(value) or not np.isfinite(slope).all() or not slope.any():
            return False
        factor, off = updates.nearest(value, slope)
        if off > updates.AGREE * float(np.max(np.abs(value))) + abs(factor) * noise:
            return False
        factors.append(factor)
    return all(updates.is_near(factor, factors[0]) for factor in factors)


def _product(quantity: Path, gradient: Any, after: Numbers) -> float:
    return float(np.sum(after[quantity] * gradient))
