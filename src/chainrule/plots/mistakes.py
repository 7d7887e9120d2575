"""The examples that a network is most wrong about, with their pictures."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.common.drawing import empty, grid
from chainrule.common.errors import InputError
from chainrule.common.fonts import with_hangul
from chainrule.common.settings import whole
from chainrule.common.words import words
from chainrule.network import Network
from chainrule.plots.examples import NETWORK, answers, image_shape, inputs

_PER_ROW = 6


def plot_mistakes(network: Network, X: Any, y: Any, *, count: int = 12, ax: Any = None, lang: str | None = None) -> Any:
    r"""Draw the images whose true class gets the smallest probability, and with it the largest cross-entropy.

    .. math:: -\log P(\mathrm{true\ class})

    Parameters
    ----------
    network
        A classifier of images: examples of shape (height, width), with 1 or 3 channels, or as many pixels in a row.
    X, y
        Examples and their classes.
    count
        How many to draw at most.
    ax
        Where to draw; the images divide its place. If None, on a figure of its own.
    lang
        The language of the labels, "en" or "ko"; None for the one that chainrule speaks.

    Returns
    -------
    matplotlib.figure.Figure
        The drawing. Above each image are its row in X, its class, and the answer with its probability.

    Raises
    ------
    InputError
        The network does not answer with one class, examples are no images, or there is no mistake.
    MissingExtraError
        matplotlib is not installed.
    """
    say, count = words("plot_mistakes", lang), whole("plot_mistakes", "count", count, least=1)
    NETWORK.check("plot_mistakes", "network", network)
    P, predicted, true = answers("plot_mistakes", network, X, y)
    shape = image_shape("plot_mistakes", network.input_shape)
    wrong = np.flatnonzero(predicted != true)
    if not len(wrong):
        raise InputError(
            "There is no mistake to draw: all {count:,} answers are right. Give it examples that it was not trained "
            "on.",
            count=len(true),
        )
    worst = wrong[np.argsort(P[wrong, true[wrong]], kind="stable")][:count]
    figure, axes = grid(ax, len(worst), _PER_ROW, (1.5, 1.95))
    images = inputs(network, X).reshape(-1, *shape)
    caption = say("row {row}: {true}\ntaken for {predicted} ({share:.0%})")
    for panel, row in zip(axes, worst.tolist(), strict=True):
        panel.imshow(images[row], cmap="gray")
        answer = int(predicted[row])
        text = caption.format(row=row, true=int(true[row]), predicted=answer, share=P[row, answer])
        panel.set_title(text, fontsize="small")
        empty(panel)
    return with_hangul(figure)
