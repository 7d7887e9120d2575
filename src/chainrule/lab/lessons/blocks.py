"""What a lesson shows, as plain data: tables, matrices, curves, planes, bars, pictures; their numbers are texts."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from chainrule.common.number_text import number_text
from chainrule.lab.lessons.lesson import Block

RIGHT, WRONG = "right", "wrong"


def cell(value: Any, mark: str = "") -> dict[str, str]:
    """Return a cell of a table: a text or a number, perhaps marked "right" or "wrong"."""
    return {"text": value if isinstance(value, str) else number(value), "mark": mark}


def number(value: Any) -> str:
    """Return a number as people read it; one of few digits, such as 0.1, without zeros behind them.

    >>> number(3.0), number(-0.25), number(1 / 3)
    ('3', '-0.25', '0.3333')
    """
    value = float(value)
    short = f"{value:.4g}"
    return short if "e" not in short and math.isclose(float(short), value, rel_tol=1e-12) else number_text(value)


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Block:
    """Return a table; cells are texts, numbers or what `cell` returns."""
    cells = [[value if isinstance(value, dict) else cell(value) for value in row] for row in rows]
    return {"kind": "table", "caption": caption, "head": list(head), "rows": cells}


def matrices(caption: str, arrays: dict[str, Any]) -> Block:
    """Return arrays side by side, each with its name and its shape."""
    shown = []
    for name, array in arrays.items():
        matrix = np.atleast_2d(np.asarray(array, float))
        shape = "×".join(map(str, np.shape(array))) or "1"
        shown.append({"name": name, "shape": shape, "rows": [[number(value) for value in row] for row in matrix]})
    return {"kind": "matrices", "caption": caption, "matrices": shown}


def text(sentence: str) -> Block:
    """Return a paragraph."""
    return {"kind": "text", "text": sentence}


def curves(caption: str, x: Any, lines: dict[str, Any], axes: tuple[str, str], marked: float | None = None) -> Block:
    """Return lines over one axis; what is not finite is left out."""
    series = [{"name": name, "y": _finite(y)} for name, y in lines.items()]
    return {
        "kind": "curves",
        "caption": caption,
        "x": _finite(x),
        "lines": series,
        "axes": list(axes),
        "marked": marked,
    }


def plane(
    caption: str,
    points: Iterable[tuple[float, float, int, str]],
    lines: Iterable[Sequence[tuple[float, float]]],
    axes: tuple[str, str],
) -> Block:
    """Return points of the unit square and lines, in percent of a picture whose first row is at the top."""

    def placed(x: float, y: float) -> list[float]:
        return [round(float(_share(x)), 2), round(float(100 - _share(y)), 2)]

    dots = [{"at": placed(x, y), "class": label, "label": said} for x, y, label, said in points]
    drawn = [[placed(*point) for point in line] for line in lines]
    return {"kind": "plane", "caption": caption, "points": dots, "lines": drawn, "axes": list(axes)}


def bars(caption: str, histograms: dict[str, Any], bounds: tuple[float, float], notes: dict[str, str]) -> Block:
    """Return a histogram for each array of numbers, its bars in percent of the longest one."""
    entries = []
    for name, values in histograms.items():
        counts, _ = np.histogram(np.clip(values, *bounds), 24, bounds)
        shares = np.round(100 * counts / max(int(counts.max()), 1), 1)
        entries.append({"name": name, "heights": shares.tolist(), "note": notes.get(name, "")})
    low, high = (number(bound) for bound in bounds)
    return {"kind": "bars", "caption": caption, "histograms": entries, "low": low, "high": high}


def pictures(caption: str, images: Any, labels: Sequence[str]) -> Block:
    """Return small pictures, of values 0 to 1 in the shape (n, height, width) or (n, height, width, 3)."""
    items = []
    for image, label in zip(images, labels, strict=True):
        pixels = np.round(255 * np.clip(np.asarray(image, float), 0, 1)).astype(np.uint8)
        colors = pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=-1)
        height, width = colors.shape[:2]
        data = base64.b64encode(colors.tobytes()).decode()
        items.append({"pixels": data, "height": height, "width": width, "label": label})
    return {"kind": "pictures", "caption": caption, "pictures": items}


def _share(value: float) -> float:
    """Return where a coordinate between -0.5 and 1.5 lies, in percent."""
    return 50 * (value + 0.5)


def _finite(values: Any) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in np.asarray(values, float)]
