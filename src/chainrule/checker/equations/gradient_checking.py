"""The course's gradient checking: a product, a network of three layers with its cost, and the distance of gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.equations.activations import sigmoid
from chainrule.checker.equations.cost import binary, binary_mistakes
from chainrule.checker.equations.mistakes import Equation, Mistake, Values

LAYERS = (1, 2, 3)
PARAMETERS = tuple(f"{kind}{layer}" for layer in LAYERS for kind in "Wb")
_DIGITS = 5  # below, a difference of differences is noise


def cases() -> list[Values]:
    """Return single numbers x and theta."""
    return [{"x": np.array(x), "theta": np.array(theta)} for x, theta in ((2.0, 4.0), (3.0, -1.5), (-1.5, 0.5))]


def product(v: Values) -> Values:
    """Return J = theta x."""
    return {"J": v["theta"] * v["x"]}


def slope(v: Values) -> Values:
    """Return the derivative of J with respect to theta."""
    return {"dtheta": v["x"]}


PRODUCT_MISTAKES = [
    Mistake("gradient_check.sum", lambda v: {"J": v["theta"] + v["x"]}),
]
SLOPE_MISTAKES = [
    Mistake("gradient_check.other-derivative", lambda v: {"dtheta": v["theta"]}),
    Mistake("gradient_check.cost-itself", lambda v: {"dtheta": v["theta"] * v["x"]}),
    Mistake("gradient_check.sign", lambda v: {"dtheta": -v["x"]}),
]


def distance(gradient: Any, approximated: Any) -> Values:
    """Return how far two gradients are from each other, relative to their lengths."""
    lengths = np.linalg.norm(gradient) + np.linalg.norm(approximated)
    return {"difference": np.round(np.linalg.norm(gradient - approximated) / lengths, _DIGITS)}


def rounded(difference: Any) -> Values:
    """Return a learner's difference without what is only noise."""
    return {"difference": np.round(float(np.squeeze(difference)), _DIGITS)}


def _factor(factor: float, gradient: Any, approximated: Any) -> Values:
    return distance(gradient, factor * approximated)


def _not_relative(gradient: Any, approximated: Any) -> Values:
    return {"difference": np.round(np.linalg.norm(gradient - approximated), _DIGITS)}


def _doubled(gradient: Any, approximated: Any) -> Values:
    return {"difference": 2 * distance(gradient, approximated)["difference"]}


Distance = Callable[[Any, Any], Values]
DISTANCE_MISTAKES: list[tuple[str, Distance]] = [
    ("gradient_check.divided-by-epsilon", partial(_factor, 2.0)),
    ("gradient_check.one-sided-half", partial(_factor, 0.5)),
    ("gradient_check.far-off", partial(_factor, -1.0)),
    ("gradient_check.far-off", partial(_factor, 0.0)),
    ("gradient_check.not-relative", _not_relative),
    ("gradient_check.not-relative", _doubled),
]
"""What goes wrong in a check, from the gradient that is checked and the right one."""


def network_cases() -> list[Values]:
    """Return networks in the course's shapes, which its helpers have by heart, with examples as columns."""
    rng = np.random.default_rng(44)
    drawn: list[Values] = []
    for m in (3, 5):
        v: Values = {"X": rng.standard_normal((4, m)), "Y": (np.arange(m) % 2 * 1.0)[None]}
        for layer, (n, n_prev) in zip(LAYERS, ((5, 4), (3, 5), (1, 3)), strict=True):
            v |= {f"W{layer}": rng.standard_normal((n, n_prev)), f"b{layer}": rng.standard_normal((n, 1))}
        drawn.append(v)
    return drawn


def _relu(Z: Any) -> Any:
    return np.maximum(Z, 0)


def _activated(v: Values, activations: Sequence[Callable[[Any], Any]]) -> Any:
    A = v["X"]
    for layer, activation in zip(LAYERS, activations, strict=True):
        A = activation(v[f"W{layer}"] @ A + v[f"b{layer}"])
    return A


_RIGHT = (_relu, _relu, sigmoid)


def network_cost(v: Values) -> Values:
    """Return the cost of the network."""
    return binary({"AL": _activated(v, _RIGHT), "Y": v["Y"]})


def _cost_by(formula: Equation, v: Values) -> Values:
    return formula({"AL": _activated(v, _RIGHT), "Y": v["Y"]})


def network_mistakes() -> list[Mistake]:
    """Return the usual wrong costs of the network."""
    return [Mistake(mistake.key, partial(_cost_by, mistake.wrong)) for mistake in binary_mistakes()]


def planted(gradients: Equation, v: Values) -> Values:
    """Return gradients with the two mistakes that the course itself puts in, for the check to find."""
    grads = gradients(v)
    return grads | {"dW2": 2 * grads["dW2"], "db1": 4 * grads["db1"]}


def _one_planted(gradients: Equation, name: str, factor: float, v: Values) -> Values:
    grads = gradients(v)
    return grads | {name: factor * grads[name]}


def gradients_mistakes(gradients: Equation) -> list[Mistake]:
    """Return gradients with the course's own mistakes left in, both or one of them."""
    ways: list[Equation] = [partial(planted, gradients)]
    ways += [partial(_one_planted, gradients, name, factor) for name, factor in (("dW2", 2.0), ("db1", 4.0))]
    return [Mistake("gradient_check.planted", way) for way in ways]
