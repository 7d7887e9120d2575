"""Which parameters a step moves along the slope of a cost, and which elsewhere; of the others nothing is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.checker.derivatives import updates
from chainrule.checker.derivatives.costs import Cost
from chainrule.checker.derivatives.differences import Point
from chainrule.checker.derivatives.updates import AGREE, Agreement

_FEWEST = 4  # examples: by 2 or 3 a learner may multiply a rate on purpose


def sort(agreements: Sequence[Agreement], point: Point, cost: Cost) -> tuple[list[Agreement], list[Agreement]]:
    """Return the parameters that move along the slope, and those that are proven not to.

    Of a cost that is the program's own, the derivative may be among what the step computes.
    """
    exact = [parameter for parameter in agreements if cost.kind == "own" and is_exact(parameter, point)]
    factor = updates.rate(exact or _of_usual_length(agreements, point, cost))
    usual = [parameter for parameter in agreements if _is_usual(parameter, factor)]
    as_fast = [parameter for parameter in agreements if _is_usual(parameter, -factor)]  # as fast, and uphill
    is_of_numbers = exact and len(agreements) > 1 and all(len(parameter.entries) == 1 for parameter in agreements)
    if numbers([*usual, *as_fast]) < 2 and not is_of_numbers:
        return _sort_by_gradients(agreements, point)
    along, off = list(usual), list[Agreement]()
    for parameter in agreements:
        if parameter not in usual:
            is_along = _along(parameter, factor, usual, point)
            along += [parameter] if is_along else []
            off += [parameter] if is_along is False and parameter.is_clear else []
    return along, off


def _of_usual_length(agreements: Sequence[Agreement], point: Point, cost: Cost) -> Sequence[Agreement]:
    """Return the parameters without those whose gradient is another multiple than the usual ones, if some have those.

    The usual ones are of the sum over all outputs or of their mean; a mistake may make several of them too long alike.
    """
    if cost.kind != "usual":
        return agreements
    outputs = point.after[cost.reads[0]]
    usual = [times / n for times in (0.5, 1.0, 2.0) for n in {1, outputs.size, *outputs.shape}]
    lengths = {p.path: scales(p, point) for p in agreements if p.is_multiple}
    right = {path for path, own in lengths.items() if any(updates.is_near(abs(n), m) for n in own for m in usual)}
    other = {path for path, own in lengths.items() if own} - right
    return [parameter for parameter in agreements if parameter.path not in other] if right else agreements


def is_exact(parameter: Agreement, point: Point) -> bool:
    """Return whether the step computes the very derivative, and not a multiple, and moves along it."""
    is_down = parameter.is_multiple and parameter.factor < 0
    arrays = [gradient for _, gradient, _ in updates.entering(point, parameter.path)] if is_down else []
    return any(np.isclose(updates.scale(parameter, gradient) or 0.0, 1.0, rtol=AGREE) for gradient in arrays)


def _sort_by_gradients(agreements: Sequence[Agreement], point: Point) -> tuple[list[Agreement], list[Agreement]]:
    """Return the same where all moves are of one length: there the gradients are compared, and not the moves."""
    along, off = list[Agreement](), list[Agreement]()
    for parameter in agreements:
        entering = [
            parameter.of_gradient(parameter.at(gradient))
            for _, gradient in updates.of_one_length(point, parameter.path)
        ]
        right = [compared for compared in entering if compared.is_multiple and compared.factor < 0]
        along += right[:1]
        off += entering[:1] if not right and parameter.is_clear and len(parameter.entries) > 1 else []
    if not along and (uphill := _uphill(agreements, point)):
        return uphill, []
    return along, off if numbers(along) > 1 else []


def _uphill(agreements: Sequence[Agreement], point: Point) -> list[Agreement]:
    """Return the parameters if all have the right gradients, and move along them by one length in place of against."""
    uphill = list[Agreement]()
    for parameter in agreements:
        gradients = [g for _, g in updates.of_one_length(point, parameter.path, uphill=True)]
        right = [n for g in gradients if (n := updates.scale(parameter, g)) is not None and n > 0]
        if not right:
            return []
        uphill.append(replace(parameter, factor=1.0, is_multiple=True, move=parameter.derivative))
    return uphill


def _is_usual(parameter: Agreement, factor: float) -> bool:
    return parameter.is_multiple and updates.is_near(parameter.factor, factor)


def _along(parameter: Agreement, factor: float, usual: Sequence[Agreement], point: Point) -> bool | None:
    """Return whether a parameter moves along the slope, or None if that is not known."""
    if parameter.is_multiple:
        return _has_a_rate_of_its_own(parameter, factor, usual, point)
    if updates.is_by_a_rule(parameter, factor, point):
        return True
    if scales(parameter, point):
        if updates.is_of_one_length(parameter, point):
            return True
        return False if _is_transposed(parameter, factor, point) else None
    return False


def _has_a_rate_of_its_own(parameter: Agreement, factor: float, usual: Sequence[Agreement], point: Point) -> bool:
    """Return whether it is meant that a parameter moves at another rate than the others."""
    ratio = parameter.factor / factor
    if ratio < 0:
        return False
    own, their_scales = scales(parameter, point), [scales(other, point) for other in usual]
    if any(updates.is_near(mine, theirs) for mine in own for others in their_scales for theirs in others):
        return True  # the gradients are right; what they are multiplied by is the learner's choice
    longest = [float(np.max(np.abs(point.moved(other.path)))) for other in (parameter, *usual)]
    if 0 < ratio < 1 and np.isclose(longest[1:], longest[0]).any():
        return True  # it is cut off where another one is
    of_others = {rate for other in usual for _, _, rate in updates.entering(point, other.path) if abs(rate) != 1}
    entering = [rate for _, _, rate in updates.entering(point, parameter.path)]
    if any(updates.is_near(mine, theirs) for mine in entering for theirs in of_others):
        return False  # the arrays that enter the updates are multiplied by the same: so this one is wrong itself
    return count(ratio, point) is None


def scales(parameter: Agreement, point: Point) -> list[float]:
    """Return which multiples of the derivative there are among the arrays that the step made."""
    multiples = (updates.scale(parameter, gradient) for _, gradient in updates.gradients(point, parameter.path))
    return [multiple for multiple in multiples if multiple is not None]


def _is_transposed(parameter: Agreement, factor: float, point: Point) -> bool:
    """Return whether the gradient is right, and its transpose is what the parameter moves along."""
    move = point.moved(parameter.path)
    return move.ndim == 2 and any(
        gradient.shape == gradient.T.shape and np.allclose(move, factor * scale * gradient.T, rtol=AGREE)
        for _, gradient in updates.gradients(point, parameter.path)
        for scale in [1.0, -1.0]
    )


def count(ratio: float, point: Point) -> int | None:
    """Return of what there are as many as a ratio says, or its inverse: of examples, or the like; None of nothing."""
    dimensions = Counter(n for array in point.after.values() for n in set(array.shape))
    counts = [n for n, arrays in dimensions.items() if n >= _FEWEST and arrays > 1]
    return next((n for n in counts if updates.is_near(abs(ratio), n) or updates.is_near(1 / abs(ratio), n)), None)


def numbers(agreements: Sequence[Agreement]) -> Any:
    """Return how many numbers were looked at."""
    return sum(len(parameter.entries) for parameter in agreements)
