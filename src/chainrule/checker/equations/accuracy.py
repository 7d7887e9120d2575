"""The share of right predictions, and how it usually goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.checker.equations.mistakes import Rows

Share = Callable[[Any, int], Any]
"""From whether each prediction is right, and the number of classes."""
Choice = Callable[[Any, Any], Any]
"""Whether each prediction is right, from AL and Y, one-hot, with examples in columns."""


def mean(hits: Any, classes: int) -> Any:
    """Return the share as a number from 0 to 1."""
    return np.mean(hits)


def percent(hits: Any, classes: int) -> Any:
    """Return the share in percent."""
    return 100 * np.mean(hits)


def likeliest(A: Any, Y: Any) -> Any:
    """Return whether the likeliest class is the right one."""
    return A.argmax(axis=0) == Y.argmax(axis=0)


def _among_examples(hits: Any, A: Any) -> Any:
    """Return comparisons of classes as if there were one for every example, by whose number they are divided."""
    return np.pad(hits, (0, A.shape[1] - len(hits)))


WRONG_SHARES: dict[str, Share] = {
    "accuracy.not-divided": lambda hits, classes: np.sum(hits),
    "accuracy.inverted": lambda hits, classes: np.mean(~hits),
    "accuracy.divided-by-classes": lambda hits, classes: np.sum(hits) / classes,
    "accuracy.all-or-nothing": lambda hits, classes: np.all(hits),
}
"""Wrong versions of `mean`."""
WRONG_CHOICES: Rows[Choice] = {
    "accuracy.minimum": lambda A, Y: A.argmin(axis=0) == Y.argmax(axis=0),
    "accuracy.wrong-axis": [
        lambda A, Y: A.argmax(axis=1) == Y.argmax(axis=0),
        lambda A, Y: A.argmax(axis=1) == Y.argmax(axis=1),
        lambda A, Y: _among_examples(A.argmax(axis=1) == Y.argmax(axis=1), A),
        lambda A, Y: A.argmax(axis=0) == Y.argmax(axis=1),
    ],
}
"""Wrong versions of `likeliest`."""
