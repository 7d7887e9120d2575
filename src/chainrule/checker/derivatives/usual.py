"""Functions that can have no mistake in them, whatever they are called: they activate, or only keep what they get."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from chainrule.checker.derivatives.differences import Numbers, is_same
from chainrule.checker.watching.paths import Path


def _softmax(x: Any, axis: int) -> Any:
    powers = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return powers / np.sum(powers, axis=axis, keepdims=True)


_BENT: tuple[Callable[[Any], Any], ...] = (np.tanh, lambda x: np.maximum(x, 0))
_ACTIVATIONS: tuple[Callable[[Any], Any], ...] = (
    *_BENT,
    lambda x: 1 / (1 + np.exp(-x)),
    lambda x: _softmax(x, 0),
    lambda x: _softmax(x, -1),
)


def is_bent(x: Any, y: Any) -> bool:
    """Return whether y is the ReLU or the hyperbolic tangent of x."""
    return x.shape == y.shape and any(np.allclose(activation(x), y, rtol=1e-6, atol=1e-12) for activation in _BENT)


def functions(after: Numbers, doubled: Numbers) -> frozenset[str]:
    """Return the functions whose first call returned a usual activation of a variable, or only kept what is there.

    Parameters
    ----------
    after, doubled
        The numbers that two passes leave, the second with a doubled upstream gradient.
    """
    variables: dict[str, dict[Path, Any]] = {}
    returned: dict[str, list[Any]] = {}
    for path, value in after.items():
        function, inside, variable = str(path[0].value).partition("()")
        if inside:
            variables.setdefault(function, {})[path] = value
            if not variable:
                returned.setdefault(function, []).append(value)
    return frozenset(
        function
        for function, own in variables.items()
        if (_activates(own.values(), returned[function]) if function in returned else _keeps(own, doubled))
    )


def _activates(variables: Iterable[Any], returned: list[Any]) -> bool:
    """Return whether what a function returns is a usual activation of a variable of its own."""
    if len(returned) != 1 or returned[0].size < 2:
        return False
    y = returned[0]
    with np.errstate(all="ignore"):
        return any(
            np.allclose(activation(x), y, rtol=1e-6, atol=1e-12)
            for x in variables
            if x.dtype.kind == "f" and x.shape == y.shape
            for activation in _ACTIVATIONS
        )


def _keeps(own: Numbers, doubled: Numbers) -> bool:
    """Return whether a function that returns nothing takes nothing of the backward pass: it keeps an input."""
    taken = {path: a for path, a in own.items() if not str(path[0].value).endswith(".self")}
    return all(path in doubled and is_same(a, doubled[path]) for path, a in taken.items())
