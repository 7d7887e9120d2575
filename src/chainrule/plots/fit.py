"""The curve that a network draws through points, for regression with one input."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.common.drawing import GRAY, VERMILION, panels, plain
from chainrule.common.errors import InputError
from chainrule.common.fonts import with_hangul
from chainrule.common.words import words
from chainrule.network import Network
from chainrule.plots.examples import NETWORK, inputs, targets

_POINTS = 400


def plot_fit(network: Network, X: Any, y: Any, *, ax: Any = None, lang: str | None = None) -> Any:
    """Draw examples with one input and one value as points, and what the network predicts in between as a curve.

    Parameters
    ----------
    network
        A network for regression, with one input and one output.
    X, y
        Examples of shape (n, 1) and their values.
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
        The network has more inputs or outputs, or answers with classes.
    MissingExtraError
        matplotlib is not installed.
    """
    say = words("plot_fit", lang)
    NETWORK.check("plot_fit", "network", network)
    if (network.loss.task, network.input_shape, network.output_shape) != ("regression", (1,), (1,)):
        raise InputError(
            "plot_fit draws one value over one input, but this network has {loss}, examples of shape "
            "{input_shape} and outputs of shape {output_shape}. plot_predicted draws values of any inputs.",
            loss=type(network.loss).__name__,
            input_shape=network.input_shape,
            output_shape=network.output_shape,
        )
    true, points = targets(network, X, y), inputs(network, X)
    figure, axes = panels(ax)
    panel = axes[0, 0]
    panel.scatter(points.ravel(), true.ravel(), s=10, color=GRAY, alpha=0.5, linewidth=0, label=say("examples"))
    between = np.linspace(points.min(), points.max(), _POINTS)
    panel.plot(between, network.predict(between[:, None])[:, 0], color=VERMILION, linewidth=2, label=say("the network"))
    panel.set(xlabel="x", ylabel="y")
    panel.legend(fontsize="small")
    plain(panel)
    return with_hangul(figure)
