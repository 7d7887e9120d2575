"""The loss over two parameters, and the paths that optimizers take on it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chainrule.arrays import Array, leaves, replace_leaves
from chainrule.common.drawing import MARKERS, PALETTE, panels
from chainrule.common.errors import DivergenceError, InputError
from chainrule.common.fonts import with_hangul
from chainrule.common.settings import choice, whole
from chainrule.common.words import words
from chainrule.equations.optimizers import OPTIMIZERS, Optimizer, clip_scale, find
from chainrule.layers.base import path_kinds
from chainrule.network import Network
from chainrule.plots.examples import NETWORK, inputs, targets
from chainrule.plots.passes import loss_and_gradients
from chainrule.plots.snapshots import Snapshot, network_of

_GRID = 32  # points along each axis
_LEVELS = 24
_DOTS = 12  # on a path
_RATE = 0.1  # of optimizers that are asked for by name: their usual rates, made for large networks, would hardly move
_ENTRY = re.compile(r"(?:layer)?(?P<path>[^\[\]]+)(?:\[(?P<index>\d+(?:, ?\d+)*)\])?")


class _Plane(NamedTuple):
    """A network of which two parameters may be moved."""

    network: Network
    X: NDArray[Any]
    Y: NDArray[Any]
    entries: tuple[tuple[str, tuple[int, ...]], ...]  # the paths and places of the two

    def arrays(self) -> dict[str, Array]:
        """Return all parameters by their paths."""
        return dict(leaves(self.network.params))

    def start(self) -> NDArray[np.float64]:
        """Return the two parameters as they are."""
        return np.array([float(self.arrays()[path][place]) for path, place in self.entries])

    def at(self, point: Any) -> tuple[float, NDArray[np.float64]]:
        """Return the loss at a point of the plane, and its gradient there, shape (2,)."""
        arrays = {path: np.array(array) for path, array in self.arrays().items()}
        for (path, place), value in zip(self.entries, point, strict=True):
            arrays[path][place] = value
        moved = network_of(self.network, Snapshot(0, replace_leaves(self.network.params, arrays)))
        loss, gradients = loss_and_gradients(moved, self.X, self.Y)
        by_path = dict(leaves(gradients))
        return loss, np.array([float(by_path[path][place]) for path, place in self.entries])


def plot_surface(
    network: Network,
    X: Any,
    y: Any,
    parameters: Sequence[str],
    *,
    optimizers: Sequence[str] | Mapping[str, Optimizer] = ("sgd", "momentum", "adam"),
    steps: int = 50,
    ax: Any = None,
    lang: str | None = None,
) -> Any:
    r"""Draw the loss over two parameters, all others as they are, and the path of each optimizer from where they are.

    .. math:: (u, v) \mapsto L(u, v), \qquad (u, v)_{t+1} = \mathrm{rule}\left((u, v)_t, \nabla L\right)

    Each step takes the gradient of all examples for the two parameters alone, so the paths run on the surface that is
    drawn.

    Parameters
    ----------
    network
        The network; it is not changed.
    X, y
        Examples, as for `Network.fit`.
    parameters
        Two entries, such as ["layer0.W[0, 0]", "layer0.b[0]"]: the layer, the name and the place in the array.
    optimizers
        Optimizers by the names that they get in the legend, or names in `chainrule.optimizers.OPTIMIZERS`, which then
        have a learning rate of 0.1.
    steps
        How many steps each takes.
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
        There are not two parameters, or there is no such parameter or optimizer.
    DivergenceError
        A path leads to numbers that are not finite.
    MissingExtraError
        matplotlib is not installed.
    """
    say, steps = words("plot_surface", lang), whole("plot_surface", "steps", steps, least=1)
    NETWORK.check("plot_surface", "network", network)
    plane = _Plane(network, inputs(network, X), targets(network, X, y), _entries(network, parameters))
    paths = {name: _path(plane, name, rule, steps) for name, rule in _rules(optimizers).items()}
    figure, axes = panels(ax, size=(5.6, 4.4))
    _draw_surface(figure, axes[0, 0], plane, np.concatenate(list(paths.values())), say("loss"))
    for i, (name, path) in enumerate(paths.items()):
        color, marker = PALETTE[i % len(PALETTE)], MARKERS[i % len(MARKERS)]
        dots = {"marker": marker, "markersize": 4, "markevery": math.ceil(len(path) / _DOTS)}
        axes[0, 0].plot(*path.T, "-", color=color, linewidth=1.4, label=name, zorder=3, **dots)
    star = {"color": "black", "markeredgecolor": "white", "markersize": 14, "linestyle": "none"}
    axes[0, 0].plot(*plane.start(), marker="*", **star, label=say("start"), zorder=4)
    axes[0, 0].set(xlabel=parameters[0], ylabel=parameters[1])
    narrow = {"ncols": 4, "handlelength": 1.3, "columnspacing": 1.0, "frameon": False, "fontsize": "small"}
    axes[0, 0].legend(loc="lower center", bbox_to_anchor=(0.5, 1), **narrow)
    return with_hangul(figure)


def _entries(network: Network, parameters: Sequence[str]) -> tuple[tuple[str, tuple[int, ...]], ...]:
    if isinstance(parameters, str) or len(parameters) != 2 or parameters[0] == parameters[1]:
        raise InputError(
            'parameters are two entries, such as ["layer0.W[0, 0]", "layer0.b[0]"], but {parameters!r} came.',
            parameters=parameters,
        )
    return _entry(network, parameters[0]), _entry(network, parameters[1])


def _entry(network: Network, text: str) -> tuple[str, tuple[int, ...]]:
    network.summary()  # which refuses a network without parameters
    kinds = path_kinds(network.body, network.params)
    shapes = {path: p.shape for path, p in leaves(network.params) if kinds[path] != "statistic"}
    match = _ENTRY.fullmatch(text)
    path, place = ("", ()) if match is None else (match["path"], _place(match["index"]))
    shape = shapes.get(path)
    if shape is None or len(place) != len(shape) or any(i >= n for i, n in zip(place, shape, strict=True)):
        known = ", ".join(f"layer{path} of shape {shape}" for path, shape in shapes.items())
        raise InputError(
            "There is no parameter {name!r}. This network has {known}; write such as 'layer0.W[0, 0]'.",
            name=text,
            known=known,
        )
    return path, place


def _place(index: str | None) -> tuple[int, ...]:
    return () if index is None else tuple(map(int, index.split(",")))


def _rules(optimizers: Sequence[str] | Mapping[str, Optimizer]) -> dict[str, Optimizer]:
    if isinstance(optimizers, Mapping):
        return {str(name): find(rule, "plot_surface", f"optimizers[{name!r}]") for name, rule in optimizers.items()}
    names = [optimizers] if isinstance(optimizers, str) else optimizers
    return {name: OPTIMIZERS[choice("plot_surface", "optimizers", name, OPTIMIZERS)](lr=_RATE) for name in names}


def _path(plane: _Plane, name: str, rule: Optimizer, steps: int) -> NDArray[np.float64]:
    """Return the points that an optimizer comes through, shape (steps + 1, 2)."""
    kinds = path_kinds(plane.network.body, plane.network.params)
    decays = [kinds[path] == "weight" for path, _ in plane.entries]
    points = [plane.start()]
    states = [rule.init(value) for value in np.split(points[0], 2)]
    for t in range(1, steps + 1):
        with np.errstate(over="ignore", invalid="ignore"):
            loss, gradient = plane.at(points[-1])
        if not (math.isfinite(loss) and np.isfinite(gradient).all()):
            raise DivergenceError(
                "The path of {name} leads to a loss of {loss} in step {step}. Give it a smaller learning rate.",
                name=name,
                loss=loss,
                step=t,
            )
        if rule.clip_norm is not None:
            gradient = gradient * clip_scale(np.asarray(gradient @ gradient), rule.clip_norm)
        values = []
        for axis, (value, slope) in enumerate(zip(np.split(points[-1], 2), np.split(gradient, 2), strict=True)):
            value, states[axis] = rule.rule(value, slope, states[axis], t, decay=decays[axis])
            values.append(value)
        points.append(np.concatenate(values))
    return np.array(points)


def _draw_surface(figure: Any, axes: Any, plane: _Plane, points: NDArray[np.float64], label: str) -> None:
    """Draw the loss where the paths are, with a margin, in levels that lie closer near the lowest."""
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap
    from matplotlib.ticker import MaxNLocator

    low, high = points.min(axis=0), points.max(axis=0)
    margin = np.maximum(0.25 * (high - low), 0.25)
    u, v = (np.linspace(a, b, _GRID) for a, b in zip(low - margin, high + margin, strict=True))
    loss = np.array([[plane.at((x, y))[0] for x in u] for y in v])
    levels = loss.min() + (loss.max() - loss.min()) * np.linspace(0, 1, _LEVELS) ** 2
    if levels[0] == levels[-1]:
        raise InputError(
            "The loss is {loss:.3g} wherever the paths lead: it does not depend on these two parameters. Take others.",
            loss=loss.min(),
        )
    # Light grays, from white where the loss is least: paths of any color can be seen on them.
    grays = ListedColormap(colormaps["Greys"](np.linspace(0, 0.6, 256)))
    surface = axes.contourf(u, v, loss, levels=levels, cmap=grays)
    axes.contour(u, v, loss, levels=levels[::3], colors="white", linewidths=0.6)
    colorbar = figure.colorbar(surface, ax=axes, spacing="proportional", ticks=MaxNLocator(6))
    colorbar.set_label(label, labelpad=8)
