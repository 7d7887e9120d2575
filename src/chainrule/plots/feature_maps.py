"""What each convolutional layer makes of one image."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.common.drawing import empty, panels
from chainrule.common.errors import InputError
from chainrule.common.fonts import with_hangul
from chainrule.common.words import words
from chainrule.network import Network
from chainrule.plots.examples import NETWORK, inputs
from chainrule.plots.passes import outputs

_MAPS = 8  # of each layer


def plot_feature_maps(network: Network, x: Any, *, ax: Any = None, lang: str | None = None) -> Any:
    """Draw an image and, a row per layer, up to eight channels of what each layer makes of it, in inference.

    Each map has its own scale, from its smallest number (dark) to its largest (light).

    Parameters
    ----------
    network
        A network with layers whose output has the shape (height, width, channels).
    x
        One image, in the shape of the network's examples.
    ax
        Where to draw; the maps divide its place. If None, on a figure of its own.
    lang
        The language of the labels, "en" or "ko"; None for the one that chainrule speaks.

    Returns
    -------
    matplotlib.figure.Figure
        The drawing.

    Raises
    ------
    InputError
        No layer gives such an output, or `x` is not one example.
    MissingExtraError
        matplotlib is not installed.
    """
    say = words("plot_feature_maps", lang)
    NETWORK.check("plot_feature_maps", "network", network)
    X = inputs(network, np.asarray(x)[None])
    rows = [(say("input"), X[0])] if X.ndim == 4 else []
    for i, (layer, output) in enumerate(zip(network.body.layers, outputs(network, X), strict=True)):
        if output.ndim == 4:
            rows.append((f"{i} {layer.label}\n{output.shape[1]}×{output.shape[2]}×{output.shape[3]}", output[0]))
    if not rows:
        raise InputError(
            "plot_feature_maps draws outputs of shape (height, width, channels), but no layer of this network has one. "
            "plot_distributions draws the outputs of any layer."
        )
    columns = min(_MAPS, max(maps.shape[-1] for _, maps in rows))
    figure, axes = panels(ax, len(rows), columns, (1.0, 1.0))
    for panel in axes.flat:
        empty(panel)
    for line, (title, maps) in zip(axes, rows, strict=True):
        _row(line, title, maps)
    return with_hangul(figure)


def _row(line: NDArray[Any], title: str, maps: NDArray[Any]) -> None:
    line[0].set_ylabel(title, rotation=0, ha="right", va="center", fontsize="small", labelpad=8)
    for channel, panel in enumerate(line[: maps.shape[-1]]):
        panel.imshow(maps[..., channel], cmap="cividis")
