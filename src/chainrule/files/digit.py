"""A picture of a digit, prepared the way MNIST was."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chainrule.common.errors import InputError
from chainrule.files.picture import gray_levels

_SIDE, _DIGIT = 28, 20  # pixels of the field, and of the longer side of the digit in it
_FAINT = 0.2  # of the darkest ink; what is fainter is paper: shadows and compression noise around the digit
_SAME = 1e-6  # of the brightest level; what differs by less is rounding


class Digit(NamedTuple):
    """A digit as MNIST would show it."""

    pixels: NDArray[np.float32]  # light on dark, 0..1, shape (28, 28)
    moved: bool  # whether its pixels lie elsewhere than those of the file


def read_digit(path: Path, content: bytes | None = None) -> Digit:
    """Return the digit in an image file as MNIST would show it.

    What is paper and what is ink is told from the picture itself: its border is paper, and the level farthest from it
    is ink, whichever of the two is lighter and whatever numbers they have. The digit's bounding box is scaled to 20
    pixels with its proportions kept, and its center of mass is put in the middle of the field. A picture that is so
    already, such as a digit of MNIST itself, keeps every pixel. What is not on disk comes as `content`.

    Raises
    ------
    FileFormatError
        The file is no image.
    InputError
        The image is blank, has more than 50 million pixels or several frames, or numbers that are not finite.
    MissingExtraError
        Pillow is not installed.

    References
    ----------
    LeCun, Cortes and Burges, The MNIST database of handwritten digits.
    """
    levels = gray_levels(path, content)
    if _is_ready(levels):
        return Digit(np.divide(levels, 255, dtype=np.float32), moved=False)
    paper = float(np.median(np.concatenate([levels[0], levels[-1], levels[:, 0], levels[:, -1]])))
    darkest, lightest = float(levels.min()), float(levels.max())
    ink = darkest if paper > (darkest + lightest) / 2 else lightest
    rounding = _SAME * max(abs(darkest), abs(lightest)) if levels.dtype.kind == "f" else 0
    if abs(ink - paper) <= rounding:
        raise InputError("{path} shows no digit: it is blank.", path=path)
    faintest = paper + _FAINT * (ink - paper)
    inked = levels < faintest if ink < paper else levels > faintest
    top, bottom = np.flatnonzero(inked.any(axis=1))[[0, -1]]
    left, right = np.flatnonzero(inked.any(axis=0))[[0, -1]]
    # Whole numbers of 32 bits do not fit into float32.
    exact = np.float32 if levels.itemsize < 4 else np.float64
    box: NDArray[Any] = levels[top : bottom + 1, left : right + 1].astype(exact)
    box -= paper
    box /= ink - paper
    return Digit(_centered(_resized(box.clip(0, 1, out=box))), moved=True)


def _is_ready(levels: NDArray[Any]) -> bool:
    """Return whether a picture is what a digit of MNIST is: of 20 pixels, its center of mass in the middle.

    To scale it once more would blur it, and its pixels would no longer be those that the file has.
    """
    if levels.shape != (_SIDE, _SIDE) or levels.dtype != np.uint8 or not levels.any():
        return False
    for axis in 0, 1:
        mass = levels.sum(axis=1 - axis, dtype=np.float64)
        if abs(mass @ np.arange(_SIDE) / mass.sum() - _SIDE / 2) > 0.5:  # it was put there by whole pixels
            return False
    sides = [int(np.ptp(np.flatnonzero(levels.any(axis=axis)))) + 1 for axis in (0, 1)]
    return _DIGIT - 1 <= max(sides) <= _DIGIT  # a few of MNIST's have a faint edge that was rounded to 0


def _resized(box: NDArray[Any]) -> NDArray[np.float32]:
    """Scale a digit so that its longer side is 20 pixels."""
    from PIL import Image

    scale = _DIGIT / max(box.shape)
    height, width = (max(1, round(side * scale)) for side in box.shape)
    picture = Image.fromarray(box.astype(np.float32, copy=False))
    return np.asarray(picture.resize((width, height), Image.Resampling.LANCZOS)).clip(0, 1)


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
