"""From probabilities to answers: 0 or 1, or a class; and how that usually goes wrong. Examples are columns."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.equations.mistakes import Equation, Mistake, Values

Decision = Callable[[Any], Any]


def above_half(A: Any) -> Any:
    """Return which probabilities are above 0.5."""
    return A > 0.5


def likeliest(A: Any) -> Any:
    """Return the likeliest class of every example."""
    return A.argmax(axis=0)


def one_hot(A: Any) -> Any:
    """Return 1 for the likeliest class of every example, and 0 for the others."""
    return A == A.max(axis=0)


def probabilities(A: Any) -> Any:
    """Return the probabilities themselves."""
    return A


_DECISIONS: dict[str, Decision] = {
    "predict.no-threshold": probabilities,
    "predict.inverted": lambda A: A < 0.5,
    "predict.always-one": lambda A: A > 0,
    "predict.threshold-1": lambda A: A > 1,
    "predict.minus-one": lambda A: np.where(A > 0.5, 1, -1),
    "predict.first-only": lambda A: (A > 0.5) * (np.arange(A.shape[1]) == 0),
    "predict.argmax": likeliest,
    "predict.argmax-axis": lambda A: A.argmax(axis=1),
    "predict.argmin": lambda A: A.argmin(axis=0),
    "predict.argmax-of-all": np.argmax,
    "predict.threshold-of-classes": above_half,
    "predict.largest-value": lambda A: A.max(axis=0),
}


def decided(forward: Equation, decision: Decision, v: Values) -> Values:
    """Return what is decided on AL of a forward pass; one output per example is a vector."""
    P = np.asarray(decision(forward(v)["AL"]), float)
    return {"P": P.reshape(-1) if P.ndim == 2 and len(P) == 1 else P}


def wrong_decisions(forward: Equation) -> list[Mistake]:
    """Return usual wrong decisions on AL of a forward pass."""
    return [Mistake(key, partial(decided, forward, decision)) for key, decision in _DECISIONS.items()]
