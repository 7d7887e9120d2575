"""A picture of a digit, prepared the way MNIST was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chainrule.common.errors import FileFormatError, InputError, MissingExtraError

_SIDE, _DIGIT = 28, 20  # pixels of the field, and of the longer side of the digit in it
_INK = 0.2  # what is fainter is paper: shadows and compression noise around the digit


def read_digit(path: Path) -> NDArray[np.float32]:
    """Return the digit in an image file as MNIST would show it: light on dark, 0..1, shape (28, 28).

    The digit's bounding box is scaled to 20 pixels with its proportions kept, and its center of mass is put in the
    middle of the field. Dark digits on light paper are told by the border and inverted.

    Raises
    ------
    FileFormatError
        The file is no image.
    InputError
        The image is blank.
    MissingExtraError
        Pillow is not installed.

    References
    ----------
    LeCun, Cortes and Burges, The MNIST database of handwritten digits.
    """
    try:
        from PIL import Image, ImageOps
    except ImportError as error:
        raise MissingExtraError("Reading an image", "Pillow", "data") from error

    try:
        with Image.open(path) as file:
            picture = ImageOps.exif_transpose(file).convert("RGBA")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise FileFormatError(
            f"{path} is neither an image that Pillow can read, nor an IDX file, nor a .npy array, or it is damaged."
        ) from error
    paper = Image.new("RGBA", picture.size, "white")
    ink = _ink(np.asarray(Image.alpha_composite(paper, picture).convert("L"), np.float32))
    rows, columns = np.nonzero(ink > _INK)
    if not len(rows):
        raise InputError(f"{path} shows no digit: it is blank.")
    box = ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    scale = _DIGIT / max(box.shape)
    height, width = (max(1, round(side * scale)) for side in box.shape)
    digit = np.asarray(Image.fromarray(box).resize((width, height), Image.Resampling.LANCZOS)).clip(0, 1)
    return _centered(digit)


def _ink(gray: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how much of the ink each pixel has, from 0 for the paper to 1, whichever of the two is lighter."""
    paper = float(np.median(np.concatenate([gray[0], gray[-1], gray[:, 0], gray[:, -1]])))
    ink = paper - gray if paper > (gray.min() + gray.max()) / 2 else gray - paper
    return (ink.clip(0) / max(float(ink.max()), 1)).astype(np.float32)


def _centered(digit: NDArray[np.float32]) -> NDArray[np.float32]:
    """Put a digit into the field with its center of mass in the middle, as far as it fits."""
    field = np.zeros((_SIDE, _SIDE), np.float32)
    corner = []
    for axis, size in enumerate(digit.shape):
        mass = digit.sum(axis=1 - axis)
        center = float(mass @ np.arange(size)) / float(mass.sum())
        corner.append(min(max(round(_SIDE / 2 - center), 0), _SIDE - size))
    top, left = corner
    field[top : top + digit.shape[0], left : left + digit.shape[1]] = digit
    return field
