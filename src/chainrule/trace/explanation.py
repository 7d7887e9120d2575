"""Why a number is what it is: plain data, a sum of named terms."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from chainrule.gradcheck.slopes import Slope


class Term(NamedTuple):
    """One term of a sum: a factor times a number.

    A block of numbers from above has no single factor; `local` and `number` are then None. A function of one number,
    such as an activation, is no product: `local` is None, and `factor` names the function.
    """

    factor: str
    """What the factor is called: an array's number, such as ``layer2.A[0, 3]``, or a partial derivative."""
    local: float | None
    number_path: str
    """What the number is called; empty for what no number gives."""
    number: float | None
    product: float
    opens: bool = True
    """Whether the number can be asked about in turn."""


def in_order(terms: Iterable[Term]) -> tuple[Term, ...]:
    """Return terms, the largest first."""
    return tuple(sorted(terms, key=lambda term: -abs(term.product)))


Said = Literal["gradient", "value", "loss", "example", "data", "slope of the loss"]


@dataclass(frozen=True, eq=False)
class Explanation:
    """One number, and the terms that it is the sum of.

    Attributes
    ----------
    path, value
        The number.
    said
        What kind of number it is: a gradient, a value that a layer computed, the loss, an example's loss, something
        that came in, or the gradient that the loss itself begins with.
    terms
        In order of size.
    facts
        Other numbers that belong to it, by their paths.
    equations
        Those by which it was computed, in LaTeX.
    difference
        The slope from finite differences, if it was asked for.
    rounding
        By how much rounding in the precision of the network moved the number and its terms, as far as float64 tells.
    of_block
        Whether the terms are those of one block of numbers from above, so that their sum is not all of the number.
    """

    path: str
    value: float
    said: Said
    terms: tuple[Term, ...] = ()
    facts: tuple[tuple[str, float], ...] = ()
    equations: tuple[str, ...] = ()
    difference: Slope | None = None
    rounding: float = 0.0
    of_block: bool = False

    @cached_property
    def total(self) -> float:
        """The sum of all terms."""
        return math.fsum(term.product for term in self.terms)

    def rest(self, shown: int) -> float:
        """Return the sum of all terms but the largest ones."""
        return math.fsum(term.product for term in self.terms[shown:])

    @property
    def adds_up(self) -> bool | None:
        """Whether the terms add up to the number, within what float32 or float64 rounds; None if they need not.

        If not, the layer's backward is not linear in the gradient from above, and so is wrong.
        """
        if not self.terms or self.of_block:
            return None
        size = math.fsum(abs(term.product) for term in self.terms)
        return abs(self.total - self.value) <= 1e-5 * max(size, abs(self.value)) + self.rounding
