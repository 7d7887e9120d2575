"""Numbers as people read them."""

from __future__ import annotations

import math


def number_text(value: float) -> str:
    """Return a score with four significant digits, and with its exponent if it is very small or large.

    >>> [number_text(value) for value in (0.25, 0.012345, 12.345, 3.55e-06, 1.0, 0.0)]
    ['0.2500', '0.01235', '12.35', '3.55e-06', '1.0000', '0']
    """
    value = float(value)
    if value == 0 or not math.isfinite(value):
        return f"{value + 0:g}"  # no minus before 0
    exponent = int(f"{value:.3e}".partition("e")[2])  # of the rounded number: 9.99996 is 10.00
    if not -4 <= exponent <= 5:
        return f"{value:.4g}"
    # From 1 to 10 a digit more, so that a column of accuracies has 1.0000 below 0.9375.
    return f"{value:.{max(3 - exponent, 0) + (exponent == 0)}f}"
