"""The share of examples whose likeliest class is the right one, and how it usually goes wrong. Examples are columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.checker.equations.mistakes import Rows

Share = Callable[[Any, Any], Any]
"""From AL and Y, one-hot."""


def share(A: Any, Y: Any) -> Any:
    """Return it as a number from 0 to 1."""
    return np.mean(A.argmax(axis=0) == Y.argmax(axis=0))


def percent(A: Any, Y: Any) -> Any:
    """Return it in percent."""
    return 100 * share(A, Y)


WRONG: Rows[Share] = {
    "accuracy.not-divided": lambda A, Y: np.sum(A.argmax(axis=0) == Y.argmax(axis=0)),
    "accuracy.inverted": lambda A, Y: np.mean(A.argmax(axis=0) != Y.argmax(axis=0)),
    "accuracy.minimum": lambda A, Y: np.mean(A.argmin(axis=0) == Y.argmax(axis=0)),
    "accuracy.wrong-axis": [
        lambda A, Y: np.sum(A.argmax(axis=1) == Y.argmax(axis=0)) / A.shape[1],
        lambda A, Y: np.mean(A.argmax(axis=1) == Y.argmax(axis=0)),
        lambda A, Y: np.sum(A.argmax(axis=1) == Y.argmax(axis=1)) / A.shape[1],
        lambda A, Y: np.mean(A.argmax(axis=1) == Y.argmax(axis=1)),
        lambda A, Y: np.sum(A.argmax(axis=0) == Y.argmax(axis=1)) / A.shape[1],
    ],
    "accuracy.divided-by-classes": lambda A, Y: np.sum(A.argmax(axis=0) == Y.argmax(axis=0)) / len(A),
}
