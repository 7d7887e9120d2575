"""What the units or filters of the first layer look for, as images."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.common.drawing import empty, grid, signs
from chainrule.common.errors import InputError
from chainrule.common.fonts import with_hangul
from chainrule.common.words import words
from chainrule.layers import Conv2D, Dense
from chainrule.network import Network
from chainrule.plots.examples import NETWORK, image_shape

_SHOWN = 32
_PER_ROW = 8


def plot_filters(network: Network, *, ax: Any = None, lang: str | None = None) -> Any:
    """Draw the weights of the first layer as images, one for each filter or unit: blue below 0, vermilion above.

    All images share one scale of colors. Of filters over several channels, those of the first channel are drawn; of
    more than 32, the first 32.

    Parameters
    ----------
    network
        A network whose first layer with parameters is `Conv2D`, or `Dense` on images.
    ax
        Where to draw; the images divide its place. If None, on a figure of its own.
    lang
        The language of the labels, "en" or "ko"; None for the one that chainrule speaks.

    Returns
    -------
    matplotlib.figure.Figure
        The drawing.

    Raises
    ------
    InputError
        The first layer with parameters is another one, or examples are no images.
    MissingExtraError
        matplotlib is not installed.
    """
    say = words("plot_filters", lang)
    NETWORK.check("plot_filters", "network", network)
    images = _images(network)[:_SHOWN]
    figure, axes = grid(ax, len(images), _PER_ROW, (1.1, 1.2))
    largest = float(np.abs(images).max()) or 1.0
    for i, (panel, image) in enumerate(zip(axes, images, strict=True)):
        picture = panel.imshow(image, cmap=signs(), vmin=-largest, vmax=largest)
        panel.set_title(str(i), fontsize="small", pad=2)
        empty(panel)
    figure.colorbar(picture, ax=axes, label=say("weight"), shrink=0.8, aspect=30)
    return with_hangul(figure)


def _images(network: Network) -> Array:
    """Return the weights of the first layer that has some, shape (filters, height, width)."""
    network.summary()  # which refuses a network without parameters
    i, layer = next(
        ((i, layer) for i, layer in enumerate(network.body.layers) if layer.has_parameters), (0, network.body.layers[0])
    )
    if isinstance(layer, Conv2D):
        return np.moveaxis(network.params[i]["W"][:, :, 0, :], -1, 0)
    if not isinstance(layer, Dense) or any(not before.rearranges for before in network.body.layers[:i]):
        raise InputError(
            "plot_filters draws the weights of Conv2D, or of Dense on images, but layer {i}, the first with "
            "parameters, is {layer}. plot_distributions draws the weights of any layer.",
            i=i,
            layer=layer.label,
        )
    shape = image_shape("plot_filters", network.input_shape)
    W = network.params[i]["W"]
    return W.T.reshape(W.shape[1], *shape)[..., 0] if len(shape) == 3 else W.T.reshape(W.shape[1], *shape)
