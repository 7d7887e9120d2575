"""What a mistake is: a right equation with one thing wrong; and how a table of wrong equations becomes mistakes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Values = dict[str, Any]
"""Quantities by their textbook names, such as {"dA": ..., "Z": ...}; examples are columns."""
Equation = Callable[[Values], Values]


@dataclass(frozen=True)
class Mistake:
    """A right function with one thing wrong; `key` is its name in the texts."""

    key: str
    wrong: Equation
    severity: Literal["error", "warning"] = "error"


def named(wrong: Mapping[str, Equation]) -> list[Mistake]:
    """Return mistakes with keys in the texts; what follows a space in a key only tells alike ones apart.

    >>> [each.key for each in named({"pooling.sign": dict, "pooling.averaged dW": dict, "pooling.averaged db": dict})]
    ['pooling.sign', 'pooling.averaged', 'pooling.averaged']
    """
    return [Mistake(key.partition(" ")[0], equation) for key, equation in wrong.items()]
