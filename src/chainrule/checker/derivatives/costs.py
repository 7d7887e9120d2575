"""What a program may be minimizing: a cost that it computes itself, or a usual one of its outputs and labels."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np

from chainrule.checker.derivatives.differences import Numbers
from chainrule.checker.watching.paths import Path, text

_OWN = re.compile(
    r"loss|cost|err|entropy|nll|objective|total|value_and_grad|손실|오차|비용|엔트로피|[ms]se$|^[jel]$", re.IGNORECASE
)
_OF_A_GRADIENT = re.compile(r"^d[A-Z_]|^d[a-z]?\d*$|[gG]rad|[dD]elta|^d(out|h)")
_SIGNED = re.compile(r"err(or)?s?(\(\))?|e", re.IGNORECASE)


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
    kind
        Whether the program computes it under the name of a cost, whether it is a usual one of outputs and labels, or
        any number that the program computes.
    """

    name: str
    of: Callable[[Numbers], float]
    reads: tuple[Path, ...]
    kind: Literal["own", "usual", "number"]

    @property
    def may_be_signed(self) -> bool:
        """Whether it may be a difference and no cost: to make an "error" smaller may be wrong."""
        return self.kind == "number" or bool(_SIGNED.fullmatch(str(self.reads[0][-1].value).rpartition(".")[2]))


def squares(A: Any, Y: Any) -> Any:
    """Return the sum of the squared errors."""
    return np.sum((A - Y) ** 2)


def binary(A: Any, Y: Any) -> Any:
    """Return the binary cross-entropy of probabilities, summed."""
    return -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))


def categorical(A: Any, Y: Any) -> Any:
    """Return the cross-entropy of probabilities and one-hot labels, summed."""
    return -np.sum(Y * np.log(A))


def softmax(Z: Any, Y: Any) -> Any:
    """Return the cross-entropy of the softmax of scores and one-hot labels, summed."""
    axis = 0 if np.all(np.sum(Y, axis=0) == 1) else -1
    Z = Z - np.max(Z, axis=axis, keepdims=True)
    return np.sum(np.log(np.sum(np.exp(Z), axis=axis))) - np.sum(Y * Z)


def logistic(Z: Any, Y: Any) -> Any:
    """Return the cross-entropy of the sigmoid of scores, summed; labels are 0 and 1, or -1 and 1."""
    return np.sum(np.logaddexp(0, Z) - (Y > 0) * Z)


def hinge(Z: Any, Y: Any) -> Any:
    """Return the hinge loss of scores, summed: of classes if the labels are one-hot, else of labels of -1 and 1."""
    if np.min(Y) < 0:
        return np.sum(np.maximum(0, 1 - Y * Z))
    axis = 0 if np.all(np.sum(Y, axis=0) == 1) else -1
    return np.sum(np.maximum(0, Z - np.sum(Y * Z, axis=axis, keepdims=True) + 1 - Y))


def absolute(A: Any, Y: Any) -> Any:
    """Return the sum of the absolute errors."""
    return np.sum(np.abs(A - Y))


_OF_PROBABILITIES = {"the cross-entropy of {}": categorical, "the binary cross-entropy of {}": binary}
_OF_SCORES = {
    "the softmax cross-entropy of {}": softmax,
    "the logistic loss of {}": logistic,
    "the hinge loss of {}": hinge,
}
_OF_OUTPUTS = {"the squared error of {}": squares, "the absolute error of {}": absolute}


def own(numbers: Numbers) -> Iterator[Cost]:
    """Yield each single number that the program computes, as a cost; those called like one are its own."""
    for path, value in numbers.items():
        if value.size == 1:
            is_named = any(_OWN.search(str(step.value)) for step in path)
            yield Cost(text(path), partial(_number, path), (path,), "own" if is_named else "number")


def _number(path: Path, after: Numbers) -> float:
    return float(np.squeeze(after[path]))


def usual(outputs: Numbers, labels: Numbers) -> Iterator[Cost]:
    """Yield the usual costs of each output that has the shape of labels; what is called a gradient is no output."""
    for path, A in outputs.items():
        if _OF_A_GRADIENT.search(str(path[-1].value).rpartition("()")[2].removeprefix(".")):
            continue
        for Y in labels.values():
            Y = _like(A, Y)
            if Y is None:
                continue
            of_scores = _OF_SCORES if np.isin(Y, (-1, 0, 1)).all() else {}
            for name, cost in (_OF_OUTPUTS | (_OF_PROBABILITIES if np.all((A > 0) & (A < 1)) else of_scores)).items():
                yield Cost(name.format(text(path)), partial(_compared, cost, path, Y), (path,), "usual")


def _compared(cost: Callable[[Any, Any], Any], path: Path, Y: Any, after: Numbers) -> float:
    return float(cost(after[path], Y))


def _like(A: Any, Y: Any) -> Any:
    """Return labels in the shape of outputs: as they are, or class numbers as one-hot rows or columns."""
    numbers = Y.ravel()
    if A.size == len(numbers):
        return Y.reshape(A.shape).astype(float)
    if not 0 < A.ndim <= 2 or Y.dtype.kind not in "iu" or numbers.min(initial=0) < 0:
        return None
    for axis in (A.ndim - 1, 0):
        if A.size == len(numbers) * A.shape[axis] and numbers.max(initial=0) < A.shape[axis] > 1:
            one_hot = np.eye(A.shape[axis])[numbers]
            return (one_hot.T if axis == 0 and A.ndim == 2 else one_hot).reshape(A.shape)
    return None
