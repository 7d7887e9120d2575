"""A layer's backward pass against differences of its own forward pass, for one upstream gradient at random."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.checker import clock
from chainrule.checker.derivatives import arguments, inner, patterns, usual
from chainrule.checker.derivatives.differences import Rerun
from chainrule.checker.derivatives.gradients import NOTHING, Comparison, Gradient, Places, is_near
from chainrule.checker.derivatives.patterns import Measured
from chainrule.checker.derivatives.places import at, places_in
from chainrule.checker.learner import Raised
from chainrule.checker.watching.paths import Change, Path, Step, text

Y: Path = (Step("name", "y"),)
DY: Path = (Step("name", "dy"),)
RETURNED: Path = (Step("name", "gradients"),)
MOVED, FEWEST = 9, 4  # entries of an array, at most, and if there is little time
SHORTEST, HOPED = 1e-6, 3.0  # seconds, and how many times as fast code may be as when it is looked at closely
ENOUGH = 1000  # entries of an array that are moved at once, to see what follows from it
QUANTITIES = 16
SHARED = 10  # gradients that are added up, at most, where several layers share a weight ...
FEW = 4  # ... of more entries than so many
_OF_INPUT = re.compile(r"d_?(x|z|in\w*)", re.IGNORECASE)
AGREE = {8: 1e-4, 4: 1e-2}  # relative to the largest entry, for floats of so many bytes
BY = {8: 1e-6, 4: 1e-2}


def compare(rerun: Rerun, until: float = math.inf, *, exact: bool = False) -> Comparison:
    """Return what became of the gradient of each quantity that `y` depends on; nothing if the time is over.

    Nothing comes of code, either, that does something else each time, or whose y are no finite numbers.

    Parameters
    ----------
    rerun
        Code that computes y and then what is made of its upstream gradient dy, in which there is a factor `upstream`.
    until
        When to give up, by `clock.now`.
    exact
        Whether the gradient of a loss may have no factor of its own.

    Raises
    ------
    Raised
        If the code raises.
    """
    after, y = rerun.after(), Y
    if y not in after or not np.isfinite(after[y]).all() or DY not in after or after[DY].shape != after[y].shape:
        return NOTHING
    started = clock.now()
    doubled = rerun.after([Change((Step("name", "upstream"),), (), 1.0)])
    once = clock.now() - started
    if y not in doubled or not np.array_equal(after[y], doubled[y]):
        return NOTHING
    layer = _Layer(rerun, rerun.before(), after, doubled, exact=exact)
    if not layer.can_be_done_in(until - clock.now(), once):
        return NOTHING
    functions = layer.changed(doubled)
    gradients: list[Gradient] = []
    for path in itertools.islice(layer.quantities(), QUANTITIES):
        moved = layer.everywhere_moved(path, [layer.y] if gradients else None)
        if moved is None:
            continue
        functions |= layer.changed(moved)
        if clock.now() > until:
            return NOTHING
        gradient = layer.gradient(path)
        if gradient is not None:
            gradients.append(gradient)
    compared = Comparison(
        _with_instead(_scaled(gradients, layer), layer), frozenset(functions), usual=usual.functions(after, doubled)
    )
    off = [gradient for gradient in compared.arrays if not gradient.agreeing]
    if not layer.is_free and len(compared.arrays) == len(off) > 1:
        return _looked_inside(compared, layer, (layer.before, after, doubled), until)
    return compared


def _looked_inside(compared: Comparison, layer: _Layer, numbers: inner.All, until: float) -> Comparison:
    """Return gradients of which none agrees, with what is known of them from inside the forward pass.

    If all are right for the gradient of something inside, it is not known whether that is meant; if one parameter's is
    not, it is wrong in any case. Those of inputs may be meant for something before the input.
    """
    paths = [gradient.path for gradient in compared.gradients]
    largest = max(compared.arrays, key=lambda gradient: (not gradient.is_input, len(gradient.places)))
    _, after, doubled = numbers
    for layer.y, value in inner.quantities(after, doubled).items():
        if value.shape != layer.dy.shape or not _agrees(layer, largest.path):
            continue
        if clock.now() > until:
            return compared
        gradients = [gradient for path in paths if (gradient := layer.gradient(path)) is not None]
        within = [g for g in _with_instead(_scaled(gradients, layer), layer) if not g.is_input]
        if any(gradient.instead is not None for gradient in within if not gradient.agreeing):
            return compared._replace(gradients=within, inside=layer.y)
        return compared._replace(before_slope=layer.y if usual.is_bent(value, after[Y]) else None)
    follows = inner.upstream(layer.rerun, compared.gradients, numbers)
    scaled = [replace(g, scale=follows.factor) for g in compared.gradients] if follows else compared.gradients
    return compared._replace(gradients=scaled, follows=follows)


def _agrees(layer: _Layer, path: Path) -> bool:
    gradient = layer.gradient(path)
    return gradient is not None and gradient.agreeing is not None


class _Layer:
    """A layer that is run again and again: the numbers before and after, and after with a doubled upstream gradient."""

    def __init__(
        self,
        rerun: Rerun,
        before: Mapping[Path, Any],
        after: Mapping[Path, Any],
        doubled: Mapping[Path, Any],
        *,
        exact: bool,
    ) -> None:
        self.rerun, self.before, self.after, self.y, self.exact = rerun, before, after, Y, exact
        self.dy, self._moved = after[DY], MOVED
        owned = {path: value for path, value in after.items() if path[0].value in ("gradients", "layer")}
        self.candidates = {path: value for path, value in owned.items() if self._is_new(path, value)}
        """What the passes made or changed; of parameters that the backward pass moves it is the move."""
        for path, value in self.candidates.items():
            if self.is_moved(path):
                self.candidates[path] = value - before[path]
        self.linear = {path for path in self.candidates if self._is_linear(path, doubled)}
        self.unchanged = {p: value for p, value in owned.items() if p not in self.candidates and not value.any()}

    def can_be_done_in(self, seconds: float, once: float) -> bool:
        """Return whether there is time for code that takes so long; if it is little, fewer entries are moved."""
        count = len(list(itertools.islice(self.quantities(), QUANTITIES)))
        most = seconds / (3 * once * count + SHORTEST)
        self._moved = int(min(MOVED, max(FEWEST, most)))
        return most >= FEWEST / HOPED

    def is_moved(self, path: Path) -> bool:
        """Return whether something was there before and has other numbers now."""
        return path in self.before and self.before[path].shape == self.after[path].shape and self.before[path].any()

    @property
    def is_free(self) -> bool:
        """Whether y is a loss: what learners divide it by is not always what they divide its gradient by."""
        return bool(not self.exact and (np.size(self.dy) == 1 or np.all(self.dy == 1)))

    def is_mean(self, factor: float) -> bool:
        """Return whether a factor makes a mean over examples or steps, or changes nothing."""
        lengths = {n for shape in (self.dy.shape, *(self.before[p].shape for p in self._inputs())) for n in shape}
        counts = {1, *lengths, *(a * b for a in lengths for b in lengths)}
        return any(is_near(factor, 1 / count) for count in counts)

    def _inputs(self) -> list[Path]:
        return [path for path in self.before if text(path) == "x"]

    def quantities(self) -> Iterator[Path]:
        """Yield what may have a gradient."""
        for path, value in self.before.items():
            name = text(path)
            if value.dtype.kind == "f" and name != "upstream" and not arguments.is_label(name.removesuffix("_")):
                yield path

    def changed(self, numbers: Mapping[Path, Any]) -> set[str]:
        """Return the learner's functions in which there are other numbers than usually."""
        paths = (path for path in self.after.keys() & numbers.keys() if "()" in str(path[0].value))
        return {
            str(path[0].value).partition("()")[0]
            for path in paths
            if not np.array_equal(self.after[path], numbers[path], equal_nan=True)
        }

    def everywhere_moved(self, path: Path, wanted: list[Path] | None) -> Mapping[Path, Any] | None:
        """Return what comes of it if an array is moved, all of a small one; None if that does not change y."""
        places = places_in(self.before[path], ENOUGH)
        try:
            numbers = self.rerun.after([Change(path, place, 0.1 * (1 + sum(place))) for place in places], wanted)
        except Raised:  # y may be no number then
            return None
        return numbers if self.y in numbers and not np.array_equal(numbers[self.y], self.after[self.y]) else None

    def gradient(self, path: Path) -> Gradient | None:
        """Return what became of the gradient of a quantity, or None if it has no derivative."""
        value = self.before[path]
        places, width = places_in(value, self._moved), _width(value, self.dy)
        measured = self._measured(path, places, BY[width])
        if measured is None or not np.any(measured.derivative):
            return None
        gradient = self._matched(Gradient(path, measured, places), AGREE[width])
        if gradient.agreeing:
            return gradient
        again = self._measured(path, places, 0.3 * BY[width])
        if again is None:
            return None
        # At a kink, such as that of ReLU, differences are no derivatives.
        off = np.abs(again.derivative - measured.derivative)
        smooth = np.flatnonzero(off <= AGREE[width] * np.max(np.abs(measured.derivative)))
        if len(smooth) < min(2, len(places)):
            return None
        places = tuple(places[place] for place in smooth)
        if value.ndim == 2 and value.shape[0] == value.shape[1] and len(places) == value.size:
            measured = measured._replace(square=tuple(places.index((j, i)) for i, j in places))
        return self._matched(Gradient(path, measured._replace(slopes=measured.slopes[smooth]), places), AGREE[width])

    def _measured(self, path: Path, places: Places, by: float) -> Measured | None:
        """Return the central differences of y, or None if there are none."""
        slopes = []
        for place in places:
            step = by * max(1.0, abs(float(self.before[path][place])))
            try:
                up, down = (self.rerun.after([Change(path, place, sign * step)], [self.y]) for sign in (1, -1))
            except Raised:
                return None
            if self.y not in up or self.y not in down or not up[self.y].shape == down[self.y].shape == self.dy.shape:
                return None
            slopes.append(np.ravel(up[self.y].astype(float) - down[self.y]) / (2 * step))
        return Measured(np.array(slopes), self.after[self.y], self.dy)

    def _matched(self, gradient: Gradient, agree: float) -> Gradient:
        """Return a gradient with where the backward pass has it, most of all where it is not multiplied."""
        matches = []
        for path, values in self._forms(gradient):
            factor = patterns.factor(values, gradient.derivative, agree)
            if factor is not None:
                matches.append((abs(math.log(abs(factor))), factor < 0, factor, path))
        if not matches:
            return self._with_whole(gradient, agree)
        _, _, factor, path = min(matches, key=lambda match: match[:2])
        return replace(gradient, agreeing=path, factor=factor)

    def _forms(self, gradient: Gradient) -> Iterator[tuple[Path, Any]]:
        """Yield what has the shape of a quantity, at the places of its gradient; also transposed, or added up.

        What is square is not transposed, which would be a mistake. A weight that several layers share has
        a gradient in each.
        """
        shape, places = self.before[gradient.path].shape, gradient.places
        plain, turned = {}, {}
        for path, value in self.candidates.items():
            if _essential(value.shape) == _essential(shape):
                plain[path] = at(value.reshape(shape), places)
            elif value.ndim == 2 and value.shape[::-1] == shape:
                turned[path] = at(value.T, places)
        alike = plain | turned
        yield from alike.items()
        if len(places) > FEW and not _whole(alike):
            yield from _sums(list(alike.items()))

    def _with_whole(self, gradient: Gradient, agree: float) -> Gradient:
        """Return a gradient with what a layer keeps in its place, if its parts keep what should be added up there."""
        shape, places = self.before[gradient.path].shape, gradient.places
        alike = {path: a for path, a in self.candidates.items() if a.shape == shape and path in self.linear}
        whole = _whole(alike)
        sums = _sums([(path, at(a, places)) for path, a in alike.items() if path != whole]) if whole else ()
        if whole and any(patterns.factor(values, gradient.derivative, agree) is not None for _, values in sums):
            return replace(gradient, instead=at(alike[whole], places), instead_at=whole)
        return gradient

    def _is_new(self, path: Path, value: Any) -> bool:
        """Return whether a pass made or changed an array."""
        old = self.before.get(path)
        return value.dtype.kind == "f" and (old is None or old.shape != value.shape or not np.array_equal(old, value))

    def is_forgotten(self, gradient: Gradient) -> bool:
        """Return whether a parameter stays as it is, though a variable of a function holds its gradient."""
        shape = self.before[gradient.path].shape
        return gradient.is_parameter and any(
            patterns.factor(at(value.reshape(shape), gradient.places), gradient.derivative) is not None
            for path, value in self.after.items()
            if "()." in str(path[0].value) and value.dtype.kind == "f" and _essential(value.shape) == _essential(shape)
        )

    def handed_on(self, path: Path) -> Path | None:
        """Return where the upstream gradient is, if that is all that is made for the input of a ReLU or tanh.

        What other layers hand on as it is may be meant: the gradient of softmax or the sigmoid together with a cost.
        """
        if not usual.is_bent(self.before[path], self.after[self.y]):
            return None
        alike = [
            other
            for other, value in self.candidates.items()
            if value.shape == self.dy.shape and not self.is_moved(other) and np.array_equal(value, self.dy)
        ]
        named = (p for p in alike if p[0].value == "gradients" or _OF_INPUT.fullmatch(str(p[-1].value)))
        return next(named, None)

    def with_returned(self, gradient: Gradient) -> Gradient:
        """Return the gradient of an input with what the backward pass of a loss returns for it, if that takes nothing.

        No upstream gradient shows then what is one.
        """
        returned = self.candidates.get(RETURNED)
        if self.linear or not self.is_free or returned is None or returned.shape != self.before[gradient.path].shape:
            return gradient
        return replace(gradient, instead=at(returned, gradient.places), instead_at=RETURNED)

    def _is_linear(self, path: Path, doubled: Mapping[Path, Any]) -> bool:
        """Return whether something doubles with the upstream gradient, as gradients do, and is not that itself."""
        value = self.candidates[path]
        if path not in doubled or doubled[path].shape != value.shape:
            return False
        other = doubled[path] - self.before[path] if self.is_moved(path) else doubled[path]
        is_upstream = value.size == np.size(self.dy) and np.allclose(value.ravel(), np.ravel(self.dy))
        is_upstream = is_upstream and not self.exact  # what a layer hands on is not always meant as a gradient
        return bool(value.any() and not is_upstream and np.allclose(other, 2 * value, rtol=1e-5, atol=0))


