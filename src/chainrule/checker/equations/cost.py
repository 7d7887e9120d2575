"""Cross-entropy of probabilities, as the cost of a batch, and how it usually goes wrong. Examples are columns."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.equations.mistakes import Mistake, Values

TOLERANCE = 1e-5  # a small number inside of the logarithm is a choice


def binary_cases() -> list[Values]:
    """Return probabilities AL and labels Y, both (1, m)."""
    rng = np.random.default_rng(5)
    return [{"AL": rng.uniform(0.1, 0.9, (1, m)), "Y": rng.integers(0, 2, (1, m)) * 1.0} for m in (6, 5)]


def categorical_cases() -> list[Values]:
    """Return probabilities AL and one-hot targets Y, both (classes, m)."""
    rng = np.random.default_rng(6)
    examples = []
    for classes, m in ((3, 5), (4, 4)):
        E = rng.uniform(0.2, 1.0, (classes, m))
        examples.append({"AL": E / E.sum(axis=0), "Y": np.eye(classes)[:, rng.integers(0, classes, m)]})
    return examples


def binary(v: Values) -> Values:
    """Return the mean over the examples of -y log a - (1 - y) log(1 - a)."""
    return {"cost": -_both(v["AL"], v["Y"]).sum() / v["Y"].shape[1]}


def categorical(v: Values) -> Values:
    """Return the mean over the examples of -log of the right class's probability."""
    return {"cost": -(v["Y"] * np.log(v["AL"])).sum() / v["Y"].shape[1]}


def _both(A: Any, Y: Any) -> Any:
    return Y * np.log(A) + (1 - Y) * np.log(1 - A)


def _cost(equation: Callable[[Any, Any, int], Any], v: Values) -> Values:
    return {"cost": equation(v["AL"], v["Y"], v["Y"].shape[1])}


_BINARY: dict[str, Callable[[Any, Any, int], Any]] = {
    "cost.no-minus": lambda A, Y, m: _both(A, Y).sum() / m,
    "cost.no-mean": lambda A, Y, m: -_both(A, Y).sum(),
    "cost.no-minus-no-mean": lambda A, Y, m: _both(A, Y).sum(),
    "cost.half": lambda A, Y, m: -_both(A, Y).sum() / (2 * m),
    "cost.mean-twice": lambda A, Y, m: -_both(A, Y).mean() / m,
    "cost.one-term": lambda A, Y, m: -(Y * np.log(A)).sum() / m,
    "cost.other-term": lambda A, Y, m: -((1 - Y) * np.log(1 - A)).sum() / m,
    "cost.terms-subtracted": lambda A, Y, m: -(Y * np.log(A) - (1 - Y) * np.log(1 - A)).sum() / m,
    "cost.labels-swapped": lambda A, Y, m: -((1 - Y) * np.log(A) + Y * np.log(1 - A)).sum() / m,
    "cost.arguments-swapped": lambda A, Y, m: -(A * np.log(Y) + (1 - A) * np.log(1 - Y)).sum() / m,
    "cost.same-log": lambda A, Y, m: -(Y * np.log(A) + (1 - Y) * np.log(A)).sum() / m,
    "cost.plus": lambda A, Y, m: -(Y * np.log(A) + (1 + Y) * np.log(1 - A)).sum() / m,
    "cost.plus-in-logarithm": lambda A, Y, m: -(Y * np.log(A) + (1 - Y) * np.log(1 + A)).sum() / m,
    "cost.one-logarithm": lambda A, Y, m: -(Y * A + (1 - Y) * np.log(1 - A)).sum() / m,
    "cost.other-logarithm": lambda A, Y, m: -(Y * np.log(A) + (1 - Y) * (1 - A)).sum() / m,
    "cost.table": lambda A, Y, m: -(Y.T @ np.log(A) + (1 - Y).T @ np.log(1 - A)).sum() / m,
    "cost.one-term-table": lambda A, Y, m: -(Y.T @ np.log(A)).sum() / m,
    "cost.per-example": lambda A, Y, m: -_both(A, Y),
    "cost.per-example-flat": lambda A, Y, m: -_both(A, Y)[0],
    "cost.per-example-mean": lambda A, Y, m: -_both(A, Y) / m,
    "cost.matrix": lambda A, Y, m: -_both(A, Y).sum(axis=1, keepdims=True) / m,
    "cost.list": lambda A, Y, m: -_both(A, Y).sum(axis=1) / m,
    "cost.no-logarithm": lambda A, Y, m: -(Y * A + (1 - Y) * (1 - A)).sum() / m,
    "cost.log-of-base-2": lambda A, Y, m: -_both(A, Y).sum() / m / np.log(2),
    "cost.log-of-base-10": lambda A, Y, m: -_both(A, Y).sum() / m / np.log(10),
    "cost.squared-error": lambda A, Y, m: ((A - Y) ** 2).sum() / m,
    "cost.half-squared-error": lambda A, Y, m: ((A - Y) ** 2).sum() / (2 * m),
    "cost.absolute-error": lambda A, Y, m: np.abs(A - Y).sum() / m,
}
_CATEGORICAL: dict[str, Callable[[Any, Any, int], Any]] = {
    "cost.no-minus": lambda A, Y, m: (Y * np.log(A)).sum() / m,
    "cost.no-mean": lambda A, Y, m: -(Y * np.log(A)).sum(),
    "cost.no-minus-no-mean": lambda A, Y, m: (Y * np.log(A)).sum(),
    "cost.mean-over-classes": lambda A, Y, m: -(Y * np.log(A)).mean(),
    "cost.wrong-m": lambda A, Y, m: -(Y * np.log(A)).sum() / len(Y),
    "cost.mean-twice": lambda A, Y, m: -(Y * np.log(A)).sum() / m**2,
    "cost.half": lambda A, Y, m: -(Y * np.log(A)).sum() / (2 * m),
    "cost.table": lambda A, Y, m: -(Y.T @ np.log(A)).sum() / m,
    "cost.per-example": lambda A, Y, m: -(Y * np.log(A)).sum(axis=0),
    "cost.arguments-swapped": lambda A, Y, m: -(A * np.log(Y)).sum() / m,
    "cost.no-logarithm": lambda A, Y, m: -(Y * A).sum() / m,
    "cost.all-classes": lambda A, Y, m: -np.log(A).sum() / m,
    "cost.log-of-base-2": lambda A, Y, m: -(Y * np.log2(A)).sum() / m,
    "cost.log-of-base-10": lambda A, Y, m: -(Y * np.log10(A)).sum() / m,
    "cost.squared-error": lambda A, Y, m: ((A - Y) ** 2).sum() / m,
}


def binary_mistakes() -> list[Mistake]:
    """Return usual wrong versions of `binary`."""
    return [Mistake(key, partial(_cost, equation)) for key, equation in _BINARY.items()]


def categorical_mistakes() -> list[Mistake]:
    """Return usual wrong versions of `categorical`."""
    return [Mistake(key, partial(_cost, equation)) for key, equation in _CATEGORICAL.items()]
