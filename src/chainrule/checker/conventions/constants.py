"""Numbers that stand in a learner's code where others have a setting."""

from __future__ import annotations

import ast
from collections.abc import Iterable

_RANGES = {"rate": (1e-5, 0.5), "beta": (0.5, 1.0), "eps": (1e-12, 1e-3)}
"""What a setting lies between; whatever is none of these is a share that is kept, as beta is."""


def constants(setting: str, code: Iterable[ast.AST], usual: tuple[float, ...]) -> tuple[float, ...]:
    """Return the numbers in some code that may be a setting, or the usual ones if there are none.

    >>> constants("decay", [ast.parse("h = 0.95 * h + 0.05 * g**2")], (0.9,))
    (0.95,)
    """
    low, high = _RANGES.get(setting, _RANGES["beta"])
    nodes = (node for tree in code for node in ast.walk(tree))
    numbers = {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, float)}
    return tuple(sorted(number for number in numbers if low <= number < high)) or usual
