"""What may be called a squared error, and how it usually goes wrong. Examples are columns."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.equations.mistakes import Equation, Mistake, Rows, Values, each_equation

Error = Callable[[Any, Any], Any]
"""From AL and Y."""


def _reduced(E: Any) -> list[Any]:
    """Return what may be made of the squares: a sum, a mean over all or over the examples, and half of each."""
    return [E.sum(), 0.5 * E.sum(), E.mean(), 0.5 * E.mean(), E.sum() / E.shape[1], 0.5 * E.sum() / E.shape[1]]


def _right(way: int, A: Any, Y: Any) -> Any:
    return _reduced((A - Y) ** 2)[way]


WAYS: list[Error] = [partial(_right, way) for way in range(6)]
"""All that is right, as files differ in what they call so."""
_WRONG: Rows[Callable[[Any, Any], list[Any]]] = {
    "squared_error.not-squared": lambda A, Y: _reduced(A - Y),
    "squared_error.absolute": lambda A, Y: _reduced(np.abs(A - Y)),
    "squared_error.plus": lambda A, Y: _reduced((A + Y) ** 2),
    "squared_error.sign": lambda A, Y: [-error for error in _reduced((A - Y) ** 2)],
    "squared_error.order": [
        lambda A, Y: _reduced(A**2 - Y**2),
        lambda A, Y: [error**2 for error in _reduced(A - Y)],
    ],
    "squared_error.root": lambda A, Y: [np.sqrt(error) for error in _reduced((A - Y) ** 2)],
    "squared_error.per-element": lambda A, Y: [((A - Y) ** 2).T, 0.5 * ((A - Y) ** 2).T],
}
"""The same mistake in each of the ways."""


def _cost(error: Error, v: Values) -> Values:
    return {"cost": error(v["AL"], v["Y"])}


def _one_of(errors: Callable[[Any, Any], list[Any]], way: int, v: Values) -> Values:
    return {"cost": errors(v["AL"], v["Y"])[way]}


def rights() -> list[Equation]:
    """Return all that may be called a squared error."""
    return [partial(_cost, error) for error in WAYS]


def mistakes(v: Values) -> list[Mistake]:
    """Return usual wrong versions; how many there are of each is seen on a case."""
    return [
        Mistake(key, partial(_one_of, errors, way))
        for key, errors in each_equation(_WRONG)
        for way in range(len(errors(v["AL"], v["Y"])))
    ]
