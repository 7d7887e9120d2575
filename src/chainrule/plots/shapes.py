"""The shapes of a batch on its way through a network, and of the weights in between."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Params, Shape, leaves
from chainrule.common.drawing import GRAY, PALETTE, panels
from chainrule.common.fonts import with_hangul
from chainrule.common.settings import whole
from chainrule.common.words import words
from chainrule.layers.base import Layer, path_kinds
from chainrule.network import Network
from chainrule.plots.examples import NETWORK
from chainrule.plots.passes import outputs

_BATCH = PALETTE[1]
_SIZES = (PALETTE[0], PALETTE[2], PALETTE[4], PALETTE[3])  # of the numbers per example, in turn
_GAP, _LINE = 2.6, 4.9  # between the arrays of a batch, and between lines of them
_PER_LINE = 6
_SHORTEST, _LONGEST = 0.55, 1.6
_INCHES = 0.62  # of 1


class _Step(NamedTuple):
    """An array of the batch, and what made it of the one before."""

    shape: Shape  # of one example
    color: str  # of the numbers per example; as many numbers as before have the color of before
    weights: dict[str, Shape]  # by their names
    labels: tuple[str, ...]  # of the layers in between


def plot_shapes(network: Network, batch_size: int = 100, *, ax: Any = None, lang: str | None = None) -> Any:
    r"""Draw a batch as the rectangle of its rows and columns, before and after each layer, and the weights in between.

    .. math:: (m \times n_{in}) \cdot (n_{in} \times n_{out}) = (m \times n_{out})

    Lengths that must be equal have the same color, and sides grow with the logarithm of their length. Layers that keep
    the shape stand with the one before them.

    Parameters
    ----------
    network
        The network; it must have parameters, so that all shapes are known.
    batch_size
        How many examples there are in the batch.
    ax
        Where to draw. If None, on a figure of its own.
    lang
        The language of the labels, "en" or "ko"; None for the one that chainrule speaks.

    Returns
    -------
    matplotlib.figure.Figure
        The drawing.

    Raises
    ------
    InputError
        The network has no parameters yet.
    MissingExtraError
        matplotlib is not installed.
    """
    say, batch_size = words("plot_shapes", lang), whole("plot_shapes", "batch_size", batch_size, least=1)
    NETWORK.check("plot_shapes", "network", network)
    steps = _steps(network)
    lines = math.ceil(len(steps) / _PER_LINE)
    # What leads into the first array of a further line stands on its left.
    left, right = (-1.3 if lines == 1 else -_GAP), _GAP * (min(len(steps), _PER_LINE) - 1) + 1.0
    top, bottom = 1.7, -_LINE * (lines - 1) - 3.5
    figure, axes = panels(ax, size=(_INCHES * (right - left), _INCHES * (top - bottom)))
    panel = axes[0, 0]
    for position, step in enumerate(steps):
        name = say("input") if position == 0 else say("output") if position == len(steps) - 1 else ""
        _draw_batch(panel, position, step, batch_size, name)
        if position:
            _draw_weights(panel, position, steps[position - 1], step)
    panel.set(xlim=(left, right), ylim=(bottom, top), aspect="equal")
    panel.set_axis_off()
    return with_hangul(figure)


def _steps(network: Network) -> list[_Step]:
    """Return the arrays whose shape differs from the one before, and the last one."""
    network.summary()  # which refuses a network without parameters
    assert network.input_shape is not None
    steps = [_Step(network.input_shape, _SIZES[0], {}, ())]
    results = outputs(network, np.zeros((1, *network.input_shape), network.dtype))
    for layer, params, result in zip(network.body.layers, network.params, results, strict=True):
        shape, weights = result.shape[1:], _weights(layer, params)
        if not weights and shape == steps[-1].shape and len(steps) > 1:
            steps[-1] = steps[-1]._replace(labels=(*steps[-1].labels, layer.label))
        else:
            step = _SIZES.index(steps[-1].color) + (math.prod(shape) != math.prod(steps[-1].shape))
            steps.append(_Step(shape, _SIZES[step % len(_SIZES)], weights, (layer.label,)))
    return steps


def _weights(layer: Layer, params: Params) -> dict[str, Shape]:
    """Return the shapes of a layer's weights; those of several parts, by the name that they share."""
    kinds = path_kinds(layer, params)
    return {path.rpartition(".")[2]: p.shape for path, p in leaves(params) if kinds[path] == "weight" and p.ndim > 1}


def _place(position: int) -> tuple[float, float]:
    """Return where the array of a step has its center: from left to right, then in the next line."""
    return _GAP * (position % _PER_LINE), -_LINE * (position // _PER_LINE)


def _draw_batch(axes: Any, position: int, step: _Step, batch_size: int, name: str) -> None:
    x, y = _place(position)
    _draw_matrix(axes, (x, y), (batch_size, math.prod(step.shape)), (_BATCH, step.color))
    axes.text(x, y + 1.25, name, ha="center", va="bottom", fontweight="bold", fontsize="small")
    if len(step.shape) > 1:
        shape = " × ".join(map(str, step.shape))
        axes.text(x, y - 0.85, shape, ha="center", va="top", fontsize="x-small", color=step.color)


def _draw_weights(axes: Any, position: int, before: _Step, step: _Step) -> None:
    x, y = _place(position)
    x -= _GAP / 2
    axes.annotate("", (x + 0.35, y), (x - 0.35, y), arrowprops={"arrowstyle": "->", "color": GRAY})
    axes.text(x, y - 1.0, "\n".join(step.labels), ha="center", va="top", fontsize="x-small", linespacing=1.1)
    if not step.weights:
        return
    center = x, y - 2.5
    sizes = math.prod(before.shape), math.prod(step.shape)
    if list(step.weights.values()) == [sizes]:
        axes.text(x, y + 0.1, "× W", ha="center", va="bottom", fontsize="small", color=GRAY)
        _draw_matrix(axes, center, sizes, (before.color, step.color))
    else:
        axes.add_patch(_rectangle(center, (0.7, 0.7)))
        shapes = {name: " × ".join(map(str, shape)) for name, shape in step.weights.items()}
        several = len(shapes) > 1
        text = "\n".join(f"{name}: {shape}" if several else shape for name, shape in shapes.items())
        axes.text(x, center[1] - 0.45, text, ha="center", va="top", fontsize="x-small", color=GRAY, linespacing=1.1)


def _draw_matrix(axes: Any, center: tuple[float, float], sizes: tuple[int, int], colors: tuple[str, str]) -> None:
    """Draw a rectangle with the number of its rows at its left side and that of its columns above."""
    height, width = map(_side, sizes)
    axes.add_patch(_rectangle(center, (width, height)))
    x, y = center
    left, above = x - width / 2 + 0.07, y + height / 2 + 0.06
    axes.text(left, y, f"{sizes[0]:,}", ha="left", va="center", color=colors[0], fontsize="small", fontweight="bold")
    axes.text(x, above, f"{sizes[1]:,}", ha="center", va="bottom", color=colors[1], fontsize="small", fontweight="bold")


def _rectangle(center: tuple[float, float], size: tuple[float, float]) -> Any:
    from matplotlib.patches import Rectangle

    corner = center[0] - size[0] / 2, center[1] - size[1] / 2
    return Rectangle(corner, *size, facecolor="#f2f2f2", edgecolor=GRAY, linewidth=1)


def _side(length: int) -> float:
    """Return how long a side of so many numbers is drawn: the logarithm, within what there is place for."""
    return min(_SHORTEST + 0.15 * math.log(length), _LONGEST)
