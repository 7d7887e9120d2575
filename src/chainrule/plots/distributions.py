"""How weights, activations and gradients are spread, layer by layer, while a network learns."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.arrays import leaves
from chainrule.common.drawing import grid
from chainrule.common.errors import InputError
from chainrule.common.fonts import with_hangul
from chainrule.common.settings import choice
from chainrule.common.texts import later
from chainrule.common.words import Words, words
from chainrule.layers.base import path_kinds
from chainrule.network import Network
from chainrule.plots.examples import NETWORK, inputs, targets
from chainrule.plots.passes import loss_and_gradients, outputs
from chainrule.plots.snapshots import Snapshots, network_of, selected

_EPOCHS = 8  # histograms of a panel
_BINS = (12, 60)  # at least and at most
_FEW = 40  # numbers, of which a histogram would be single spikes: each is a dot instead
_OUTSIDE = 0.5  # percent of the numbers at each end that may lie outside: one far away would make the rest a line
_ZEROS = 0.01  # the share of zeros, as of units that ReLU shuts, from which on it is said instead of drawn
Numbers = dict[str, NDArray[Any]]


def plot_distributions(
    network: Network,
    snapshots: Snapshots,
    X: Any = None,
    y: Any = None,
    *,
    of: str = "weights",
    ax: Any = None,
    lang: str | None = None,
) -> Any:
    """Draw a panel per layer with a histogram for each of up to eight epochs, the first one at the bottom.

    All histograms are as high as their longest bar, and 1 % of the numbers may lie outside. Where more than 1 % are
    exactly 0, as behind a ReLU, they are left out and their share stands beside the histogram. A few numbers are
    dots.

    Parameters
    ----------
    network
        The network that was trained.
    snapshots
        What was a callback of its `fit`.
    X, y
        Examples that pass through the network: X for activations, both for gradients.
    of
        "weights" (without biases and scales), "activations" (the output of each layer) or "gradients" (of the loss, for
        the weights).
    ax
        Where to draw; the panels divide its place. If None, on a figure of its own.
    lang
        The language of the labels, "en" or "ko"; None for the one that chainrule speaks.

    Returns
    -------
    matplotlib.figure.Figure
        The drawing.

    Raises
    ------
    InputError
        There is no snapshot, or examples are missing.
    MissingExtraError
        matplotlib is not installed.
    """
    say = words("plot_distributions", lang)
    NETWORK.check("plot_distributions", "network", network)
    of = choice("plot_distributions", "of", of, _NUMBERS)
    needed = {"weights": {}, "activations": {"X": X}, "gradients": {"X": X, "y": y}}[of]
    missing = [name for name, data in needed.items() if data is None]
    if missing:
        raise InputError(
            "{of} need examples that pass through the network: give {missing} too.",
            of=of,
            missing=" and ".join(missing),
        )
    epochs = [
        (snapshot.epoch, _NUMBERS[of](network_of(network, snapshot), X, y))
        for snapshot in selected("plot_distributions", snapshots, _EPOCHS)
    ]
    names = list(epochs[0][1])
    if not names:
        raise InputError("This network has no weights. Draw its activations instead: of='activations'.")
    figure, axes = grid(ax, len(names), size=(3.6, 3.0))
    for panel, name in zip(axes, names, strict=True):
        _ridges(panel, [(epoch, numbers[name]) for epoch, numbers in epochs], say)
        panel.set_title(name, fontsize="medium")
        panel.set_xlabel(say(of))
    return with_hangul(figure)


def _weights(network: Network, X: Any, y: Any) -> Numbers:
    return _of_weights(network, network.params)


def _gradients(network: Network, X: Any, y: Any) -> Numbers:
    Y = targets(network, X, y)
    _, gradients = loss_and_gradients(network, inputs(network, X), Y)
    return _of_weights(network, gradients)


def _of_weights(network: Network, tree: Any) -> Numbers:
    """Return the arrays at the paths of weights, by the layer and the path."""
    kinds = path_kinds(network.body, network.params)
    layers = network.body.layers
    return {
        f"layer{path} ({layers[int(path.partition('.')[0])].label})": np.ravel(array)
        for path, array in leaves(tree)
        if kinds[path] == "weight"
    }


def _activations(network: Network, X: Any, y: Any) -> Numbers:
    results = outputs(network, inputs(network, X))
    layers = network.body.layers
    return {f"layer{i} ({layer.label})": np.ravel(A) for i, (layer, A) in enumerate(zip(layers, results, strict=True))}


_NUMBERS: dict[str, Callable[[Network, Any, Any], Numbers]] = {
    later("weights"): _weights,
    later("activations"): _activations,
    later("gradients"): _gradients,
}


def _ridges(axes: Any, epochs: list[tuple[int, NDArray[Any]]], say: Words) -> None:
    from matplotlib import colormaps

    few = epochs[0][1].size < _FEW
    outside = 0 if few else _OUTSIDE
    low, high = np.percentile(np.concatenate([numbers for _, numbers in epochs]), [outside, 100 - outside])
    if low == high:
        low, high = low - 0.5, high + 0.5
    if few:
        low, high = low - 0.05 * (high - low), high + 0.05 * (high - low)
    bins = int(np.clip(math.sqrt(epochs[0][1].size), *_BINS))
    edges = np.linspace(low, high, bins + 1)
    centers = (edges[:-1] + edges[1:]) / 2
    for row, (epoch, numbers) in enumerate(epochs):
        zeros = float(np.mean(numbers == 0))
        if zeros > _ZEROS:
            axes.text(
                1.0,
                row + 0.1,
                say("{share:.0%} are 0", share=zeros),
                fontsize=6.5,
                ha="right",
                va="bottom",
                transform=axes.get_yaxis_transform(),
                zorder=20,
            )
            numbers = numbers[numbers != 0]
        color = colormaps["cividis"](0.1 + 0.8 * row / max(len(epochs) - 1, 1))
        if few:
            axes.plot(numbers, np.full(numbers.size, row), "o", color=color, markersize=5, alpha=0.7, label=str(epoch))
            continue
        counts, _ = np.histogram(numbers, edges)
        heights = 1.5 * counts / max(counts.max(), 1)
        # Those of later epochs lie behind, so that each one's foot can be seen.
        axes.fill_between(centers, row, row + heights, color=color, alpha=0.85, linewidth=0, zorder=10 - row)
        axes.plot(centers, row + heights, color="white", linewidth=0.8, zorder=10 - row, label=str(epoch))
    axes.set_yticks(range(len(epochs)), [str(epoch) for epoch, _ in epochs])
    foot, head = (-0.5, -0.5) if few else (-0.1, 0.8)
    axes.set(ylabel=say("epoch"), xlim=(low, high), ylim=(foot, len(epochs) + head))
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", alpha=0.25)
