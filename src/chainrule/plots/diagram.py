"""A fully connected network as circles and lines: weights as colors and widths, and the numbers of one example."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chainrule.common.drawing import BLUE, GRAY, VERMILION, panels
from chainrule.common.errors import InputError
from chainrule.common.fonts import with_hangul
from chainrule.common.texts import later
from chainrule.common.words import Words, words
from chainrule.layers import Dense
from chainrule.network import Network
from chainrule.plots.examples import NETWORK, inputs
from chainrule.plots.passes import outputs

_SHOWN = 10  # units of a column; of more, the first and the last ones
_NUMBERED = 4  # units of the smaller of two columns up to which weights are written on the lines between them
_RADIUS = 0.32
_GAP = 3.0  # between columns; units of a column are 1 apart
_INCHES = 0.58  # of 1


class _Column(NamedTuple):
    """The units of a layer, from top to bottom."""

    title: str
    units: int
    values: NDArray[Any] | None  # of one example, (units,)
    W: NDArray[Any] | None  # (units before, units)
    b: NDArray[Any] | None  # (units,)

    @property
    def shown(self) -> list[int]:
        """The units that are drawn."""
        if self.units <= _SHOWN:
            return list(range(self.units))
        half = _SHOWN // 2
        return [*range(half), *range(self.units - half, self.units)]

    def height(self, row: int) -> float:
        """Return how high the unit in a row of the column lies; the column is centered at 0."""
        shown = len(self.shown)
        rows = shown + (self.units > shown)  # a row of dots stands for those that are not drawn
        return (rows - 1) / 2 - row - (self.units > shown and row >= shown // 2)


def plot_network(network: Network, x: Any = None, *, ax: Any = None, lang: str | None = None) -> Any:
    r"""Draw the units of a fully connected network and the weights between them.

    .. math:: A = g(A_{before} W + b)

    A line is blue for a weight below 0 and vermilion for one above, the wider the larger it is among those of its
    layer. With an example, each unit shows its output and its bias, and in small networks each line its weight. Of more
    than ten units of a layer, the first and the last five are drawn.

    Parameters
    ----------
    network
        `Dense` layers, with layers without parameters that keep the number of units, such as activations, between them.
    x
        One example, of shape (features,), to show the numbers of. If None, there are none.
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
        A layer is of another kind, or `x` is not one example.
    MissingExtraError
        matplotlib is not installed.
    """
    say = words("plot_network", lang)
    NETWORK.check("plot_network", "network", network)
    columns = _columns(network, x, say)
    tallest = max(column.height(0) for column in columns)
    width, height = _GAP * (len(columns) - 1) + 1.8, 2 * tallest + 2.2
    figure, axes = panels(ax, size=(_INCHES * width, _INCHES * height + 0.3))
    panel = axes[0, 0]
    for position, (before, column) in enumerate(itertools.pairwise(columns)):
        _draw_weights(panel, position, before, column)
    for position, column in enumerate(columns):
        _draw_units(panel, position, column)
        panel.text(_GAP * position, tallest + 0.8, column.title, ha="center", va="center", fontsize="small")
    panel.set(xlim=(-0.9, width - 0.9), ylim=(-tallest - 1, tallest + 1.2), aspect="equal")
    panel.set_axis_off()
    _legend(panel, say)
    return with_hangul(figure)


def _columns(network: Network, x: Any, say: Words) -> list[_Column]:
    network.summary()  # which refuses a network without parameters
    assert network.input_shape is not None
    X = np.zeros((1, *network.input_shape), network.dtype) if x is None else inputs(network, np.asarray(x)[None])
    results = outputs(network, X)
    results[-1] = network.loss.activation(results[-1])
    numbers = [None if x is None else result[0] for result in (X, *results)]
    columns = [_Column(f"{say('input')} {X.shape[-1]:,}", X.shape[-1], numbers[0], None, None)]
    for i, (layer, params) in enumerate(zip(network.body.layers, network.params, strict=True)):
        if isinstance(layer, Dense) and results[i].ndim == 2:
            W = params["W"]
            columns.append(_Column(f"Dense {W.shape[1]:,}", W.shape[1], numbers[i + 1], W, params.get("b")))
        elif not layer.has_parameters and results[i].shape == (1, columns[-1].units):
            title = f"{columns[-1].title}\n{layer.label}"
            columns[-1] = columns[-1]._replace(title=title, values=numbers[i + 1])
        else:
            raise InputError(
                "plot_network draws Dense layers and activations on examples of shape (features,), but layer {i} is "
                "{layer}, whose output has the shape {shape}. plot_shapes draws every network.",
                i=i,
                layer=layer.label,
                shape=results[i].shape[1:],
            )
    activation = {"binary": "\nsigmoid", "multiclass": "\nsoftmax"}.get(network.loss.task, "")
    columns[-1] = columns[-1]._replace(title=f"{columns[-1].title}{activation}")
    return columns


def _draw_weights(axes: Any, position: int, before: _Column, column: _Column) -> None:
    assert column.W is not None
    largest = float(np.abs(column.W).max()) or 1.0
    fewer = min(len(before.shown), len(column.shown))
    left, right = _GAP * position + _RADIUS, _GAP * (position + 1) - _RADIUS
    # Lines that meet in one unit fan out, so here, beside the larger column, all numbers stand equally far apart.
    along = 1 / (fewer + 1) if len(column.shown) == fewer else fewer / (fewer + 1)
    for row, i in enumerate(before.shown):
        for below, j in enumerate(column.shown):
            w = float(column.W[i, j])
            ends = before.height(row), column.height(below)
            axes.plot(
                [left, right],
                ends,
                color=VERMILION if w > 0 else BLUE,
                linewidth=0.3 + 3.2 * abs(w) / largest,
                alpha=0.25 + 0.65 * abs(w) / largest,
                solid_capstyle="butt",
                zorder=1,
            )
            if column.values is not None and fewer <= _NUMBERED:
                place = left + along * (right - left), ends[0] + along * (ends[1] - ends[0])
                box = {"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}
                axes.text(*place, _number(w), fontsize=6, ha="center", va="center", bbox=box, zorder=2)


def _draw_units(axes: Any, position: int, column: _Column) -> None:
    from matplotlib.patches import Circle

    x = _GAP * position
    for row, unit in enumerate(column.shown):
        y = column.height(row)
        axes.add_patch(Circle((x, y), _RADIUS, facecolor="white", edgecolor=GRAY, linewidth=1.2, zorder=3))
        if column.values is None:
            continue
        axes.text(x, y, _number(column.values[unit]), fontsize=6.5, ha="center", va="center", zorder=4)
        if column.b is not None:
            below = f"b {_number(column.b[unit])}"
            axes.text(x, y - _RADIUS - 0.03, below, fontsize=5.5, ha="center", va="top", color=GRAY, zorder=4)
    if column.units > len(column.shown):
        axes.text(x, 0, "⋮", fontsize="x-large", ha="center", va="center", color=GRAY)


def _number(value: Any) -> str:
    """Return a number in a few characters; without a sign if it is rounded to 0."""
    return f"{round(float(value), 2) + 0.0:.2f}" if abs(value) < 100 else f"{float(value):.3g}"


def _legend(axes: Any, say: Words) -> None:
    for color, text in (BLUE, later("weight below 0")), (VERMILION, later("weight above 0")):
        axes.plot([], [], color=color, linewidth=3, label=say(text))
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0.03), ncols=2, frameon=False, fontsize="small")
