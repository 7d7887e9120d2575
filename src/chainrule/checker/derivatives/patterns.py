"""What is wrong with a gradient, in a word: what its numbers are of the right ones."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

AGREE, ZERO = 1e-3, 1e-9  # relative to the largest entry


class Measured(NamedTuple):
    """How an output depends on a quantity.

    Parameters
    ----------
    slopes
        The derivative of each number of the output, in a row for each place of the quantity.
    y, dy
        The output and its upstream gradient.
    square
        Where each place is in the transposed quantity; empty if it is not square or was not measured everywhere.
    """

    slopes: Any
    y: Any
    dy: Any
    square: tuple[int, ...] = ()

    @property
    def derivative(self) -> Any:
        """The derivative of sum(y * dy)."""
        return self.slopes @ np.ravel(self.dy)


def factor(array: Any, derivative: Any, agree: float = AGREE) -> float | None:
    """Return which multiple of a derivative an array is, or None."""
    if not np.isfinite(array).all() or not array.any() or not derivative.any():
        return None
    number = float(array @ derivative / (derivative @ derivative))
    return number if np.max(np.abs(array - number * derivative)) <= agree * np.max(np.abs(array)) else None


def pattern(instead: Any, measured: Measured) -> str:
    """Return the key of a pattern in the texts, and perhaps a number."""
    derivative, y, dy = measured.derivative, measured.y, measured.dy
    if not np.isfinite(instead).all():
        return "not-finite"
    if not instead.any():
        return "zero"
    ratio = factor(instead, derivative)
    if ratio is not None:
        return _of_ratio(ratio, len(y) if np.ndim(y) > 1 else 0)
    if measured.square and factor(instead, derivative[list(measured.square)]) is not None:
        return "transposed"
    if _is_inverted(instead, derivative):
        return "mask-inverted"
    for key, upstream in _upstreams(y, dy):
        number = factor(instead, measured.slopes @ np.ravel(upstream))
        if number is not None and np.isclose(number, 1, rtol=AGREE):
            return key
    return "other"


def _is_inverted(instead: Any, derivative: Any) -> bool:
    """Return whether some numbers are 0, and just where those that should be are not."""
    zero = np.abs(derivative) <= ZERO * np.max(np.abs(derivative))
    return bool(zero.any() and not zero.all() and np.array_equal(instead == 0, ~zero))


def _of_ratio(ratio: float, examples: int) -> str:
    if np.isclose(ratio, -1, rtol=AGREE):
        return "sign"
    is_of_examples = examples > 1 and any(np.isclose(ratio, n, rtol=AGREE) for n in (examples, 1 / examples))
    return f"{'ratio-of-examples' if is_of_examples else 'ratio'} {ratio:.6g}"


def _upstreams(y: Any, dy: Any) -> list[tuple[str, Any]]:
    """Return the upstream gradients that some mistakes amount to."""
    slopes = {"sigmoid": y * (1 - y), "tanh": 1 - y**2, "ReLU": (y > 0) * 1.0}
    with np.errstate(all="ignore"):
        without = [("no-slope", dy / slope) for name, slope in slopes.items() if np.all(slope) and name != "ReLU"]
    written = [
        (key, dy * wrong / slopes[name])
        for name, key, wrong in (
            ("tanh", "slope-no-square", 1 - y),
            ("tanh", "slope-plus", 1 + y**2),
            ("sigmoid", "slope-plus", y * (1 + y)),
            ("sigmoid", "slope-one-factor", y),
            ("sigmoid", "slope-one-factor", 1 - y),
        )
        if np.all(slopes[name])
    ]
    twice = [("slope-twice", dy * slope) for slope in slopes.values() if not np.all(slope == 1)]
    upstreams = [*without, *twice, *written, ("no-upstream", np.ones_like(dy))]
    if np.ndim(dy) > 1 and len(dy) > 1:
        first, last = np.zeros_like(dy), np.zeros_like(dy)
        first[0], last[-1] = dy[0], dy[-1]
        upstreams += [("one-example", first), ("one-example", last)]
    return upstreams
