"""One step of gradient descent, and how it usually goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.equations.mistakes import Mistake, Values


def update_cases(*, two: bool = False) -> list[Values]:
    """Return parameters, gradients and learning rates; `two` for functions that know two layers only."""
    rng = np.random.default_rng(3)
    examples: list[Values] = []
    for sizes, rate in (((3, 4, 2), 0.3), ((4, 4, 4) if two else (4, 4, 4, 4), 0.07)):
        v: Values = {"learning_rate": rate}
        for l in range(1, len(sizes)):  # noqa: E741
            for name, shape in ((f"W{l}", (sizes[l], sizes[l - 1])), (f"b{l}", (sizes[l], 1))):
                v |= {name: rng.standard_normal(shape), f"d{name}": rng.standard_normal(shape)}
        examples.append(v)
    return examples


def names(v: Values) -> list[str]:
    """Return the parameters among values: W1, b1, W2, ..."""
    return [name for name in v if name[0] in "Wb"]


def update(v: Values) -> Values:
    """Return every parameter minus the learning rate times its gradient."""
    return {name: v[name] - v["learning_rate"] * v[f"d{name}"] for name in names(v)}


def _each(equation: Callable[[Any, Any, float], Any], v: Values) -> Values:
    return {name: equation(v[name], v[f"d{name}"], v["learning_rate"]) for name in names(v)}


def _some(equation: Callable[[Any, Any, float], Any], kind: str, v: Values) -> Values:
    """Update the weights or the biases in another way."""
    return update(v) | {name: value for name, value in _each(equation, v).items() if name[0] == kind}


def _only(keep: Callable[[str, int], bool], v: Values) -> Values:
    """Update only some parameters."""
    last = max(int(name[1:]) for name in names(v))
    return update(v) | {name: v[name] for name in names(v) if not keep(name, last)}


def _ascent(kind: str, v: Values) -> Values:
    return update(v) | {name: v[name] + v["learning_rate"] * v[f"d{name}"] for name in names(v) if name[0] == kind}


def _without(name: str, v: Values) -> Values:
    return update(v) | ({name: v[name]} if name in v else {})


def _first_gradient(v: Values) -> Values:
    return {name: v[name] - v["learning_rate"] * v[f"d{name[0]}1"] for name in names(v)}


def _other_gradient(name: str, other: str, v: Values) -> Values:
    """Update one parameter with the gradient of another of its kind."""
    return update(v) | {name: v[name] - v["learning_rate"] * v[f"d{other}"]}


def _bias_by_itself(v: Values) -> Values:
    return update(v) | {name: v[name] * (1 - v["learning_rate"]) for name in names(v) if name[0] == "b"}


_EACH: dict[str, Callable[[Any, Any, float], Any]] = {
    "update.ascent": lambda p, g, rate: p + rate * g,
    "update.thrown-away": lambda p, g, rate: p,
    "update.no-rate": lambda p, g, rate: p - g,
    "update.rate-divides": lambda p, g, rate: p - g / rate,
    "update.parameter-lost": lambda p, g, rate: -rate * g,
    "update.gradient-itself": lambda p, g, rate: rate * g,
    "update.gradient-lost": lambda p, g, rate: p - rate,
    "update.by-itself": lambda p, g, rate: p - rate * p,
    "update.swapped": lambda p, g, rate: g - rate * p,
    "update.brackets": lambda p, g, rate: (p - rate) * g,
    "update.rate-outside": lambda p, g, rate: (p - g) * rate,
    "update.twice": lambda p, g, rate: p - 2 * rate * g,
}
_SOME: dict[str, Callable[[Any, Any, float], Any]] = {
    "update.no-rate-for-some": _EACH["update.no-rate"],
    "update.twice-for-some": _EACH["update.twice"],
}
_ONLY: dict[str, Callable[[str, int], bool]] = {
    "update.last-layer-skipped": lambda name, last: int(name[1:]) < last,
    "update.first-layer-skipped": lambda name, last: int(name[1:]) > 1,
    "update.biases-skipped": lambda name, last: name[0] == "W",
    "update.weights-skipped": lambda name, last: name[0] == "b",
    "update.only-last-layer": lambda name, last: int(name[1:]) == last,
}
_FIXED = (0.0001, 0.001, 0.003, 0.005, 0.0075, 0.01, 0.03, 0.05, 0.1, 0.2, 0.5, 1.2)


def _fixed(rate: float, v: Values) -> Values:
    return update(v | {"learning_rate": rate})


UPDATE_MISTAKES = [
    *(Mistake(key, partial(_each, equation)) for key, equation in _EACH.items()),
    *(Mistake(key, partial(_only, keep)) for key, keep in _ONLY.items()),
    *(Mistake(key, partial(_some, equation, kind)) for key, equation in _SOME.items() for kind in "Wb"),
    *(Mistake("update.ascent", partial(_ascent, kind)) for kind in "Wb"),
    *(Mistake("update.one-skipped", partial(_without, name)) for name in ("W1", "b1", "W2", "b2", "W3", "b3")),
    Mistake("update.bias-by-itself", _bias_by_itself),
    Mistake("update.first-gradient", _first_gradient),
    *(
        Mistake("update.other-gradient", partial(_other_gradient, f"{kind}{l}", f"{kind}{other}"))
        for kind in "bW"
        for l, other in ((2, 1), (1, 2), (3, 2), (2, 3), (3, 1), (1, 3))  # noqa: E741
    ),
    *(Mistake("update.rate-fixed", partial(_fixed, rate)) for rate in _FIXED),
]
"""Usual wrong versions of `update`."""
