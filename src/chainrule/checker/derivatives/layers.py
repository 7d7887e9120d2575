"""A layer's backward pass against differences of its own forward pass, for one upstream gradient at random."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule.checker.derivatives.differences import Rerun
from chainrule.checker.learner import Raised
from chainrule.checker.watching.paths import Change, Path, text

MOVED = 24  # entries of an array, at most
AGREE = {8: 1e-4, 4: 1e-2}  # relative to the largest entry, for floats of so many bytes
BY = {8: 1e-6, 4: 1e-2}


@dataclass(frozen=True)
class Gradient:
    """A quantity of the forward pass, its derivative, and what the backward pass says of it.

    Parameters
    ----------
    path
        The quantity: the input or a parameter.
    derivative
        By central differences, at `places`.
    agreeing
        Where the backward pass has it, or None.
    factor
        By what it is multiplied there: 1 usually, 1/m, or minus the learning rate.
    instead
        If it is nowhere: what the backward pass has in its place, at `places`, or None if that is not known.
    """

    path: Path
    derivative: Any
    places: tuple[tuple[int, ...], ...]
    agreeing: Path | None
    factor: float = 1.0
    instead: Any = None

    @property
    def name(self) -> str:
        """The quantity in the words of the report: "x", "W", "params['W1']"."""
        return text(self.path).removeprefix("layer.").removesuffix("_")


def compare(rerun: Rerun, dy: Any, until: float = math.inf) -> list[Gradient]:
    """Return what became of the gradient of each quantity that `y` depends on; nothing if the time is over.

    Parameters
    ----------
    rerun
        Code that computes y and then what is made of dy.
    dy
        The upstream gradient: an array of the shape and the dtype of y.
    until
        When to give up, by the monotonic clock.

    Raises
    ------
    Raised
        If the code raises.
    """
    before, after = rerun.before(), rerun.after()
    y = next(path for path in after if text(path) == "y")
    given = {path: value for path, value in after.items() if path[0].value in ("gradients", "layer")}
    candidates = {path: value for path, value in given.items() if _is_new(path, value, before)}
    gradients = []
    for path, value in before.items():
        if value.dtype.kind != "f" or text(path) in ("dy", "labels"):
            continue
        places = _places(value)
        if time.monotonic() > until:
            return []
        derivative = _derivative(rerun, path, value, places, y, dy, until)
        if derivative is not None and np.any(derivative):
            gradients.append(_matched(path, value, derivative, places, candidates, after, AGREE[_width(value, dy)]))
    if all(gradient.agreeing for gradient in gradients):
        return gradients
    used = {gradient.agreeing for gradient in gradients}
    linear = _linear(rerun, dy, {path: value for path, value in candidates.items() if path not in used}, before)
    return [gradient if gradient.agreeing else _with_instead(gradient, before, linear) for gradient in gradients]


def _linear(rerun: Rerun, dy: Any, candidates: Mapping[Path, Any], before: Mapping[Path, Any]) -> dict[Path, Any]:
    """Return what doubles with the upstream gradient, as every gradient does, and is not that gradient itself.

    Of parameters that the backward pass moves it is the move.
    """
    name = next(path for path in before if text(path) == "dy")
    try:
        twice = rerun.after([Change(name, place, float(dy[place])) for place in np.ndindex(np.shape(dy))])
    except Raised:
        return {}
    linear = {}
    for path, value in candidates.items():
        old = before[path] if path in before and before[path].shape == value.shape else np.zeros(())
        move, other = value - old, twice[path] - old if path in twice and twice[path].shape == value.shape else None
        is_upstream = move.size == np.size(dy) and np.allclose(move.ravel(), np.ravel(dy))
        if other is not None and move.any() and not is_upstream and np.allclose(other, 2 * move, rtol=1e-6):
            linear[path] = move
    return linear


def _with_instead(gradient: Gradient, before: Mapping[Path, Any], linear: Mapping[Path, Any]) -> Gradient:
    """Return a gradient with what the backward pass has in its place: by its place, by its name, or as the only one."""
    shape = before[gradient.path].shape
    alike = {path: value for path, value in linear.items() if _essential(value.shape) == _essential(shape)}
    returned = [path for path in alike if path[0].value == "gradients"]
    named = _named(gradient.path, alike)
    if text(gradient.path) == "x":
        chosen = returned[0] if returned else next(iter(alike), None) if len(alike) == 1 else named
    else:
        chosen = gradient.path if gradient.path in alike else named or (next(iter(alike)) if len(alike) == 1 else None)
    if chosen is None:
        return gradient
    values = alike[chosen].reshape(shape)
    return replace(gradient, instead=np.array([values[place] for place in gradient.places]))


def _essential(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(n for n in shape if n > 1)


def _places(value: Any) -> tuple[tuple[int, ...], ...]:
    """Return where a quantity is moved: everywhere, if it is small."""
    chosen = np.sort(np.random.default_rng(0).permutation(value.size)[:MOVED])
    return tuple(tuple(map(int, np.unravel_index(number, value.shape))) for number in chosen)


def _is_new(path: Path, value: Any, before: Mapping[Path, Any]) -> bool:
    """Return whether a pass made or changed an array."""
    old = before.get(path)
    return value.dtype.kind == "f" and (old is None or old.shape != value.shape or not np.array_equal(old, value))


def _derivative(
    rerun: Rerun, path: Path, value: Any, places: Sequence[tuple[int, ...]], y: Path, dy: Any, until: float
) -> Any:
    """Return the derivative of sum(y * dy) by central differences, or None if y does not follow from the value."""
    if not _depends(rerun, path, value, y):
        return None
    derivative, width = np.zeros(len(places)), _width(value, dy)
    for number, place in enumerate(places):
        if time.monotonic() > until:
            return None
        by = BY[width] * max(1.0, abs(float(value[place])))
        try:
            up, down = (rerun.after([Change(path, place, sign * by)], [y]) for sign in (1, -1))
        except Raised:
            return None
        if y not in up or y not in down or not up[y].shape == down[y].shape == np.shape(dy):
            return None
        derivative[number] = np.sum((up[y] - down[y]) * dy) / (2 * by)
    return derivative


def _depends(rerun: Rerun, path: Path, value: Any, y: Path) -> bool:
    """Return whether y changes when the whole array does."""
    moved = [Change(path, place, 0.1 * (1 + sum(place))) for place in np.ndindex(value.shape)]
    try:
        return not np.array_equal(rerun.after(moved, [y])[y], rerun.after((), [y])[y])
    except (Raised, KeyError):  # y may be no number then
        return False


def _matched(
    path: Path,
    value: Any,
    derivative: Any,
    places: tuple[tuple[int, ...], ...],
    candidates: Mapping[Path, Any],
    after: Mapping[Path, Any],
    agree: float,
) -> Gradient:
    moved = {path: after[path] - value} if path in candidates and after[path].shape == value.shape else {}
    for other, array in {**candidates, **moved}.items():
        for form in (array, array.T) if array.ndim == 2 else (array,):
            factor = _factor(form, value.shape, derivative, places, agree)
            if factor is not None:
                return Gradient(path, derivative, places, other, factor)
    return Gradient(path, derivative, places, None)


def _width(*arrays: Any) -> int:
    """Return of how many bytes the numbers are that a derivative is as exact as."""
    return 4 if any(a.dtype.itemsize <= 4 for a in arrays) else 8


def _factor(
    array: Any, shape: tuple[int, ...], derivative: Any, places: Sequence[tuple[int, ...]], agree: float
) -> float | None:
    """Return which multiple of a derivative an array is, or None."""
    if _essential(array.shape) != _essential(shape):
        return None
    a = array.reshape(shape)[tuple(np.transpose(places))].astype(float) if shape else array.ravel().astype(float)
    if not np.isfinite(a).all() or not a.any():
        return None
    factor = float(a @ derivative / (derivative @ derivative))
    return factor if np.max(np.abs(a - factor * derivative)) <= agree * np.max(np.abs(a)) else None


def _named(path: Path, candidates: Mapping[Path, Any]) -> Path | None:
    """Return what is called like a gradient of a quantity, and is new."""
    name = re.escape(str(path[-1].value).lstrip("_"))
    pattern = re.compile(rf"_?(d_?|grad_?|delta_?){name}|{name}_?(grad|gradient|d)\b", re.IGNORECASE)
    named = [other for other in candidates if pattern.fullmatch(str(other[-1].value))]
    return named[0] if named else None


def best(attempts: Iterator[tuple[bool, Callable[[], list[Gradient]]]]) -> list[Gradient]:
    """Return the gradients of the attempt in which most agree; of the first in which all do.

    One example by itself hides what goes wrong between examples, so it is only looked at if several are not taken.

    Parameters
    ----------
    attempts
        Whether each is with several examples, and what compares the gradients in it; those with several come first.
    """
    most: list[Gradient] = []
    for several, attempt in attempts:
        if most and not several:
            break
        try:
            gradients = attempt()
        except Raised:
            continue
        if gradients and all(gradient.agreeing for gradient in gradients):
            return gradients
        if _agreeing(gradients) > _agreeing(most) or not most:
            most = gradients
    return most


def _agreeing(gradients: Sequence[Gradient]) -> int:
    return sum(gradient.agreeing is not None for gradient in gradients)
