"""The first functions of the course's second week: pictures as vectors, rows of length 1, and two distances."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.equations.mistakes import Equation, Mistake, Values

Formula = Callable[..., Any]


def picture_cases() -> list[Values]:
    """Return pictures, one of them square, as no function should depend on that."""
    rng = np.random.default_rng(41)
    return [{"image": rng.uniform(0.1, 0.9, shape)} for shape in ((3, 4, 2), (2, 2, 2))]


def row_cases() -> list[Values]:
    """Return matrices with rows of different lengths."""
    rng = np.random.default_rng(42)
    return [{"x": rng.standard_normal(shape) + 2.0} for shape in ((3, 4), (3, 3))]


def distance_cases() -> list[Values]:
    """Return predictions and labels of some examples, the predictions on both sides of the labels."""
    rng = np.random.default_rng(43)
    return [{"yhat": rng.uniform(0.1, 1.9, m), "y": rng.integers(0, 2, m) * 1.0 + 0.5} for m in (5, 8)]


def equation(formula: Formula, v: Values) -> Values:
    """Return what a formula makes of all the values of a case."""
    return {"result": formula(*v.values())}


FORMULAS: dict[str, Formula] = {
    "image2vector": lambda image: image.reshape(-1, 1),
    "normalizeRows": lambda x: x / np.linalg.norm(x, axis=1, keepdims=True),
    "L1": lambda yhat, y: np.abs(y - yhat).sum(),
    "L2": lambda yhat, y: ((y - yhat) ** 2).sum(),
}
_WRONG: list[tuple[str, Formula]] = [
    ("image2vector.row", lambda image: image.reshape(1, -1)),
    ("image2vector.flat", lambda image: image.ravel()),
    ("image2vector.one-axis-kept", lambda image: image.reshape(-1, image.shape[2])),
    ("image2vector.one-axis-kept", lambda image: image.reshape(image.shape[0], -1)),
    ("image2vector.order", lambda image: image.T.reshape(-1, 1)),
    ("normalizeRows.columns", lambda x: x / np.linalg.norm(x, axis=0, keepdims=True)),
    ("normalizeRows.whole", lambda x: x / np.linalg.norm(x)),
    ("normalizeRows.keepdims", lambda x: x / np.linalg.norm(x, axis=1)),
    ("normalizeRows.no-root", lambda x: x / (x**2).sum(axis=1, keepdims=True)),
    ("normalizeRows.sum", lambda x: x / x.sum(axis=1, keepdims=True)),
    ("normalizeRows.sum", lambda x: x / np.abs(x).sum(axis=1, keepdims=True)),
    ("normalizeRows.length-itself", lambda x: np.linalg.norm(x, axis=1, keepdims=True)),
    ("L1.not-absolute", lambda yhat, y: (y - yhat).sum()),
    ("L1.not-absolute", lambda yhat, y: (yhat - y).sum()),
    ("L1.not-absolute", lambda yhat, y: abs((yhat - y).sum())),
    ("L1.squared", lambda yhat, y: ((y - yhat) ** 2).sum()),
    ("L1.mean", lambda yhat, y: np.abs(y - yhat).mean()),
    ("L1.not-summed", lambda yhat, y: np.abs(y - yhat)),
    ("L2.not-squared", lambda yhat, y: (y - yhat).sum()),
    ("L2.not-squared", lambda yhat, y: np.abs(y - yhat).sum()),
    ("L2.squared-later", lambda yhat, y: (y - yhat).sum() ** 2),
    ("L2.root", lambda yhat, y: np.sqrt(((y - yhat) ** 2).sum())),
    ("L2.mean", lambda yhat, y: ((y - yhat) ** 2).mean()),
    ("L2.not-summed", lambda yhat, y: (y - yhat) ** 2),
]


def mistakes(name: str) -> list[Mistake]:
    """Return the usual wrong versions of one of the functions."""
    return [Mistake(key, partial(equation, wrong)) for key, wrong in _WRONG if key.startswith(f"{name}.")]


def right(name: str) -> Equation:
    """Return the equation of one of the functions."""
    return partial(equation, FORMULAS[name])
