"""Handwritten digits: those that ship, and those that were drawn on the page; in three forms."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule import datasets
from chainrule.common.errors import InputError

SIDE = 28
PIXELS = SIDE * SIDE
SCALE = 1 / 255
"""What levels of 0 to 255 are multiplied by."""
SHAPES: dict[str, tuple[int, ...]] = {"flat": (PIXELS,), "picture": (SIDE, SIDE, 1), "rows": (SIDE, SIDE)}
"""The shape of one digit by its form."""

Labeled = tuple[NDArray[np.float32], NDArray[np.int64]]


@cache
def shipped() -> tuple[Labeled, Labeled]:
    """Return the digits that ship, to train on and to validate on, as rows of 784 pixels; read once."""
    (X, y), (X_val, y_val) = datasets.load_mnist_small()
    arrays = X, y.astype(np.int64), X_val, y_val.astype(np.int64)
    for array in arrays:
        array.flags.writeable = False
    return arrays[:2], arrays[2:]


def in_form(X: NDArray[np.float32], form: str) -> NDArray[np.float32]:
    """Return digits, rows of 784 pixels, in a form."""
    return X.reshape(-1, *SHAPES[form])


def drawn(pictures: Sequence[Sequence[Any]]) -> Labeled:
    """Return digits that were drawn, as rows of 784 pixels from 0 to 1.

    Raises
    ------
    InputError
        A picture is not 784 bytes in base64.
    """
    X = np.empty((len(pictures), PIXELS), np.float32)
    for row, (_, text) in zip(X, pictures, strict=True):
        try:
            levels = base64.b64decode(text, validate=True)
        except binascii.Error:
            levels = b""
        if len(levels) != PIXELS:
            raise InputError(
                "A drawn digit has {pixels} pixels, a byte each, in base64, but another text came. Draw it again.",
                pixels=PIXELS,
            )
        row[:] = np.frombuffer(levels, np.uint8) * np.float32(SCALE)
    return X, np.array([label for label, _ in pictures], np.int64)
