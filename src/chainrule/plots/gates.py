"""Drawings with matplotlib, written to files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.common import drawing
from chainrule.common.errors import MissingExtraError
from chainrule.lessons.perceptron import AND, NAND, OR, Perceptron, xor

_GATES: list[tuple[str, Callable[..., Any], dict[str, Perceptron]]] = [
    ("AND", AND, {"AND": AND}),
    ("OR", OR, {"OR": OR}),
    ("NAND", NAND, {"NAND": NAND}),
    ("XOR: both OR and NAND", xor, {"OR": OR, "NAND": NAND}),
]
_LOW, _HIGH = -0.5, 1.5
_COLORS, _MARKERS = ("#0072b2", "#d55e00"), ("o", "^")  # of output 0 and 1, told apart by people of any color vision


def plot_gates(path: str | Path) -> None:
    """Draw AND, OR, NAND and XOR on the unit square, with the perceptrons' lines and the regions between them.

    Parameters
    ----------
    path
        The file to write; its suffix decides the format, such as .png, .pdf or .svg.

    Raises
    ------
    InputError
        The suffix is not one that matplotlib can write.
    MissingExtraError
        matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("Drawing", "matplotlib", "plot") from error

    figure = Figure(figsize=(12, 3.6), layout="constrained")
    panels = figure.subplots(1, len(_GATES))
    for axes, (title, gate, lines) in zip(panels, _GATES, strict=True):
        axes.set_title(title)
        _plot_gate(axes, gate, lines)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    drawing.write(figure, Path(path))


def _plot_gate(axes: Any, gate: Callable[..., Any], lines: dict[str, Perceptron]) -> None:
    ticks = np.linspace(_LOW, _HIGH, 400)
    x1, x2 = np.meshgrid(ticks, ticks)
    regions = gate(np.column_stack([x1.ravel(), x2.ravel()])).reshape(x1.shape)
    axes.contourf(x1, x2, regions, levels=[-0.5, 0.5, 1.5], colors=_COLORS, alpha=0.16)
    for name, line in lines.items():
        (w1, w2), b = line.weights, line.bias
        axes.axline((0, -b / w2), slope=-w1 / w2, color="black")
        on_line = -b / (w1 + w2)
        axes.annotate(
            rf"${w1:g}\,x_1 {w2:+g}\,x_2 {b:+g} = 0$" if len(lines) == 1 else name,
            (on_line, on_line),
            rotation=-45,
            ha="center",
            va="center",
            fontsize="small",
            bbox={"boxstyle": "round,pad=0.2", "facecolor": "white", "edgecolor": "none"},
        )
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    outputs = gate(corners)
    for output, (color, marker) in enumerate(zip(_COLORS, _MARKERS, strict=True)):
        x, y = corners[outputs == output].T
        axes.scatter(x, y, s=150, color=color, marker=marker, edgecolor="white", zorder=3, label=f"output {output}")
    axes.set(xlabel="$x_1$", xlim=(_LOW, _HIGH), ylim=(_LOW, _HIGH), xticks=[0, 1], yticks=[0, 1], aspect="equal")
    axes.set_ylabel("$x_2$", rotation=0)
