"""Gradients that are all wrong: of what inside the forward pass they are right, or which one they all follow from.

A backward pass may take the gradient of something that the forward pass computes on its way, such as the scores before
the softmax. Or all gradients follow, as they should, from one that is wrong itself: that of Z without the slope.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from chainrule.checker.derivatives import patterns
from chainrule.checker.derivatives.differences import Numbers, Rerun
from chainrule.checker.derivatives.gradients import Follows, Gradient, is_near
from chainrule.checker.learner import Raised
from chainrule.checker.watching.paths import Change, Path

ENOUGH = 4  # entries of a parameter
MOST = 200  # pairs of a quantity and a gradient
BY = {8: 1e-6, 4: 1e-2}  # for floats of so many bytes
AGREE = {8: 1e-4, 4: 1e-2}

All = tuple[Numbers, Numbers, Numbers]
"""What there is before, what there is after, and what there is after with a doubled upstream gradient."""


def quantities(after: Numbers, doubled: Numbers) -> dict[Path, Any]:
    """Return the variables of functions that are the same whatever the upstream gradient is: of the forward pass."""
    return {path: a for path, a in _variables(after).items() if path in doubled and _is_same(a, doubled[path])}


def _variables(after: Numbers) -> dict[Path, Any]:
    return {path: a for path, a in after.items() if "()." in str(path[0].value) and a.dtype.kind == "f" and a.size > 1}


def _is_same(a: Any, b: Any) -> bool:
    return a.shape == b.shape and bool(np.array_equal(a, b, equal_nan=True))


def upstream(rerun: Rerun, off: Sequence[Gradient], numbers: All) -> Follows | None:
    """Return which gradient of which quantity those of all parameters follow from, or None if there is none.

    Parameters
    ----------
    rerun
        Code that computes both passes.
    off
        The gradients, none of which agrees.
    numbers
        All that there is when it runs.
    """
    before, after, doubled = numbers
    parameters = [g for g in off if g.is_array and not g.is_input and g.instead is not None]
    inside = _of_inputs(rerun, [g for g in off if g.is_input], quantities(after, doubled))
    pairs = list(itertools.islice(_pairs(inside, after, doubled), MOST))
    wanted = sorted({quantity for quantity, _ in pairs})
    followed: list[dict[tuple[Path, Path], float]] = []
    for gradient in parameters if pairs else ():
        slopes = _slopes(rerun, gradient, before[gradient.path], wanted)
        factors = {pair: _factor(gradient, slopes.get(pair[0]), after[pair[1]]) for pair in pairs}
        followed.append({pair: factor for pair, factor in factors.items() if factor is not None})
        if not followed[-1]:
            return None
    common = _common(followed)
    if common is None or len(parameters) < 2 or all(len(gradient.places) < ENOUGH for gradient in parameters):
        return None
    counts = Counter(pair for factors in followed for pair, factor in factors.items() if is_near(factor, common))
    (quantity, u), _ = counts.most_common(1)[0]
    return Follows(quantity, u, common)


def _of_inputs(rerun: Rerun, inputs: Iterable[Gradient], inside: Numbers) -> dict[Path, Any]:
    """Return the quantities that depend on an input: any dW is the gradient of W in another shape."""
    moved = [Change(gradient.path, place, 0.1 * (1 + sum(place))) for gradient in inputs for place in gradient.places]
    try:
        other = rerun.after(moved, [*inside])
    except Raised:
        return {}
    return {path: a for path, a in inside.items() if moved and path in other and not _is_same(a, other[path])}


def _common(followed: list[dict[tuple[Path, Path], float]]) -> float | None:
    """Return the factor by which every gradient follows from one, or None if there is none."""
    factors = followed[0].values() if followed else ()
    for factor in factors:
        if all(any(is_near(factor, other) for other in others.values()) for others in followed):
            return factor
    return None


def _pairs(inside: Numbers, after: Numbers, doubled: Numbers) -> Iterator[tuple[Path, Path]]:
    """Yield a quantity with what doubles with the upstream gradient, as gradients do."""
    for gradient, u in _variables(after).items():
        if gradient in doubled and u.any() and doubled[gradient].shape == u.shape:
            if np.allclose(doubled[gradient], 2 * u, rtol=1e-5, atol=0):
                yield from ((path, gradient) for path, Z in inside.items() if Z.shape == u.shape)


def _slopes(rerun: Rerun, gradient: Gradient, value: Any, wanted: list[Path]) -> dict[Path, Any]:
    """Return the central differences of quantities, in a row for each place of a parameter."""
    rows: dict[Path, list[Any]] = {path: [] for path in wanted}
    for place in gradient.places:
        step = BY[_width(value)] * max(1.0, abs(float(value[place])))
        try:
            up, down = (rerun.after([Change(gradient.path, place, sign * step)], wanted) for sign in (1, -1))
        except Raised:
            return {}
        for path in wanted:
            if path in up and path in down and up[path].shape == down[path].shape:
                rows[path].append(np.ravel(up[path].astype(float) - down[path]) / (2 * step))
    count = len(gradient.places)
    return {path: np.array(row) for path, row in rows.items() if len(row) == count}


def _factor(gradient: Gradient, slopes: Any, u: Any) -> float | None:
    """Return which multiple of what follows from a gradient stands in the place of another one, or None."""
    if slopes is None or slopes.shape[1] != u.size:
        return None
    return patterns.factor(gradient.instead, slopes @ np.ravel(u), AGREE[_width(u)])


def _width(array: Any) -> int:
    return 4 if array.dtype.itemsize <= 4 else 8
