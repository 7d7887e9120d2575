"""What a program may be minimizing: a cost that it computes itself, or a usual one of its outputs and labels."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.watching.paths import Path, text

Numbers = Mapping[Path, Any]
_OWN = re.compile(r"loss|cost|err|entropy|nll|[ms]se$|^[jel]$", re.IGNORECASE)


@dataclass(frozen=True)
class Cost:
    """A number that follows from what a pass leaves.

    Parameters
    ----------
    name
        What it is called: the learner's variable, or a usual cost and the outputs that it is of.
    of
        Computes it; NaN where it cannot.
    reads
        The paths that it is computed from.
    own
        Whether the program computes it itself.
    """

    name: str
    of: Callable[[Numbers], float]
    reads: tuple[Path, ...]
    own: bool


def squares(A: Any, Y: Any) -> Any:
    """Return the sum of the squared errors."""
    return np.sum((A - Y) ** 2)


def binary(A: Any, Y: Any) -> Any:
    """Return the binary cross-entropy of probabilities, summed."""
    return -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))


def categorical(A: Any, Y: Any) -> Any:
    """Return the cross-entropy of probabilities and one-hot labels, summed."""
    return -np.sum(Y * np.log(A))


_USUAL = {"the squared error": squares, "the cross-entropy": categorical, "the binary cross-entropy": binary}


def own(numbers: Numbers) -> Iterator[Cost]:
    """Yield what the program computes under the name of a cost: one number."""
    for path, value in numbers.items():
        if value.size == 1 and any(_OWN.search(str(step.value)) for step in path):
            yield Cost(text(path), partial(_number, path), (path,), True)


def _number(path: Path, after: Numbers) -> float:
    return float(np.squeeze(after[path]))


def usual(outputs: Numbers, labels: Numbers) -> Iterator[Cost]:
    """Yield the usual costs of each output that has the shape of labels."""
    for path, A in outputs.items():
        for Y in labels.values():
            Y = _like(A, Y)
            if Y is None:
                continue
            for name, cost in _USUAL.items():
                if cost is squares or np.all((A > 0) & (A < 1)):
                    yield Cost(f"{name} of {text(path)}", partial(_compared, cost, path, Y), (path,), False)


def _compared(cost: Callable[[Any, Any], Any], path: Path, Y: Any, after: Numbers) -> float:
    return float(cost(after[path], Y))


def _like(A: Any, Y: Any) -> Any:
    """Return labels in the shape of outputs: as they are, or class numbers as one-hot rows or columns."""
    if A.size < 2:
        return None
    if Y.shape == A.shape:
        return Y.astype(float)
    numbers = Y.ravel()
    if A.ndim != 2 or Y.dtype.kind not in "iu" or numbers.min(initial=0) < 0:
        return None
    for axis in (1, 0):
        if A.shape[1 - axis] == len(numbers) and numbers.max(initial=0) < A.shape[axis] > 1:
            one_hot = np.eye(A.shape[axis])[numbers]
            return one_hot if axis == 1 else one_hot.T
    return None
