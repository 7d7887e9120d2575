"""Pictures in the terminal, side by side, each with a caption below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len
from rich.color import Color
from rich.console import Console
from rich.style import Style
from rich.text import Text

_SHADES = " .:-=+*#%@"
_GAP = 2  # columns between pictures

Images = NDArray[np.floating[Any]]


def draw(images: Images, captions: Sequence[str], console: Console) -> None:
    """Print images of shape (n, height, width) with values 0..1, as many in a row as fit.

    On a terminal a character shows two pixels, one above the other, in their gray; elsewhere it is a shade.
    """
    color = console.is_terminal and console.color_system is not None and not console.no_color
    render = _blocks if color and console.encoding.startswith("utf") else _shades
    images = _without_margin(images)
    width = max(images.shape[2], *map(cell_len, captions))
    per_row = max(1, (console.width + _GAP) // (width + _GAP))
    for start in range(0, len(images), per_row):
        pictures = [render(image) for image in images[start : start + per_row]]
        for line in zip(*pictures, strict=True):
            _print_cells(line, width, console)
        _print_cells([Text(caption) for caption in captions[start : start + per_row]], width, console)
        console.print()


def _print_cells(cells: Sequence[Text], width: int, console: Console) -> None:
    line = Text()
    for cell in cells:
        line.append(cell)
        line.append(" " * (width + _GAP - cell.cell_len))
    line.rstrip()
    console.print(line, soft_wrap=True)


def _without_margin(images: Images) -> Images:
    """Cut off the empty margin that all images share, but for one pixel; the height becomes even."""
    ink = images.max(axis=0) > 0
    if not ink.any():
        return images
    top, bottom = np.flatnonzero(ink.any(axis=1))[[0, -1]]
    left, right = np.flatnonzero(ink.any(axis=0))[[0, -1]]
    cut = np.pad(images[:, top : bottom + 1, left : right + 1], ((0, 0), (1, 1), (1, 1)))
    return np.pad(cut, ((0, 0), (0, cut.shape[1] % 2), (0, 0)))


def _blocks(image: Images) -> list[Text]:
    gray = np.rint(image.clip(0, 1) * 255).astype(int).tolist()
    lines = []
    for upper, lower in zip(gray[::2], gray[1::2], strict=True):
        line = Text()
        for above, below in zip(upper, lower, strict=True):
            line.append("▀", Style(color=Color.from_rgb(*[above] * 3), bgcolor=Color.from_rgb(*[below] * 3)))
        lines.append(line)
    return lines


def _shades(image: Images) -> list[Text]:
    pairs = (image[::2] + image[1::2]) / 2
    levels = np.rint(pairs.clip(0, 1) * (len(_SHADES) - 1)).astype(int)
    return [Text("".join(_SHADES[level] for level in row)) for row in levels]
