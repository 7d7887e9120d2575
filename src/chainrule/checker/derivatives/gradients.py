"""A gradient: how an output depends on a quantity, and what a backward pass says of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from chainrule.checker.derivatives import arguments, patterns
from chainrule.checker.derivatives.patterns import Measured
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
    """

    path: Path
    measured: Measured
    places: Places
    agreeing: Path | None = None
    factor: float = 1.0
    instead: Any = None
    scale: float = 1.0
    instead_at: Path | None = None

    @property
    def derivative(self) -> Any:
        """The derivative at `places`."""
        return self.measured.derivative

    @property
    def pattern(self) -> str:
        """What the backward pass has instead of the derivative: a key of the texts."""
        return patterns.pattern(self.instead / self.scale, self.measured)

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