def _scaled(gradients: list[Gradient], layer: _Layer) -> list[Gradient]:
    """Return gradients of which none agrees any more that is multiplied by something that it should not be.

    A mean over examples may be part of a layer, a learning rate as well, but then in all of its parameters; and
    losses come with any factor.
    """
    parameters = [g for g in gradients if g.agreeing and not g.is_input and g.is_array]
    usual = max(parameters, key=lambda g: (is_near(g.factor, 1), len(g.places))).factor if parameters else 1.0
    is_moved = any(g.agreeing == g.path for g in parameters)
    if not (is_moved and usual < 0) and not layer.is_free and not layer.is_mean(usual):
        usual = 1.0
    rights = [
        usual if not g.is_input else g.factor if layer.is_free or is_near(g.factor, usual) else 1.0 for g in gradients
    ]
    near = [not g.is_array or is_near(g.factor, right) for g, right in zip(gradients, rights, strict=True)]
    taken = {g.agreeing for g, is_right in zip(gradients, near, strict=True) if is_right}
    scaled = []
    for g, right, is_right in zip(gradients, rights, near, strict=True):
        if g.agreeing and not is_right:
            # Another one's gradient is none of this one's: that of the labels is often that of the outputs, times -1.
            instead = None if g.agreeing in taken else g.factor * g.derivative
            g = replace(g, agreeing=None, instead=instead)
        scaled.append(replace(g, scale=right))
    return scaled


