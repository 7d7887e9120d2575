"""Logic gates on the unit square, with the perceptrons' lines and the regions between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.common.drawing import MARKERS, PALETTE, grid, legend
from chainrule.common.fonts import with_hangul
from chainrule.common.texts import later
from chainrule.common.words import Words, words
from chainrule.lessons.perceptron import AND, NAND, OR, Perceptron, xor

_GATES: list[tuple[str, Callable[..., Any], dict[str, Perceptron]]] = [
    ("AND", AND, {"AND": AND}),
    ("OR", OR, {"OR": OR}),
    ("NAND", NAND, {"NAND": NAND}),
    (later("XOR: both OR and NAND"), xor, {"OR": OR, "NAND": NAND}),
]
_LOW, _HIGH = -0.5, 1.5


def plot_gates(*, ax: Any = None, lang: str | None = None) -> Any:
    """Draw AND, OR, NAND and XOR on the unit square, with the perceptrons' lines and the regions between them.

    Parameters
    ----------
    ax
        Where to draw; the four panels divide its place. If None, on a figure of its own.
    lang
        The language of the labels, "en" or "ko"; None for the one that chainrule speaks.

    Returns
    -------
    matplotlib.figure.Figure
        The drawing.

    Raises
    ------
    InputError
        For Korean there is no font.
    MissingExtraError
        matplotlib is not installed.
    """
    say = words("plot_gates", lang)
    figure, axes = grid(ax, len(_GATES), len(_GATES), (3.0, 3.7))
    for panel, (title, gate, lines) in zip(axes, _GATES, strict=True):
        panel.set_title(say(title))
        _plot_gate(panel, gate, lines, say)
    legend(figure, axes, ax)
    return with_hangul(figure)


def _plot_gate(axes: Any, gate: Callable[..., Any], lines: dict[str, Perceptron], say: Words) -> None:
    ticks = np.linspace(_LOW, _HIGH, 400)
    x1, x2 = np.meshgrid(ticks, ticks)
    regions = gate(np.column_stack([x1.ravel(), x2.ravel()])).reshape(x1.shape)
    axes.contourf(x1, x2, regions, levels=[-0.5, 0.5, 1.5], colors=PALETTE[:2], alpha=0.16)
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
    for output, (color, marker) in enumerate(zip(PALETTE[:2], MARKERS[:2], strict=True)):
        x, y = corners[outputs == output].T
        label = say("output {output}", output=output)
        axes.scatter(x, y, s=150, color=color, marker=marker, edgecolor="white", zorder=3, label=label)
    axes.set(xlabel="$x_1$", xlim=(_LOW, _HIGH), ylim=(_LOW, _HIGH), xticks=[0, 1], yticks=[0, 1], aspect="equal")
    axes.set_ylabel("$x_2$", rotation=0)
