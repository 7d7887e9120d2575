"""What a network answers in a plane, the line of each hidden unit, and how both came to be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.arrays import Array
from chainrule.common.drawing import GRAY, MARKERS, PALETTE, grid, legend, panels, write_film
from chainrule.common.errors import InputError
from chainrule.common.fonts import with_hangul
from chainrule.common.settings import number
from chainrule.common.words import Words, words
from chainrule.layers import Dense
from chainrule.network import Network
from chainrule.plots.examples import NETWORK, answers, inputs
from chainrule.plots.snapshots import Snapshot, Snapshots, network_of, selected

_GRID = 150  # points along each axis
_NUMBERED = 16  # up to so many units, each line gets its number
_BADGE = 0.07  # of the panel: the distance between two of the numbers
_PANELS, _FRAMES = 6, 60
Limits = tuple[tuple[float, float], tuple[float, float]]


def plot_boundary(network: Network, X: Any, y: Any, *, ax: Any = None, lang: str | None = None) -> Any:
    r"""Draw what a network answers everywhere in the plane, with the line on which each unit of the first layer is 0.

    .. math:: w_1 x_1 + w_2 x_2 + b = 0

    The color of a point is that of the most probable class, the paler the less certain. Where the first layer is not
    `Dense`, there are no lines.

    Parameters
    ----------
    network
        A classifier of points, with two inputs.
    X, y
        Points of shape (n, 2) and their classes.
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
        The network has not two inputs, or answers with no class.
    MissingExtraError
        matplotlib is not installed.
    """
    say = words("plot_boundary", lang)
    NETWORK.check("plot_boundary", "network", network)
    X, true = _points("plot_boundary", network, X, y)
    figure, axes = panels(ax, size=(5.2, 4.2))
    _draw(axes[0, 0], network, X, true, say)
    # Beside the panel there is place on a figure of our own alone.
    beside = {"loc": "upper left", "bbox_to_anchor": (1, 1), "frameon": False}
    axes[0, 0].legend(fontsize="small", **(beside if ax is None else {"loc": "best"}))
    return with_hangul(figure)


def plot_boundary_steps(
    network: Network, snapshots: Snapshots, X: Any, y: Any, *, ax: Any = None, lang: str | None = None
) -> Any:
    """Draw as `plot_boundary` does, a panel for each of up to six epochs: how the answers came to be.

    Parameters
    ----------
    network
        A classifier of points, with two inputs.
    snapshots
        What was a callback of its `fit`.
    X, y
        Points of shape (n, 2) and their classes.
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
        The network has not two inputs, answers with no class, or there is no snapshot.
    MissingExtraError
        matplotlib is not installed.
    """
    say = words("plot_boundary_steps", lang)
    NETWORK.check("plot_boundary_steps", "network", network)
    X, true = _points("plot_boundary_steps", network, X, y)
    chosen = selected("plot_boundary_steps", snapshots, _PANELS)
    figure, axes = grid(ax, len(chosen), size=(3.2, 3.0))
    for panel, snapshot in zip(axes, chosen, strict=True):
        _draw(panel, network_of(network, snapshot), X, true, say)
        panel.set_title(say("epoch {epoch}", epoch=snapshot.epoch))
    legend(figure, axes, ax)
    return with_hangul(figure)


def film_boundary(
    network: Network,
    snapshots: Snapshots,
    X: Any,
    y: Any,
    path: str | Path,
    *,
    seconds: float = 0.15,
    lang: str | None = None,
) -> None:
    """Write an animated GIF of how the answers came to be, a frame for each of up to 60 snapshots.

    Parameters
    ----------
    network
        A classifier of points, with two inputs.
    snapshots
        What was a callback of its `fit`.
    X, y
        Points of shape (n, 2) and their classes.
    path
        The file to write, with the suffix .gif.
    seconds
        How long a frame is shown; the last one stays for two seconds.
    lang
        The language of the labels, "en" or "ko"; None for the one that chainrule speaks.

    Raises
    ------
    InputError
        The network has not two inputs, answers with no class, there is no snapshot, or the suffix is not .gif.
    MissingExtraError
        matplotlib is not installed.
    """
    say, seconds = words("film_boundary", lang), number("film_boundary", "seconds", seconds, 0.02, 10)
    NETWORK.check("film_boundary", "network", network)
    X, true = _points("film_boundary", network, X, y)

    def frame(snapshot: Snapshot) -> Any:
        figure = plot_boundary(network_of(network, snapshot), X, true, lang=lang)
        figure.axes[0].set_title(say("epoch {epoch}", epoch=snapshot.epoch))
        return with_hangul(figure)

    write_film(map(frame, selected("film_boundary", snapshots, _FRAMES)), Path(path), seconds)


def _points(owner: str, network: Network, X: Any, y: Any) -> tuple[NDArray[Any], NDArray[np.int64]]:
    if network.input_shape != (2,):
        raise InputError(
            "{owner} draws a plane, so the network must take examples of shape (2,), but it takes {shape}. "
            "Train one on two features.",
            owner=owner,
            shape=network.input_shape,
        )
    _, _, true = answers(owner, network, X, y)
    return inputs(network, X), true


def _draw(axes: Any, network: Network, X: NDArray[Any], true: NDArray[np.int64], say: Words) -> None:
    (left, right), (bottom, top) = limits = _limits(X)
    x1, x2 = np.meshgrid(np.linspace(left, right, _GRID), np.linspace(bottom, top, _GRID))
    P = network.predict(np.column_stack([x1.ravel(), x2.ravel()]))
    P = np.concatenate([1 - P, P], axis=1) if P.shape[1] == 1 else P
    axes.imshow(
        _colors(P).reshape(_GRID, _GRID, 3), extent=(left, right, bottom, top), origin="lower", aspect="auto", zorder=0
    )
    for k in range(1 if P.shape[1] == 2 else P.shape[1]):
        margin = P[:, k] - np.delete(P, k, axis=1).max(axis=1)
        if margin.min() < 0 < margin.max():
            axes.contour(x1, x2, margin.reshape(x1.shape), levels=[0], colors="black", linewidths=2, zorder=2)
    _lines(axes, network, limits, say)
    for k in range(P.shape[1]):
        points, color, marker = X[true == k], PALETTE[k % len(PALETTE)], MARKERS[k % len(MARKERS)]
        axes.scatter(*points.T, s=16, color=color, marker=marker, edgecolor="white", linewidth=0.4, zorder=3)
        label = say("class {label}", label=k)
        axes.scatter([], [], s=40, color=color, marker=marker, edgecolor="white", label=label)
    axes.set(xlabel="$x_1$", ylabel="$x_2$", xlim=(left, right), ylim=(bottom, top))


def _limits(X: NDArray[Any]) -> Limits:
    low, high = X.min(axis=0), X.max(axis=0)
    margin = 0.12 * np.maximum(high - low, 1e-3)
    (left, bottom), (right, top) = (low - margin).tolist(), (high + margin).tolist()
    return (left, right), (bottom, top)


def _colors(P: NDArray[Any]) -> Array:
    """Return for probabilities the color of the largest, the nearer to white the less certain, shape (n, 3)."""
    from matplotlib.colors import to_rgb

    palette = np.array([to_rgb(PALETTE[k % len(PALETTE)]) for k in range(P.shape[1])])
    chance = 1 / P.shape[1]
    certainty = (P.max(axis=1, keepdims=True) - chance) / (1 - chance)
    return 1 - 0.45 * certainty * (1 - palette[P.argmax(axis=1)])


def _lines(axes: Any, network: Network, limits: Limits, say: Words) -> None:
    """Draw where each unit of the first layer is 0, as far as that is in sight."""
    if not isinstance(network.body.layers[0], Dense) or len(network.body.layers) == 1:
        return
    W, b = network.params[0]["W"], network.params[0].get("b", np.zeros(network.params[0]["W"].shape[1]))
    label: str | None = say("a hidden unit is 0")
    badges: list[NDArray[Any]] = []
    for unit, (w, bias) in enumerate(zip(W.T.astype(float), b.astype(float), strict=True)):
        ends = _segment(w, bias, limits)
        if ends is None:
            continue
        axes.plot(*ends.T, "--", color=GRAY, linewidth=1.1, zorder=1, label=label)
        label = None
        if len(b) <= _NUMBERED:
            badges.append(place := _free_place(ends, badges, limits))
            box = {"boxstyle": "circle,pad=0.15", "facecolor": "white", "edgecolor": GRAY, "linewidth": 0.6}
            axes.text(*place, str(unit), fontsize=6.5, ha="center", va="center", color=GRAY, bbox=box, zorder=4)


def _free_place(ends: NDArray[Any], badges: list[NDArray[Any]], limits: Limits) -> NDArray[Any]:
    """Return the first place on a line that is clear of the badges so far, or else the farthest from them."""
    size = np.array([high - low for low, high in limits])
    shares = np.linspace(0.05, 0.95, 40)[:, None]
    places: NDArray[Any] = ends[0] + shares * (ends[1] - ends[0])
    others = np.array(badges) if badges else np.full((1, 2), np.inf)
    distances = np.linalg.norm((places[:, None] - others) / size, axis=2).min(axis=1)
    free = distances > _BADGE
    best: NDArray[Any] = places[free.argmax() if free.any() else distances.argmax()]
    return best


def _segment(w: NDArray[Any], b: float, limits: Limits) -> NDArray[Any] | None:
    """Return the ends of the line w x + b = 0 inside of a rectangle, shape (2, 2), or None if it is outside."""
    ends = []
    for axis in 0, 1:
        for value in limits[axis]:
            if w[1 - axis] == 0:
                continue
            other = -(w[axis] * value + b) / w[1 - axis]
            low, high = limits[1 - axis]
            if low <= other <= high:
                ends.append((value, other) if axis == 0 else (other, value))
    return np.array([min(ends), max(ends)]) if len(ends) > 1 else None
