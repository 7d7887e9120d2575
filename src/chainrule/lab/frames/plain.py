"""Numbers as plain data for the page: bytes, texts, and no number where there is none."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.common.number_text import number_text

_MIDDLE = 128  # the byte of 0, where numbers have both signs


def in_bytes(shares: NDArray[Any]) -> str:
    """Return numbers from 0 to 1 as bytes, in base64."""
    return base64.b64encode(np.rint(np.clip(shares, 0, 1) * 255).astype(np.uint8).tobytes()).decode("ascii")


def whole_in_bytes(numbers: NDArray[Any]) -> str:
    """Return whole numbers from 0 to 255 as bytes, in base64."""
    return base64.b64encode(numbers.astype(np.uint8).tobytes()).decode("ascii")


def signed_in_bytes(numbers: NDArray[Any], largest: Any = None) -> str | None:
    """Return numbers as bytes in base64: 128 is 0, and the largest by amount is 1 or 255; None if one is not finite.

    Parameters
    ----------
    numbers
        What is written.
    largest
        The largest of them and of others that they are compared with.
    """
    if largest is None:
        largest = np.abs(numbers).max(initial=0)
    if not np.isfinite(largest):
        return None
    scaled = numbers / largest if largest > 0 else np.zeros_like(numbers)
    return whole_in_bytes(np.rint(_MIDDLE + 127 * scaled))


def rounded(numbers: NDArray[Any], digits: int = 5) -> list[Any]:
    """Return numbers with so many significant digits, in lists; what is not finite is None."""
    flat = [float(f"{x:.{digits}g}") if np.isfinite(x) else None for x in numbers.astype(float).ravel().tolist()]
    for length in reversed(numbers.shape[1:]):
        flat = [flat[i : i + length] for i in range(0, len(flat), length)]  # type: ignore[misc]
    return flat


def texts(numbers: NDArray[Any]) -> list[Any]:
    """Return numbers as texts, in lists as they lie in the array."""
    if numbers.ndim == 1:
        return [number_text(x) for x in numbers.tolist()]
    return [texts(row) for row in numbers]
