"""Files of pictures, read by Pillow: of a size that memory can take, of one frame, and as the camera was held."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from chainrule.common.errors import ChainruleError, FileFormatError, InputError, missing_extra

LARGEST = 50_000_000  # pixels; working on so many takes half a gigabyte


def read_picture(
    path: Path, convert: Callable[[Any], NDArray[Any]], extra: str, content: bytes | None = None
) -> NDArray[Any]:
    """Return what `convert` makes of the picture in a file.

    Parameters
    ----------
    path
        The file.
    convert
        Takes Pillow's picture, turned by its EXIF data, and returns an array.
    extra
        The extra that installs Pillow.
    content
        What the file holds, if it is not on disk; messages call it by `path` then, too.

    Raises
    ------
    FileFormatError
        The file is no picture.
    InputError
        The picture has more than 50 million pixels, or several frames or pages.
    MissingExtraError
        Pillow is not installed.
    """
    try:
        from PIL import Image, ImageOps
    except ImportError as error:
        raise missing_extra("Reading a picture", "Pillow", extra) from error

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of damage that can be read around, and of sizes that are checked here
            with Image.open(path if content is None else io.BytesIO(content)) as picture:
                _check(path, picture)
                ImageOps.exif_transpose(picture, in_place=True)
                return convert(picture)
    except Image.DecompressionBombError as error:
        raise _too_large(path) from error
    except (ChainruleError, FileNotFoundError, MemoryError):
        raise
    except Exception as error:  # a damaged file leads Pillow's decoders to errors of many kinds
        raise FileFormatError(
            "{path} is no picture that Pillow can read, or it is damaged: {error!s:.100}", path=path, error=error
        ) from error


def _check(path: Path, picture: Any) -> None:
    if picture.width * picture.height > LARGEST:
        raise _too_large(path)
    # The further frames of a photo (MPO) are previews and the like, and of a drawing (PSD) its layers.
    if getattr(picture, "is_animated", False) and picture.format not in ("MPO", "PSD"):
        raise InputError(
            "{path} has several frames or pages. Save the one that counts as a picture of its own.", path=path
        )


def _too_large(path: Path) -> InputError:
    return InputError(
        "{path} has too many pixels: at most {most:,} are read. Cut out what counts, or make the picture smaller.",
        path=path,
        most=LARGEST,
    )
