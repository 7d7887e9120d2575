"""What a mistake is: a right equation with one thing wrong; and how a table of wrong equations becomes mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

Values = dict[str, Any]
"""Quantities by their textbook names, such as {"dA": ..., "Z": ...}; examples are columns."""
Equation = Callable[[Values], Values]
T = TypeVar("T")


@dataclass(frozen=True)
class Mistake:
    """A right function with one thing wrong; `key` is its name in the texts."""

    key: str
    wrong: Equation
    severity: Literal["error", "warning"] = "error"


Rows = Mapping[str, T | list[T]]
"""A table of mistakes: what is wrong by its key, or several ways to be wrong that are the same mistake."""


def each_equation(rows: Rows[T]) -> Iterator[tuple[str, T]]:
    """Yield the rows of a table one by one.

    >>> list(each_equation({"pooling.sign": dict, "pooling.averaged": [list, tuple]}))
    [('pooling.sign', <class 'dict'>), ('pooling.averaged', <class 'list'>), ('pooling.averaged', <class 'tuple'>)]
    """
    for key, equations in rows.items():
        for equation in equations if isinstance(equations, list) else [equations]:
            yield key, equation


def named(wrong: Rows[Equation]) -> list[Mistake]:
    """Return a table of wrong equations as mistakes."""
    return [Mistake(key, equation) for key, equation in each_equation(wrong)]