def _with_instead(gradients: list[Gradient], layer: _Layer) -> list[Gradient]:
    """Return gradients with what the backward pass has in the place of those that do not agree."""
    free = layer.linear - {gradient.agreeing for gradient in gradients}
    others_move = any(gradient.agreeing == gradient.path for gradient in gradients)
    taken = {gradient.agreeing for gradient in gradients if gradient.is_parameter} - {None}
    completed = []
    for gradient in gradients:
        if not gradient.agreeing and gradient.instead is None:
            gradient = _replaced(gradient, layer, free)
            if gradient.instead is None and others_move and layer.is_forgotten(gradient):
                gradient = replace(gradient, instead=np.zeros(len(gradient.places)))
            if gradient.instead is None and gradient.is_input and taken and RETURNED not in taken:
                gradient = layer.with_returned(gradient)
        completed.append(gradient)
    return completed


def _replaced(gradient: Gradient, layer: _Layer, linear: Iterable[Path]) -> Gradient:
    """Return a gradient with what is in its place: by its place, by its name, or as the only one."""
    shape = layer.before[gradient.path].shape
    alike = [path for path in linear if _essential(layer.candidates[path].shape) == _essential(shape)]
    named = next((path for path in alike if belongs(gradient.path, path)), None)
    only = alike[0] if len(alike) == 1 else None
    if gradient.is_input:
        chosen = next((path for path in alike if path[0].value == "gradients"), named or only)
    else:
        chosen = gradient.path if gradient.path in alike else named or only
    if chosen is None and gradient.is_input and (chosen := layer.handed_on(gradient.path)):
        gradient = replace(gradient, is_handed_on=True)
    if chosen is not None:
        instead = at(layer.candidates[chosen].reshape(shape), gradient.places)
        has_own = layer.after[chosen].shape == shape and not layer.is_moved(chosen)
        return replace(gradient, instead=instead, instead_at=chosen if has_own else None)
    is_empty = any(belongs(gradient.path, path) and value.shape == shape for path, value in layer.unchanged.items())
    returned = layer.candidates.get(RETURNED) if gradient.is_input else None
    is_empty |= returned is not None and returned.shape == shape and not returned.any()
    return replace(gradient, instead=np.zeros(len(gradient.places))) if is_empty else gradient


