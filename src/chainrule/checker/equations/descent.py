"""Some steps of gradient descent with w and b, whatever computes the gradients, and how they go wrong."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from chainrule.checker.equations.logistic import number
from chainrule.checker.equations.mistakes import Equation, Mistake, Values

STEPS, RATE = 5, 0.3
Update = Callable[[Any, Any, float], Any]
"""A parameter after a step, from the parameter, its gradient and the learning rate."""


def _down(p: Any, g: Any, rate: float) -> Any:
    return p - rate * g


def _at(fixed: float, p: Any, g: Any, rate: float) -> Any:
    return p - fixed * g


_RIGHT = (_down, _down)


def descend(gradient: Equation, v: Values, updates: tuple[Update, Update] = _RIGHT, steps: int = STEPS) -> Values:
    """Return w and b after some steps; there is an update for each."""
    w, b = v["w"], v["b"]
    for _ in range(steps):
        gradients = gradient(v | {"w": w, "b": b})
        w, b = updates[0](w, gradients["dw"], RATE), updates[1](b, gradients["db"], RATE)
    return {"w": w, "b": number(b)}


_UPDATES: dict[str, Update] = {
    "optimize.ascent": lambda p, g, rate: p + rate * g,
    "optimize.thrown-away": lambda p, g, rate: p,
    "optimize.by-itself": lambda p, g, rate: p - rate * p,
    "optimize.parameter-lost": lambda p, g, rate: -rate * g,
    "optimize.gradient-itself": lambda p, g, rate: g,
    "optimize.rate-divides": lambda p, g, rate: p - g / rate,
}
_RATES = (1.0, 0.0001, 0.001, 0.002, 0.005, 0.009, 0.01, 0.05, 0.1, 0.5)
_COUNTS = (1, STEPS - 1, STEPS + 1, 2 * STEPS, 100, 2000)


def _not_followed(gradient: Equation, v: Values) -> Values:
    """Return what comes of gradients that are computed once, before the loop."""
    gradients = gradient(v)
    return {name: number(v[name] - STEPS * RATE * gradients[f"d{name}"]) for name in "wb"}


def mistakes(gradient: Equation) -> list[Mistake]:
    """Return wrong versions of `descend`: of both parameters, and of one of them."""
    updates: list[tuple[str, Update]] = list(_UPDATES.items())
    updates += [("optimize.rate-fixed", partial(_at, rate)) for rate in _RATES]
    wrong = [Mistake(key, partial(descend, gradient, updates=(update, update))) for key, update in updates]
    for key, update in updates:
        wrong.append(Mistake(key, partial(descend, gradient, updates=(update, _down))))
        wrong.append(Mistake(key, partial(descend, gradient, updates=(_down, update))))
    wrong += [Mistake("optimize.steps", partial(descend, gradient, steps=steps)) for steps in _COUNTS]
    return [*wrong, Mistake("optimize.gradients-once", partial(_not_followed, gradient))]
