"""What all pictures share: where they are drawn, their colors, legends and files."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.common import atomic
from chainrule.common.errors import InputError, missing_extra

BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, YELLOW = (
    *("#0072b2", "#d55e00", "#009e73", "#cc79a7"),
    *("#e69f00", "#56b4e9", "#f0e442"),
)
PALETTE = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, YELLOW)
"""Okabe and Ito's colors, told apart by people of any color vision."""
MARKERS = ("o", "^", "s", "D", "v", "P", "X")
"""A marker beside each color of the palette."""
GRAY = "#555555"


def panels(ax: Any = None, rows: int = 1, columns: int = 1, size: tuple[float, float] = (4.4, 3.3)) -> tuple[Any, Any]:
    """Return a figure, or a part of the one of `ax`, and its axes as an array of shape (rows, columns).

    Parameters
    ----------
    ax
        Where to draw; several panels divide its place. If None, on a figure of its own.
    rows, columns
        How many panels there are.
    size
        Width and height of each, in inches, on a figure of its own.

    Raises
    ------
    InputError
        `ax` is no axes, or has no place that could be divided.
    MissingExtraError
        matplotlib is not installed.
    """
    try:
        from matplotlib.axes import Axes

        from chainrule.common.picture import Picture
    except ImportError as error:
        raise missing_extra("Drawing", "matplotlib", "plot") from error

    if ax is None:
        figure = Picture(figsize=(columns * size[0], rows * size[1]), layout="constrained")
        return figure, figure.subplots(rows, columns, squeeze=False)
    if not isinstance(ax, Axes):
        raise InputError(
            "ax is one axes of matplotlib, such as figure.subplots() returns, but a {kind} came. Of several, give "
            "one: ax=axes[0].",
            kind=type(ax).__name__,
        )
    if rows * columns == 1:
        return ax.figure, np.array([[ax]])
    place = ax.get_subplotspec()
    if place is None:
        raise InputError(
            "This picture has {count} panels, which divide the place of ax, but ax is in no grid. Make it with "
            "figure.subplots() or figure.add_subplot().",
            count=rows * columns,
        )
    if ax.figure.figure.get_layout_engine() is None:
        ax.figure.figure.set_layout_engine("constrained")  # else titles and labels of the panels would overlap
    ax.set_axis_off()
    inner = ax.figure.add_subfigure(place)  # which has legends and color bars of its own
    return inner, inner.subplots(rows, columns, squeeze=False)


def grid(ax: Any, count: int, columns: int = 3, size: tuple[float, float] = (4.4, 3.3)) -> tuple[Any, list[Any]]:
    """Return a figure and so many panels, side by side and then in further rows; the rest as for `panels`."""
    columns = min(columns, count)
    figure, axes = panels(ax, math.ceil(count / columns), columns, size)
    for unused in axes.flat[count:]:
        unused.remove()
    return figure, list(axes.flat[:count])


def legend(figure: Any, axes: Sequence[Any], ax: Any) -> None:
    """Say once, above all panels, what their lines mean; inside of the panel, if it is `ax` itself."""
    entries = {
        label: handle for panel in axes for handle, label in zip(*panel.get_legend_handles_labels(), strict=True)
    }
    if ax is axes[0]:
        ax.legend(entries.values(), entries.keys(), fontsize="small")
    else:
        place: Any = {"loc": "outside upper center", "ncols": len(entries)}
        figure.legend(entries.values(), entries.keys(), frameon=False, **place)


def plain(axes: Any) -> None:
    """Take away what frames a panel and says nothing, and give it a faint grid."""
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)


def empty(axes: Any) -> None:
    """Take away ticks and frame, as of a panel that shows an image."""
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def signs() -> Any:
    """Return the color map of numbers of both signs: blue below 0, white at 0, vermilion above."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("signs", [BLUE, "white", VERMILION])


def check(path: Path) -> None:
    """Raise the error of a suffix that matplotlib cannot write; called before the work whose result is drawn.

    Raises
    ------
    InputError
        The suffix is not one that matplotlib can write.
    MissingExtraError
        matplotlib is not installed.
    """
    try:
        from matplotlib.backend_bases import FigureCanvasBase
    except ImportError as error:
        raise missing_extra("Drawing", "matplotlib", "plot") from error

    formats = FigureCanvasBase.get_supported_filetypes()
    if path.suffix.lower()[1:] not in formats:
        raise InputError(
            "{path} cannot be drawn: its suffix must be one of .{formats}.",
            path=path,
            formats=", .".join(sorted(formats)),
        )


def write(figure: Any, path: Path) -> None:
    """Write a figure to a file, whose suffix decides the format; a folder that is missing is made.

    Raises
    ------
    InputError
        The suffix is not one that matplotlib can write; or as for `atomic.write`.
    UnwritableError
        As for `atomic.write`.
    """
    check(path)
    content = io.BytesIO()
    figure.savefig(content, format=path.suffix.lower()[1:], dpi=150)
    _write(path, content.getvalue())


def write_film(figures: Iterable[Any], path: Path, seconds: float) -> None:
    """Write figures as the frames of an animated GIF that starts over after its last one.

    Raises
    ------
    InputError
        The suffix is not .gif; or as for `atomic.write`.
    UnwritableError
        As for `atomic.write`.
    """
    from PIL import Image

    if path.suffix.lower() != ".gif":
        raise InputError("{path} cannot hold moving pictures: its suffix must be .gif.", path=path)
    pictures = []
    for figure in figures:
        content = io.BytesIO()
        figure.savefig(content, format="png", dpi=80)
        pictures.append(np.asarray(Image.open(content).convert("RGB")))
    height, width, _ = pictures[0].shape
    # One palette for all frames: with one of their own each, they would flicker.
    reel = Image.fromarray(np.concatenate(pictures)).quantize(dither=Image.Dither.NONE)
    frames = [reel.crop((0, i * height, width, (i + 1) * height)) for i in range(len(pictures))]
    times = [round(1000 * seconds)] * (len(frames) - 1) + [2000]
    content = io.BytesIO()
    frames[0].save(content, format="gif", save_all=True, append_images=frames[1:], duration=times, loop=0)
    _write(path, content.getvalue())


def _write(path: Path, content: bytes) -> None:
    atomic.make_folder(path.parent)
    atomic.write(path, content)
