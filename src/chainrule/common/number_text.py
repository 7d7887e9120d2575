"""Numbers as people read them."""

from __future__ import annotations

import math
from typing import SupportsFloat


def number_text(value: SupportsFloat) -> str:
    """Return a score with four significant digits, and with its exponent if it is very small or large.

    >>> [number_text(value) for value in (0.25, 0.012345, 12.345, 3.55e-06, 1.0, 0.0)]
    ['0.2500', '0.01235', '12.35', '3.55e-06', '1.0000', '0']
    """
    number = float(value)
    if number == 0 or not math.isfinite(number):
        return f"{number + 0:g}"  # no minus before 0
    exponent = int(f"{number:.3e}".partition("e")[2])  # of the rounded number: 9.99996 is 10.00
    if not -4 <= exponent <= 5:
        return f"{number:.4g}"
    # From 1 to 10 a digit more, so that a column of accuracies has 1.0000 below 0.9375.
    return f"{number:.{max(3 - exponent, 0) + (exponent == 0)}f}"
