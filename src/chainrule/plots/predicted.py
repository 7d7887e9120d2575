"""Predicted against true values, for regression."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.common.drawing import BLUE, GRAY, grid, plain
from chainrule.common.errors import InputError
from chainrule.common.fonts import with_hangul
from chainrule.common.words import words
from chainrule.network import Network
from chainrule.plots.examples import NETWORK, targets


def plot_predicted(network: Network, X: Any, y: Any, *, ax: Any = None, lang: str | None = None) -> Any:
    r"""Draw a point per example at its true and predicted value, a panel per output; right ones lie on the diagonal.

    .. math:: R^2 = 1 - \frac{\sum (y - \hat y)^2}{\sum (y - \bar y)^2}

    Parameters
    ----------
    network
        A network for regression.
    X, y
        Examples and their values.
    ax
        Where to draw; several panels divide its place. If None, on a figure of its own.
    lang
        The language of the labels, "en" or "ko"; None for the one that chainrule speaks.

    Returns
    -------
    matplotlib.figure.Figure
        The drawing. The titles have R² and the mean absolute error.

    Raises
    ------
    InputError
        The network answers with classes.
    MissingExtraError
        matplotlib is not installed.
    """
    say = words("plot_predicted", lang)
    NETWORK.check("plot_predicted", "network", network)
    if network.loss.task != "regression":
        raise InputError(
            "plot_predicted draws values, but {loss} is a loss for classes. Take plot_confusion, or "
            "plot_calibration for probabilities.",
            loss=type(network.loss).__name__,
        )
    true = targets(network, X, y)
    predicted = network.predict(X)
    outputs = predicted.shape[-1]
    predicted, true = predicted.reshape(-1, outputs), true.reshape(-1, outputs)
    figure, axes = grid(ax, outputs, size=(3.9, 3.9))
    for k, panel in enumerate(axes):
        _panel(panel, true[:, k].astype(float), predicted[:, k].astype(float))
        panel.set(xlabel=say("true value"), ylabel=say("predicted value"))
        if outputs > 1:
            panel.set_title(say("output {output}", output=k) + "\n" + panel.get_title(), fontsize="medium")
    return with_hangul(figure)


def _panel(axes: Any, true: Any, predicted: Any) -> None:
    spread = float(((true - true.mean()) ** 2).sum())
    # With one true value there is nothing to explain, and R² has no value.
    score = f"R² {1 - float(((true - predicted) ** 2).sum()) / spread:.3f}, " if spread else ""
    axes.scatter(true, predicted, s=14, color=BLUE, alpha=0.5, linewidth=0)
    axes.axline((true[0], true[0]), slope=1, color=GRAY, linestyle=":")
    low, high = min(true.min(), predicted.min()), max(true.max(), predicted.max())
    margin = 0.05 * (high - low) or 0.5
    limits = (low - margin, high + margin)
    error = float(np.abs(true - predicted).mean())
    axes.set(xlim=limits, ylim=limits, aspect="equal", title=f"{score}MAE {error:.3g}")
    plain(axes)
