"""Labels as numbers of classes and as one-hot vectors, and what is counted with them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.equations import accuracy
from chainrule.checker.equations.mistakes import Equation, Mistake, Values

Formula = Callable[[Values], Any]


def cases() -> list[Values]:
    """Return labels of some examples, predictions with some errors in them, and probabilities A (classes, examples)."""
    rng = np.random.default_rng(51)
    drawn: list[Values] = []
    for classes, m in ((4, 7), (3, 9)):
        labels = np.concatenate([rng.permutation(classes), rng.integers(0, classes, m - classes)])
        predictions = np.where(np.arange(m) % 3 == 1, (labels + 1) % classes, labels)
        scores = rng.uniform(0.1, 1.0, (classes, m))
        drawn.append({"Y": labels, "K": classes, "predictions": predictions, "A": scores / scores.sum(axis=0)})
    return drawn


def _one_hot(v: Values, width: int = 0, shift: int = 0) -> Any:
    return np.eye(max(width, v["K"]))[v["Y"] + shift]


def one_hot_rights(width: int) -> list[Equation]:
    """Return both layouts of one-hot vectors, as wide as there are classes in Y, or as a width that is fixed."""
    return [partial(_result, partial(_one_hot, width=width)), partial(_result, lambda v: _one_hot(v, width).T)]


def one_hot_mistakes(width: int) -> list[Mistake]:
    """Return the usual wrong one-hot vectors."""
    wrong: list[tuple[str, Formula]] = [
        ("one_hot.shifted", lambda v: _one_hot(v, width, -1)),
        ("one_hot.shifted", lambda v: _one_hot(v, width, -1).T),
        ("one_hot.reshaped", lambda v: _one_hot(v, width).reshape(-1, len(v["Y"]))),
        ("one_hot.labels-themselves", lambda v: v["Y"]),
    ]
    return _mistakes(wrong)


def decided_rights(columns: bool, rows: bool) -> list[Equation]:
    """Return the numbers of the likeliest classes; A may be laid out in one way or in both."""
    return [partial(_result, partial(_decided, axis=axis)) for axis, known in ((0, columns), (1, rows)) if known]


def _decided(v: Values, axis: int) -> Any:
    return v["A"].argmax(axis=axis)


def decided_mistakes() -> list[Mistake]:
    """Return the usual wrong decisions."""
    wrong: list[tuple[str, Formula]] = [
        ("predict.argmax-axis", partial(_decided, axis=0)),
        ("predict.argmax-axis", partial(_decided, axis=1)),
        ("predict.argmax-of-all", lambda v: v["A"].argmax()),
        ("predict.argmin", lambda v: v["A"].argmin(axis=0)),
        ("predict.argmin", lambda v: v["A"].argmin(axis=1)),
        ("predict.largest-value", lambda v: v["A"].max(axis=0)),
        ("predict.largest-value", lambda v: v["A"].max(axis=1)),
        ("predict.threshold-of-classes", lambda v: v["A"] > 0.5),
    ]
    return _mistakes(wrong)


def accuracy_rights() -> list[Equation]:
    """Return the share of right predictions, also in percent."""
    return [partial(_result, partial(_of_hits, equation)) for equation in (accuracy.mean, accuracy.percent)]


def _of_hits(equation: accuracy.Share, v: Values) -> Any:
    return equation(v["predictions"] == v["Y"], v["K"])


def accuracy_mistakes() -> list[Mistake]:
    """Return the usual wrong shares."""
    wrong: list[tuple[str, Formula]] = [
        (key, partial(_of_hits, equation)) for key, equation in accuracy.WRONG_SHARES.items()
    ]
    return _mistakes(wrong)


def _result(formula: Formula, v: Values) -> Values:
    return {"result": formula(v)}


def _mistakes(wrong: list[tuple[str, Formula]]) -> list[Mistake]:
    return [Mistake(key, partial(_result, formula)) for key, formula in wrong]