def belongs(path: Path, other: Path) -> bool:
    """Return whether something is called like the gradient of a quantity: dW of W, grads[0] of params[0]."""
    name, last = str(path[-1].value).strip("_"), str(other[-1].value)
    if re.fullmatch(rf"_?(d_?|grads?_?|delta_?){re.escape(name)}|{re.escape(name)}_?(grads?|gradient|d)", last):
        return True
    pairs = [(str(own.value), str(its.value)) for own, its in zip(path, other, strict=False) if own != its]
    return bool(pairs) and len(path) == len(other) and all(re.search("grad|^_?d", its) for _, its in pairs)


def _sums(gradients: list[tuple[Path, Any]]) -> Iterator[tuple[Path, Any]]:
    """Yield the sums of two gradients, and of all that follow each other, as those of shared layers do in a list."""
    chosen = gradients[:SHARED]
    pairs = itertools.combinations(chosen, 2)
    runs = [chosen[first:end] for first, end in itertools.combinations(range(len(chosen) + 1), 2) if end - first > 2]
    for parts in (*pairs, *runs):
        yield parts[0][0], sum(values for _, values in parts)


def _whole(paths: Iterable[Path]) -> Path | None:
    """Return the path that is shorter than all others: of what a layer keeps itself, and the others are its parts'."""
    kept = sorted((path for path in paths if path[0].value == "layer"), key=len)
    is_outer = len(kept) > 1 and len(kept[0]) < len(kept[1])
    return kept[0] if is_outer and re.search(r"grad|\.d", text(kept[0])) else None


def _essential(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(n for n in shape if n > 1)


def _width(*arrays: Any) -> int:
    """Return of how many bytes the numbers are that a derivative is as exact as."""
    return 4 if any(a.dtype.itemsize <= 4 for a in arrays) else 8
