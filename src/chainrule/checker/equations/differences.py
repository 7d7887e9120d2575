"""Derivatives by differences, and how they go wrong."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np

from chainrule.checker.equations.mistakes import Mistake, Values

_STEPS = tuple(k * 10.0**-n for n in range(2, 11) for k in (1, 5))


def polynomial(x: Any) -> Any:
    """Return a function of one number."""
    return 3 * x**2 + 2 * x + 5


def quadratic(x: Any) -> Any:
    """Return a quadratic whose terms depend on each other: central differences of it are exact."""
    flat = np.ravel(x) * 1.0
    return flat @ flat + 0.5 * flat.sum() ** 2 + 3.0


def slopes(x: Any) -> Any:
    """Return the gradient of `quadratic`."""
    return 2 * x + x.sum()


def _truncated(x: Any) -> Any:
    return np.trunc(slopes(x))


def _zeros(x: Any) -> Any:
    return 0.0 * x


Difference = Callable[[Any, Any, float], Any]
"""A slope from a function, the place and the step."""
_WRONG: dict[str, Difference] = {
    "numerical.precedence": lambda f, x, h: f(x + h) - f(x - h) / (2 * h),
    "numerical.precedence-h": lambda f, x, h: (f(x + h) - f(x - h)) / 2 * h,
    "numerical.divided-by-h": lambda f, x, h: (f(x + h) - f(x - h)) / h,
    "numerical.one-sided-half": lambda f, x, h: (f(x + h) - f(x)) / (2 * h),
    "numerical.not-divided": lambda f, x, h: f(x + h) - f(x - h),
    "numerical.sign": lambda f, x, h: (f(x - h) - f(x + h)) / (2 * h),
    "numerical.plus": lambda f, x, h: (f(x + h) + f(x - h)) / (2 * h),
}
_ONE_SIDED: list[Difference] = [lambda f, x, h: (f(x + h) - f(x)) / h, lambda f, x, h: (f(x) - f(x - h)) / h]


def _central(f: Any, x: Any, h: float) -> Any:
    return (f(x + h) - f(x - h)) / (2 * h)


def _along(x: Any, unit: Any, step: float) -> Any:
    return quadratic(x + step * unit)


def _units(x: Any) -> Any:
    """Yield every index of an array, and an array that is 1 there and 0 elsewhere."""
    for at in np.ndindex(x.shape):
        unit = np.zeros_like(x)
        unit[at] = 1.0
        yield at, unit


def _every_entry(difference: Difference, h: float, x: Any) -> Any:
    """Return a difference for every entry of x."""
    return _every_entry_of(difference, h, x.shape, x.tobytes())


@cache  # the same for every learner
def _every_entry_of(difference: Difference, h: float, shape: tuple[int, ...], numbers: bytes) -> Any:
    x = np.frombuffer(numbers).reshape(shape)
    gradient = np.zeros_like(x)
    for at, unit in _units(x):
        gradient[at] = difference(partial(_along, x, unit), 0.0, h)
    return gradient


def gradient(v: Values, equation: Callable[[Any], Any] = slopes) -> Values:
    """Return the gradient of `quadratic`, and by how much x is another one afterwards: by nothing."""
    return {"gradient": equation(v["x"]), "change of x": np.zeros_like(v["x"])}


def _walked_away(h: float, v: Values) -> Values:
    """Return central differences where no entry is put back."""
    x, differences = v["x"].copy(), np.zeros_like(v["x"])
    for at, unit in _units(x):
        differences[at] = (quadratic(x + h * unit) - quadratic(x - h * unit)) / (2 * h)
        x[at] -= h
    return {"gradient": differences, "change of x": np.round(x - v["x"], 9)}


TOO_SMALL = 1e-13
"""A step that is lost when it is added to a number such as 1."""


def gradient_mistakes(*, tiny: bool) -> list[Mistake]:
    """Return wrong versions of the gradient by differences; with a `tiny` step, zeros are no wonder."""
    zero = "numerical.step-too-small" if tiny else "numerical.zero"
    wrong: list[tuple[str, Callable[[Any], Any]]] = [(zero, _zeros), ("numerical.truncated", _truncated)]
    wrong += [(key, partial(_every_entry, difference, h)) for key, difference in _WRONG.items() for h in _STEPS]
    mistakes = [Mistake(key, partial(gradient, equation=equation)) for key, equation in wrong]
    mistakes += [Mistake("numerical.x-not-restored", partial(_walked_away, h)) for h in _STEPS]
    one_sided = [partial(_every_entry, difference, h) for difference in _ONE_SIDED for h in _STEPS]
    for equation in one_sided:
        mistakes.append(Mistake("numerical.one-sided", partial(gradient, equation=equation), "warning"))
    return mistakes


def derivative(v: Values, difference: Difference = _central, h: float = 1e-3) -> Values:
    """Return a difference of `polynomial`."""
    return {"derivative": difference(polynomial, v["x"], h)}


def derivative_mistakes(*, tiny: bool) -> list[Mistake]:
    """Return wrong versions of the derivative by differences; with a `tiny` step, zeros are no wonder."""
    if tiny:
        return [Mistake("numerical.step-too-small", lambda v: {"derivative": 0.0})]
    mistakes = [
        Mistake(key, partial(derivative, difference=difference, h=h))
        for key, difference in _WRONG.items()
        for h in _STEPS
    ]
    mistakes.append(Mistake("numerical.zero", lambda v: {"derivative": 0.0}))
    for difference in _ONE_SIDED:
        for h in _STEPS:
            mistakes.append(Mistake("numerical.one-sided", partial(derivative, difference=difference, h=h), "warning"))
    return mistakes
