"""Which classes a network takes for which."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.common.drawing import panels
from chainrule.common.fonts import with_hangul
from chainrule.common.words import words
from chainrule.network import Network
from chainrule.plots.examples import NETWORK, answers

_NUMBERED = 20  # up to so many classes, each cell has its count
_DARK = 0.45  # share of a row from which on white numbers are read better than black ones


def plot_confusion(network: Network, X: Any, y: Any, *, ax: Any = None, lang: str | None = None) -> Any:
    """Draw how many examples of each class (a row) get each answer (a column); right answers are on the diagonal.

    The color is the share of the row, on a scale of square roots, so that few mistakes can be seen too.

    Parameters
    ----------
    network
        A classifier.
    X, y
        Examples and their classes.
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
        The network does not answer with one class.
    MissingExtraError
        matplotlib is not installed.
    """
    say = words("plot_confusion", lang)
    NETWORK.check("plot_confusion", "network", network)
    P, predicted, true = answers("plot_confusion", network, X, y)
    classes = P.shape[1]
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (true, predicted), 1)
    side = min(2.6 + 0.38 * classes, 9)
    figure, axes = panels(ax, size=(side + 0.9, side))
    _draw(figure, axes[0, 0], counts, say("share of the row"))
    accuracy = say("{share:.1%} of {count:,} are right", share=np.mean(predicted == true), count=len(true))
    axes[0, 0].set(xlabel=say("predicted class"), ylabel=say("true class"), title=accuracy)
    return with_hangul(figure)


def _draw(figure: Any, axes: Any, counts: NDArray[Any], label: str) -> None:
    from matplotlib.colors import PowerNorm

    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    picture = axes.imshow(shares, cmap="Blues", norm=PowerNorm(0.5, 0, 1))
    colorbar = figure.colorbar(picture, ax=axes, label=label, shrink=0.85)
    colorbar.set_ticks([0, 0.01, 0.1, 0.5, 1], labels=["0", "1 %", "10 %", "50 %", "100 %"])
    if len(counts) > _NUMBERED:
        return
    axes.set(xticks=range(len(counts)), yticks=range(len(counts)))
    for (row, column), count in np.ndenumerate(counts):
        if count:
            color = "white" if shares[row, column] > _DARK else "black"
            axes.text(column, row, f"{count:,}", ha="center", va="center", fontsize="small", color=color)
