"""Softmax of scores, and how it usually goes wrong. Examples are columns; a vector is one example."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.equations.mistakes import Equation, Values

Function = Callable[[Any], Any]


def softmax(Z: Any) -> Any:
    """Return the probabilities of the classes."""
    E = np.exp(Z - Z.max(axis=0))
    return E / E.sum(axis=0)


def equation(value: Function) -> Equation:
    """Return the equation of a function of the scores: A from Z."""
    return partial(_value, value)


def _value(value: Function, v: Values) -> Values:
    return {"A": value(v["Z"])}


def over_examples(Z: Any) -> Any:
    """Return what comes of a sum over the examples."""
    return softmax(Z.T).T


def _by_parts(shift: Function, total: Function, Z: Any) -> Any:
    E = np.exp(Z - shift(Z))
    return E / total(E)


def _of_scores(shift: Function, total: Function, Z: Any) -> Any:
    """Divide the scores by the sum of their exponentials."""
    scores = Z - shift(Z)
    return scores / total(np.exp(scores))


def _by_scores(numerator: Function, shift: Function, total: Function, Z: Any) -> Any:
    """Divide by the sum of the scores, where that of their exponentials belongs."""
    scores = Z - shift(Z)
    return numerator(scores) / total(scores)


_SHIFTS: tuple[Function, ...] = (
    lambda Z: Z.max(axis=0),
    np.max,
    lambda Z: Z.max(axis=-1, keepdims=True),
    lambda Z: 0.0,
)
_TOTALS: dict[str, Function] = {
    "softmax.over-all": np.sum,
    "softmax.wrong-axis": lambda E: E.sum(axis=-1, keepdims=True),
}


def log_softmax(Z: Any) -> Any:
    """Return the logarithms of the probabilities of the classes."""
    shifted = Z - Z.max(axis=0)
    return shifted - np.log(np.exp(shifted).sum(axis=0))


def _shifted(shift: Function, Z: Any) -> Any:
    return Z - shift(Z)


def _without_exponential(shift: Function, total: Function, Z: Any) -> Any:
    shifted = Z - shift(Z)
    return shifted - np.log(total(shifted))


def _without_logarithm(shift: Function, Z: Any) -> Any:
    shifted = Z - shift(Z)
    return shifted - np.exp(shifted).sum(axis=0)


def _logarithm(shift: Function, total: Function, Z: Any) -> Any:
    return np.log(_by_parts(shift, total, Z))


_SUMS: tuple[Function, ...] = (lambda S: S.sum(axis=0), np.sum)


WRONG: list[tuple[str, Function]] = [
    *((key, partial(_by_parts, shift, total)) for key, total in _TOTALS.items() for shift in _SHIFTS),
    ("softmax.not-normalized", np.exp),
    ("softmax.not-normalized", lambda Z: np.exp(Z - Z.max(axis=0))),
    *(
        (key, partial(_by_scores, numerator, shift, total))
        for key, numerator in {"softmax.not-normalized": np.exp, "softmax.no-exponential": np.positive}.items()
        for shift in _SHIFTS
        for total in _SUMS
    ),
    *(
        ("softmax.no-exponential", partial(_of_scores, shift, total))
        for shift in _SHIFTS
        for total in (lambda E: E.sum(axis=0), np.sum)
    ),
    ("softmax.mean", lambda Z: np.exp(Z) / np.exp(Z).mean(axis=0)),
    ("softmax.sign", lambda Z: softmax(-Z)),
    ("softmax.different-exponents", lambda Z: np.exp(Z + Z.max(axis=0)) / np.exp(Z).sum(axis=0)),
    ("softmax.different-exponents", lambda Z: np.exp(Z - Z.max(axis=0)) / np.exp(Z).sum(axis=0)),
    (
        "softmax.different-exponents",
        partial(_by_parts, lambda Z: Z.max(axis=-1, keepdims=True), lambda E: E.sum(axis=0)),
    ),
    ("softmax.not-normalized", lambda Z: np.exp(Z) / np.exp(Z).max(axis=0)),
    ("softmax.sigmoid", lambda Z: 1 / (1 + np.exp(-Z))),
    ("softmax.returns-Z", lambda Z: Z),
    ("softmax.logarithm", lambda Z: np.log(softmax(Z))),
]
"""What shows for scores of any size."""
WRONG_LOGARITHMS: list[tuple[str, Function]] = [
    *(
        ("log_softmax.no-exponential", partial(_without_exponential, shift, total))
        for shift in _SHIFTS
        for total in _SUMS
    ),
    ("log_softmax.no-logarithm", softmax),
    *(("log_softmax.no-logarithm", partial(_without_logarithm, shift)) for shift in _SHIFTS),
    ("log_softmax.not-normalized", np.positive),
    *(("log_softmax.not-normalized", partial(_shifted, shift)) for shift in _SHIFTS),
    *((key, partial(_logarithm, shift, total)) for key, total in _TOTALS.items() for shift in _SHIFTS),
]
"""What stands in the place of the logarithm of softmax."""
LARGE: dict[str, Function] = {
    "batch-maximum": partial(_by_parts, np.max, lambda E: E.sum(axis=0)),
    "overflow": partial(_by_parts, lambda Z: 0.0, lambda E: E.sum(axis=0)),
}
"""What shows for large scores only."""


def cases() -> list[Values]:
    """Return scores Z and one-hot targets Y: classes by examples, of different numbers and of the same."""
    rng = np.random.default_rng(13)
    examples = []
    for classes, m in ((3, 5), (4, 4)):
        Y = np.eye(classes)[:, rng.permutation(np.arange(m) % classes)]
        examples.append({"Z": rng.uniform(-1.5, 1.5, (classes, m)), "Y": Y})
    return examples


def large() -> Values:
    """Return scores that differ much from example to example; those of the last are beyond what exp can take."""
    v = cases()[0]
    return v | {"Z": v["Z"] + np.array([0.0, -400.0, 400.0, 0.0, 1000.0])}


def far_apart() -> Values:
    """Return scores that differ much from example to example, none of them beyond what exp can take."""
    v = cases()[0]
    return v | {"Z": v["Z"] + np.array([0.0, -400.0, 400.0, 0.0, 0.0])}
