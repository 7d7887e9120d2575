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


def bytes_text(count: int) -> str:
    """Return a number of bytes with its unit.

    >>> bytes_text(427), bytes_text(1536), bytes_text(5 * 2**30)
    ('427 B', '1.5 KiB', '5.0 GiB')
    """
    size = float(count)
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} B" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"


def seconds_text(seconds: float) -> str:
    """Return a short time with three significant digits.

    >>> seconds_text(1.5e-05), seconds_text(0.0123), seconds_text(2.0)
    ('15.0 µs', '12.3 ms', '2.00 s')
    """
    for unit, size in (("µs", 1e-6), ("ms", 1e-3)):
        if seconds < 999.5 * size:
            return f"{seconds / size:#.3g} {unit}".replace(". ", " ")
    return f"{seconds:#.3g} s".replace(". ", " ")
