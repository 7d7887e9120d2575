"""Logic gates, and how they go wrong. Examples are columns: X (inputs, m), of numbers 0 and 1."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from chainrule.checker.equations.mistakes import Equation, Mistake, Values

Gate = Callable[[Any], Any]

VALUES: dict[str, Gate] = {
    "AND": lambda X: X.min(axis=0),
    "OR": lambda X: X.max(axis=0),
    "NAND": lambda X: 1 - X.min(axis=0),
    "NOR": lambda X: 1 - X.max(axis=0),
    "XOR": lambda X: X.sum(axis=0) % 2,
    "XNOR": lambda X: 1 - X.sum(axis=0) % 2,
}
"""The output of each gate."""
_IS_OTHER = {
    "gate.is-AND": "AND",
    "gate.is-OR": "OR",
    "gate.is-NAND": "NAND",
    "gate.is-NOR": "NOR",
    "gate.is-XOR": "XOR",
    "gate.is-XNOR": "XNOR",
}
_WRONG: dict[str, Callable[[Gate, Any], Any]] = {
    "gate.inverted": lambda right, X: 1 - right(X),
    "gate.always-0": lambda right, X: X[0] * 0,
    "gate.always-1": lambda right, X: X[0] * 0 + 1,
    "gate.only-x1": lambda right, X: X[0],
    "gate.only-x2": lambda right, X: X[1],
    "gate.minus-for-0": lambda right, X: 2 * right(X) - 1,
}


def equation(name: str) -> Equation:
    """Return a gate as an equation."""
    return partial(_output, VALUES[name])


def _output(gate: Gate, v: Values) -> Values:
    return {"y": gate(v["X"]) * 1.0}


def mistakes(name: str) -> list[Mistake]:
    """Return wrong versions of a gate."""
    inverted = [Mistake(key, partial(_output, partial(wrong, VALUES[name]))) for key, wrong in _WRONG.items()]
    others = [Mistake(key, equation(other)) for key, other in _IS_OTHER.items() if other != name]
    return [inverted[0], *others, *inverted[1:]]
