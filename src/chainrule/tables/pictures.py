"""Pictures as a table: in folders, one for each class, or named by a column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.common.errors import InputError
from chainrule.common.pictures import read_picture
from chainrule.tables.frames import NAME_OF_A_PICTURE, Frame, Series, needs_polars
from chainrule.tables.rows import WrongRowError, with_places_of

_LOOKED_FOR = 20  # of the pictures that a column names: if none is there, it names something else
_LARGEST_SIDE = 128  # pixels of what a network gets, if nobody says a size


def read_pictures(folder: Path, size: tuple[int, int] | None) -> Frame:
    """Return the pictures of a folder of folders, with the names of the folders as classes.

    All are brought to one size, are in color if one of them is, lie as their camera was held (EXIF), and are seen on
    white paper where they are transparent.

    Returns
    -------
    polars.DataFrame
        "file", "picture" (of shape (height, width, channels), from 0 to 255) and "class".
    """
    polars = needs_polars("Reading pictures")
    files = sorted(path for path in folder.glob("*/*") if is_picture(path) and not path.name.startswith("."))
    if not files:
        raise InputError(
            "{folder} has no folders with pictures: it needs a folder for each class, as in {example}.",
            folder=folder,
            example=folder / "cats" / "1.png",
        )
    return polars.DataFrame(
        {
            "file": [str(path.relative_to(folder)) for path in files],
            "picture": _stacked(files, size),
            "class": [path.parent.name for path in files],
        }
    )


def is_picture(path: Path) -> bool:
    """Tell whether a file is a picture, by its name."""
    return re.search(NAME_OF_A_PICTURE, path.name) is not None


def read_one_picture(path: Path, size: tuple[int, int] | None) -> Frame:
    """Return a picture as a table of one row, with the columns of `read_pictures` but for the class."""
    return needs_polars("Reading pictures").DataFrame({"file": [path.name], "picture": _stacked([path], size)})


def come_from_files(frame: Frame) -> bool:
    """Tell whether a table has pictures that a column of names led to: they can be read in another size."""
    polars = needs_polars("Reading pictures")
    named = (frame[name] for name in frame.columns if frame[name].dtype == polars.String)
    return "picture" in frame.columns and any(names.str.contains(NAME_OF_A_PICTURE).all() for names in named)


def has_other_channels(series: Series, shape: tuple[int, ...]) -> bool:
    """Tell whether a column has pictures of a size, but gray ones in place of colored ones, or the other way."""
    polars = needs_polars("A table")
    if series.dtype != polars.Array or series.to_numpy().dtype != np.uint8:
        return False
    return {series.dtype.shape, shape} == {(*shape[:2], 1), (*shape[:2], 3)}


def in_channels(pictures: Series, channels: int) -> Series:
    """Return a column of pictures in gray (1 channel) or in color (3)."""
    height, width, _ = pictures.dtype.shape
    stack = np.stack([_resized(picture, (height, width), channels) for picture in pictures.to_numpy()])
    return needs_polars("A table").Series(pictures.name, stack)


def column_of_pictures(frame: Frame, folder: Path) -> Any:
    """Return the column of texts that names pictures: all end like one, and one of the first is there."""
    for name in frame.columns:
        values = frame[name].drop_nulls()
        named = values.len() and values.str.contains(NAME_OF_A_PICTURE).all()
        if named and any((folder / value).is_file() for value in values.head(_LOOKED_FOR)):
            return name
    return None


def with_pictures(frame: Frame, column: str, folder: Path, size: tuple[int, int] | None) -> Frame:
    """Return a table with one more column, "picture", of the pictures that a column names.

    Raises
    ------
    InputError
        If a name is missing, there is no such file, or the table has a column "picture" already.
    """
    if "picture" in frame.columns:
        raise InputError(
            "Column {column!r} names pictures, which become a column 'picture', but the table has one: rename that.",
            column=column,
        )
    names = frame[column].to_list()
    for row, name in enumerate(names):
        if name is None or not (folder / name).is_file():
            raise WrongRowError(
                "Column {column!r} names pictures, but in {row} it is missing: correct it, or drop the row."
                if name is None
                else "Column {column!r} names pictures, but in {row} it is {name!r:.80}, and {folder} has no such "
                "file: correct it, or drop the row.",
                row,
                column=column,
                name=name,
                folder=folder,
            )
    pictures = _stacked([folder / name for name in names], size)
    return with_places_of(frame, frame.with_columns(pictures))


def picture_of(name: str, content: bytes, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return a picture that is not on disk as one of the shape (height, width, channels); messages call it `name`."""
    return _resized(_read(Path(name), content), (shape[0], shape[1]), shape[2])


def _stacked(files: Sequence[Path], size: tuple[int, int] | None) -> Series:
    """Return pictures of one size, each of shape (height, width, channels)."""
    polars = needs_polars("Reading pictures")
    pictures = [_read(path) for path in files]
    if size is None:
        height, width = pictures[0].shape[:2]
        scale = min(1.0, _LARGEST_SIDE / max(height, width))
        size = max(1, round(height * scale)), max(1, round(width * scale))
    channels = max(picture.shape[2] for picture in pictures)
    stack = np.stack([_resized(picture, size, channels) for picture in pictures])
    return polars.Series("picture", stack, dtype=polars.Array(polars.UInt8, stack.shape[1:]))


def _read(path: Path, content: bytes | None = None) -> NDArray[np.uint8]:
    """Return a picture of shape (height, width, channels), with 1 channel if it is gray, else 3."""
    levels = read_picture(path, lambda picture: np.asarray(_levels(picture)), "tables", content)
    return levels[..., None] if levels.ndim == 2 else levels


def _levels(picture: Any) -> Any:
    """Return a picture of Pillow as one with 8 bits, gray or in color."""
    from PIL import Image

    if picture.mode.startswith(("I", "F")):  # convert() would cut these off at 255
        levels = np.asarray(picture, np.float64)
        low, high = (0.0, 65535.0) if picture.mode.startswith("I;16") else (levels.min(), max(levels.max(), 1e-9))
        return Image.fromarray(np.round((levels - low) / max(high - low, 1e-9) * 255).astype(np.uint8))
    if picture.has_transparency_data:
        colors = picture.convert("RGBA")
        paper = Image.new("RGBA", colors.size, "white")
        return Image.alpha_composite(paper, colors).convert("L" if picture.mode in ("LA", "La") else "RGB")
    return picture.convert("L" if picture.mode in ("1", "L") else "RGB")


def _resized(picture: NDArray[np.uint8], size: tuple[int, int], channels: int) -> NDArray[np.uint8]:
    from PIL import Image

    image = Image.fromarray(picture[..., 0] if picture.shape[2] == 1 else picture)
    if (image.height, image.width) != size:
        image = image.resize(size[::-1], Image.Resampling.BILINEAR)
    levels = np.asarray(image.convert("L" if channels == 1 else "RGB"))
    return levels.reshape(*size, channels)
