"""A cost that comes out as a table of all examples against all, because a row was multiplied by a column."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from chainrule.checker.findings import Checked, Finding
from chainrule.checker.learner import Learner, Raised

_COST = re.compile(r"cost|loss|entropy", re.IGNORECASE)
_NO_COST = re.compile(r"back|grad|deriv|prime|delta|^d_", re.IGNORECASE)


def judged(
    learner: Learner, calls: Mapping[str, Mapping[str, Any]], settled: set[str]
) -> Iterator[tuple[Checked, Finding | None]]:
    """Yield the costs of one output that, called as the program was seen to call them, return such a table."""
    for function, passed in calls.items():
        if function in settled or not _COST.search(method := function.rpartition(".")[2]) or _NO_COST.search(method):
            continue
        try:
            result = learner.again(function, passed)
        except Raised:
            continue
        examples = _examples(passed.values())
        if examples > 1 and np.shape(result) == (examples, examples):
            line = learner.line(function)
            yield (
                Checked(function, function, line, "wrong"),
                Finding("cost.returns-table", function, line),
            )


def _examples(arguments: Any) -> int:
    """Return how many examples two or more vectors are of, all with one number for each; else 0."""
    shapes = [np.shape(argument) for argument in arguments if isinstance(argument, np.ndarray)]
    sizes = {max(shape) for shape in shapes if shape and max(shape) == np.prod(shape)}
    return sizes.pop() if len(shapes) > 1 and len(sizes) == 1 and all(max(s) == np.prod(s) for s in shapes if s) else 0
