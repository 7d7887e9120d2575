"""The gradients of a layer: how its output depends on each quantity, and where the backward pass has that."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from chainrule.checker import clock
from chainrule.checker.derivatives import arguments, patterns
from chainrule.checker.derivatives.attempts import Attempt
from chainrule.checker.derivatives.patterns import Measured
from chainrule.checker.learner import Raised
from chainrule.checker.watching.paths import Path, text

Places = tuple[tuple[int, ...], ...]
_PARAMETER = re.compile(r"^(w|u|b|v)\w?\d*$|param|weight|bias|gamma|beta|kernel|filter|embed|theta", re.IGNORECASE)


@dataclass(frozen=True)
class Gradient:
    """A quantity of the forward pass, its derivative, and what the backward pass says of it.

    Parameters
    ----------
    path
        The quantity: the input or a parameter.
    measured
        How y depends on it, at `places`.
    agreeing
        Where the backward pass has it, or None.
    factor
        By what it is multiplied there: 1 usually, 1/m, or minus the learning rate.
    instead
        If it is nowhere: what the backward pass has in its place, at `places`, or None if that is not known.
    scale
        By what it should be multiplied, as the gradients of the other parameters are.
    instead_at
        Where the backward pass has `instead`, if that is an array of its own.
    is_handed_on
        Whether `instead` is the upstream gradient as it came.
    """

    path: Path
    measured: Measured
    places: Places
    agreeing: Path | None = None
    factor: float = 1.0
    instead: Any = None
    scale: float = 1.0
    instead_at: Path | None = None
    is_handed_on: bool = False

    @property
    def derivative(self) -> Any:
        """The derivative at `places`."""
        return self.measured.derivative

    @property
    def pattern(self) -> str:
        """What the backward pass has instead of the derivative: a key of the texts."""
        return "no-slope" if self.is_handed_on else patterns.pattern(self.instead / self.scale, self.measured)

    @property
    def is_parameter(self) -> bool:
        """Whether it is called like a parameter."""
        return not self.is_input and any(_PARAMETER.search(str(step.value).strip("_")) for step in self.path)

    @property
    def is_array(self) -> bool:
        """Whether it has more than one number: a single one agrees with too much."""
        return len(self.places) > 1

    @property
    def name(self) -> str:
        """The quantity in the words of the report: "x", "W", "params['W1']"."""
        first, *steps = self.path  # the names of what a function takes end with "_" where it is called
        named = (first._replace(value=str(first.value).removesuffix("_")), *steps)
        return text(named).removeprefix("layer.").removesuffix("_")

    @property
    def is_input(self) -> bool:
        """Whether it comes into a layer, as a state does, and is no parameter."""
        return len(self.path) == 1 and arguments.kind(self.name) not in ("W", "U", "b", "scale")


class Follows(NamedTuple):
    """What most gradients of a layer follow from, times a factor: the gradient that is taken for that of a quantity."""

    quantity: Path
    gradient: Path
    factor: float


class Comparison(NamedTuple):
    """The gradients of a layer, and the functions whose numbers depend on what was moved.

    `all_tried` says whether there was time for every way to call it, and `attempt` is the one that was taken. `inside`
    is what the gradients are those of, if that is a variable of the forward pass, and `follows` is the one from which
    all follow that are wrong. `before_slope` is what all are right for, if y is the ReLU or tanh of that. Nothing can
    be wrong with the functions that are `usual`.
    """

    gradients: list[Gradient]
    functions: frozenset[str] = frozenset()
    all_tried: bool = True
    attempt: Attempt | None = None
    inside: Path | None = None
    follows: Follows | None = None
    usual: frozenset[str] = frozenset()
    before_slope: Path | None = None

    @property
    def is_right(self) -> bool:
        """Whether the gradients agree: every parameter's has to, and no wrong one may be in the place of another.

        The first layer of a network needs no gradient of its input.
        """
        left = [gradient for gradient in self.arrays if not gradient.agreeing]
        return len(left) < len(self.arrays) and not any(
            gradient.instead is not None or gradient.is_parameter for gradient in left
        )

    @property
    def is_reversed(self) -> bool:
        """Whether all gradients of arrays are the derivatives with the other sign."""
        return bool(self.arrays) and all(gradient.agreeing and gradient.factor < 0 for gradient in self.arrays)

    @property
    def is_sure(self) -> bool:
        """Whether what agrees has several numbers, or is multiplied as the others are."""
        return all(g.is_array or not g.agreeing or is_near(g.factor, g.scale) for g in self.gradients)

    @property
    def wrong(self) -> set[str]:
        """The arrays in whose gradients' places something else is."""
        return {gradient.name for gradient in self.arrays if not gradient.agreeing and gradient.instead is not None}

    @property
    def right(self) -> set[str]:
        """The arrays whose gradients agree."""
        return {gradient.name for gradient in self.arrays if gradient.agreeing}

    @property
    def arrays(self) -> list[Gradient]:
        """The gradients of arrays."""
        return [gradient for gradient in self.gradients if gradient.is_array]


NOTHING = Comparison([])


def is_near(a: float, b: float) -> bool:
    """Return whether two factors are the same."""
    return math.isclose(a, b, rel_tol=0.02)


def best(attempts: Iterable[tuple[bool, Callable[[], Comparison]]], until: float = math.inf) -> Comparison:
    """Return the gradients of the attempt in which most agree; of the first that is right.

    One example by itself hides what goes wrong between examples, so it is only looked at if several are not taken, or
    if all gradients follow from one that is wrong.
    An attempt that does not look at something (there are no derivatives of whole numbers, and a single number agrees
    with too much) does not clear it of what another one has against it.

    Parameters
    ----------
    attempts
        Whether each is with several examples, and what compares the gradients in it; those with several come first.
    until
        When to give up, by `clock.now`.
    """
    most = lesser = NOTHING
    is_of_several = False
    for several, attempt in attempts:
        if most.gradients and not several and not (most.follows and is_of_several):
            break
        if clock.now() > until:
            return lesser if lesser.is_right else most._replace(all_tried=False)
        try:
            comparison = attempt()
        except Raised:
            continue
        if most.gradients and not several:
            if _agreeing(comparison):  # it is meant for one example
                return most._replace(follows=None)
            continue
        if comparison.is_right and comparison.is_sure and most.wrong <= comparison.right:
            return comparison
        if comparison.is_right:
            lesser = lesser if lesser.is_right else comparison
        elif _agreeing(comparison) > _agreeing(most) or not most.gradients:
            most, is_of_several = comparison, several
    return lesser if lesser.is_right and most.wrong <= lesser.right else most


def _agreeing(comparison: Comparison) -> int:
    return sum(gradient.agreeing is not None for gradient in comparison.arrays)
