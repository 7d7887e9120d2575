"""Batch normalization, and how it usually goes wrong: x (n, m), gamma and beta (n, 1); examples are columns."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.equations.mistakes import Mistake, Values


def cases() -> list[Values]:
    """Return x far from its standardized form, gamma and beta, and an upstream gradient."""
    rng = np.random.default_rng(19)
    drawn: list[Values] = []
    for n, m in ((3, 6), (5, 5)):
        shapes = {"x": (n, m), "dy": (n, m), "beta": (n, 1)}
        v: Values = {key: rng.standard_normal(shape) for key, shape in shapes.items()}
        drawn.append(v | {"x": 3 * v["x"] + 1, "gamma": rng.uniform(0.5, 2.0, (n, 1))})
    return drawn


def _statistics(v: Values) -> tuple[Any, Any]:
    x = v["x"]
    return x - x.mean(axis=1, keepdims=True), np.sqrt(x.var(axis=1, keepdims=True))


def normalize(v: Values) -> Values:
    """Return gamma times the standardized x plus beta."""
    centered, deviation = _statistics(v)
    return {"y": v["gamma"] * centered / deviation + v["beta"]}


def _normalized(equation: Callable[[Any, Any, Any, Any], Any], v: Values) -> Values:
    centered, deviation = _statistics(v)
    return {"y": equation(centered, deviation, v["gamma"], v["beta"])}


def _over_features(v: Values) -> Values:
    x = v["x"]
    y = v["gamma"] * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0)) + v["beta"]
    return {"y": y}


def _slope_of(equation: Callable[[Any, Any, Any], Any], v: Values) -> Values:
    centered, deviation = _statistics(v)
    return normalize_backward(v) | {"dx": equation(v["dy"] * v["gamma"], centered, deviation)}


def normalize_backward(v: Values) -> Values:
    """Return dx, dgamma and dbeta."""
    centered, deviation = _statistics(v)
    normalized, d = centered / deviation, v["dy"] * v["gamma"]
    along = (d * normalized).mean(axis=1, keepdims=True)
    return {
        "dx": (d - d.mean(axis=1, keepdims=True) - normalized * along) / deviation,
        "dgamma": (v["dy"] * normalized).sum(axis=1),
        "dbeta": v["dy"].sum(axis=1),
    }


def _changed(name: str, equation: Callable[[Any, Any], Any], v: Values) -> Values:
    centered, deviation = _statistics(v)
    return normalize_backward(v) | {name: equation(v["dy"], centered / deviation)}


_FORWARD: dict[str, Callable[[Any, Any, Any, Any], Any]] = {
    "batchnorm.no-gamma": lambda c, s, g, b: c / s + b,
    "batchnorm.no-beta": lambda c, s, g, b: g * c / s,
    "batchnorm.no-gamma-beta": lambda c, s, g, b: c / s,
    "batchnorm.variance": lambda c, s, g, b: g * c / s**2 + b,
    "batchnorm.not-centered": lambda c, s, g, b: g * c + b,
    "batchnorm.swapped": lambda c, s, g, b: b * c / s + g,
    "batchnorm.unbiased": lambda c, s, g, b: g * c / (s * np.sqrt(c.shape[1] / (c.shape[1] - 1))) + b,
}
_SLOPES: dict[str, Callable[[Any, Any, Any], Any]] = {
    "batchnorm_backward.constants": lambda d, c, s: d / s,
    "batchnorm_backward.variance-constant": lambda d, c, s: (d - d.mean(axis=1, keepdims=True)) / s,
    "batchnorm_backward.mean-constant": lambda d, c, s: (d - c / s * (d * c / s).mean(axis=1, keepdims=True)) / s,
    "batchnorm_backward.sign": lambda d, c, s: (
        -(d - d.mean(axis=1, keepdims=True) - c / s * (d * c / s).mean(axis=1, keepdims=True)) / s
    ),
}


def _variance_factor(factor: float, power: int, d: Any, c: Any, s: Any) -> Any:
    """Return dx with another factor, and another power of the deviation, on the way through the variance."""
    through = c / s * (d * c / s).mean(axis=1, keepdims=True)
    return (d - d.mean(axis=1, keepdims=True) - factor * through * s**power) / s


_VARIANCE = ((2.0, 0), (0.5, 0), (-1.0, 0), (-2.0, 0), (4.0, 0), (1.0, 1), (1.0, 2), (1.0, -1), (1.0, -2))
_PARAMETERS: list[tuple[str, str, Callable[[Any, Any], Any]]] = [
    ("batchnorm_backward.parameters-formula", "dgamma", lambda dy, n: dy.sum(axis=1)),
    ("batchnorm_backward.parameters-mean", "dgamma", lambda dy, n: (dy * n).mean(axis=1)),
    ("batchnorm_backward.parameters-mean", "dbeta", lambda dy, n: dy.mean(axis=1)),
    ("batchnorm_backward.parameters-formula", "dbeta", lambda dy, n: (dy * n).sum(axis=1)),
    ("batchnorm_backward.parameters-wrong-axis", "dgamma", lambda dy, n: (dy * n).sum(axis=0)),
    ("batchnorm_backward.parameters-wrong-axis", "dbeta", lambda dy, n: dy.sum(axis=0)),
]


def mistake_after_training(v: Values, y: Any) -> str:
    """Return the known mistake in y, which comes of the `running_mean` and `running_var` of a case, or ""."""
    centered, deviation = v["x"] - v["running_mean"], np.sqrt(v["running_var"])
    right = v["gamma"] * centered / deviation + v["beta"]
    if _is_near(right, y):
        return ""
    wrong = ((key, equation(centered, deviation, v["gamma"], v["beta"])) for key, equation in _FORWARD.items())
    return next((key for key, instead in wrong if _is_near(instead, y)), "")


def _is_near(expected: Any, y: Any) -> bool:
    """Return whether two arrays are the same but for the small number under the root."""
    return expected.shape == np.shape(y) and bool(np.allclose(expected, y, atol=1e-3 * np.max(np.abs(expected))))


def forward_mistakes() -> list[Mistake]:
    """Return the usual wrong versions of y."""
    wrong = [Mistake(key, partial(_normalized, each)) for key, each in _FORWARD.items()]
    return [*wrong, Mistake("batchnorm.over-features", _over_features)]


def backward_mistakes() -> list[Mistake]:
    """Return the usual wrong gradients."""
    wrong = [Mistake(key, partial(_slope_of, each)) for key, each in _SLOPES.items()]
    wrong += [
        Mistake("batchnorm_backward.variance-factor", partial(_slope_of, partial(_variance_factor, factor, power)))
        for factor, power in _VARIANCE
    ]
    return wrong + [Mistake(key, partial(_changed, gradient, each)) for key, gradient, each in _PARAMETERS]
