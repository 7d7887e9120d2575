"""What the state of momentum and of Adam begins as, and how it goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.equations.mistakes import Equation, Mistake, Rows, Values, each_equation


def zeros(states: int, v: Values) -> Values:
    """Return how many states there are, and a zero in each of them for every number of every parameter."""
    begun = {f"{state}d{name}": np.zeros_like(p) for state in "vs"[:states] for name, p in v["params"].items()}
    return {"parts": states} | begun


def _lost(names: tuple[str, ...]) -> Callable[[str, Any], Any]:
    return lambda name, value: None if name in names else value


_WRONG: Rows[Callable[[str, Any], Any]] = {
    "initialize_state.some-lost": [_lost(("dW2", "db2")), _lost(("dW1", "db1")), _lost(("db1", "db2"))],
    "initialize_state.keys": _lost(("dW1", "dW2", "db1", "db2")),
    "initialize_state.ones": lambda name, value: value + 1,
}
"""What each entry is instead, from its name, such as "dW1", and the zeros."""


def _changed(right: Equation, change: Callable[[str, Any], Any], v: Values) -> Values:
    return {name: value if name == "parts" else change(name[1:], value) for name, value in right(v).items()}


def mistakes(states: int) -> list[Mistake]:
    """Return wrong versions of `zeros`."""
    right = partial(zeros, states)
    return [Mistake(key, partial(_changed, right, change)) for key, change in each_equation(_WRONG)]
