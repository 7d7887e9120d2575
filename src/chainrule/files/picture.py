"""Pictures of any kind as gray levels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.common.errors import FileFormatError, InputError
from chainrule.common.pictures import read_picture

_ONE_COLOR = 85  # gray levels of 255: what differs by less, on transparent paper, is all ink
_UNSIGNED, _SAMPLE_FORMAT = 1, 339  # a tag of TIFF


def gray_levels(path: Path, content: bytes | None = None) -> NDArray[Any]:
    """Return how bright each pixel of an image file is, in the picture's own numbers, shape (height, width).

    Numbers of 16 or 32 bits and floating-point numbers are kept as they are, whatever they go up to. Where a picture is
    transparent, it gets the brightness of what can be seen around; if all that can be seen is ink of one color, the
    result is how opaque it is. What is not on disk comes as `content`.

    Raises
    ------
    FileFormatError
        The file is no image.
    InputError
        The image has more than 50 million pixels, several frames or pages, or numbers that are not finite.
    MissingExtraError
        Pillow is not installed.
    """
    try:
        levels = read_picture(path, _levels, "data", content)
    except FileFormatError as error:
        raise FileFormatError(
            "{path} is neither an image that Pillow can read, nor an IDX file, nor a .npy array, or it is damaged.",
            path=path,
        ) from error
    if levels.dtype.kind == "f" and not np.isfinite(levels).all():
        raise InputError("{path} holds pixels that are NaN or infinite. Save the picture with 8 or 16 bits.", path=path)
    return levels


def _levels(picture: Any) -> NDArray[Any]:
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):  # convert() would cut these off at 255
        levels = np.asarray(picture)
        unsigned = picture.format == "TIFF" and picture.tag_v2.get(_SAMPLE_FORMAT, (_UNSIGNED,))[0] == _UNSIGNED
        return levels.view(np.uint32) if picture.mode == "I" and unsigned else levels
    if picture.has_transparency_data:
        return _on_paper(picture.convert("LA") if picture.mode == "La" else picture)
    return np.asarray(picture.getchannel("L") if picture.mode == "LAB" else picture.convert("L"))


def _on_paper(picture: Any) -> NDArray[Any]:
    """Return the gray levels of a picture with transparent parts."""
    from PIL import Image, ImageChops, ImageFilter

    colors = picture.convert("RGBA")
    gray, opacity = colors.convert("RGB").convert("L"), colors.getchannel("A")
    least, most = opacity.getextrema()
    if least == most:
        return np.asarray(gray)
    seen = opacity.point(lambda level: 255 * (level > most / 2))
    darkest, _, lightest = _quantiles(gray, seen)
    if lightest - darkest < _ONE_COLOR:
        return np.asarray(opacity)
    # A page in a transparent margin, or ink that was drawn on paper which was then cut out: the seam shows the paper.
    _, paper, _ = _quantiles(gray, ImageChops.subtract(seen, seen.filter(ImageFilter.MinFilter(3))))
    return np.asarray(Image.composite(gray, Image.new("L", gray.size, paper), opacity))


def _quantiles(gray: Any, mask: Any) -> list[int]:
    """Return the least, the median and the largest gray level where the mask is not 0."""
    counts = np.cumsum(gray.histogram(mask))
    return [int(level) for level in np.searchsorted(counts, [1, (counts[-1] + 1) // 2, counts[-1]])]
