"""Activation functions with their slopes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.common.drawing import BLUE, VERMILION, grid, legend, plain
from chainrule.common.errors import InputError
from chainrule.common.fonts import with_hangul
from chainrule.common.settings import Each, OneOf
from chainrule.common.texts import tr
from chainrule.common.words import words
from chainrule.equations.activations import ACTIVATIONS
from chainrule.layers import Activation

_WHOLE_ROW = ("softmax", "log_softmax")
_ELEMENTWISE = tuple(name for name in ACTIVATIONS if name not in _WHOLE_ROW)
_JUMP = 0.5  # between neighbors on the axis, where no slope of a function that is continuous leads


def plot_activations(
    names: Sequence[str] = ("step", "sigmoid", "relu"), *, ax: Any = None, lang: str | None = None
) -> Any:
    r"""Draw activation functions, a panel for each, with their slopes as backward computes them.

    .. math:: A = g(Z), \qquad \frac{dA}{dZ} = g'(Z)

    Parameters
    ----------
    names
        Names in `chainrule.activations.ACTIVATIONS`, but softmax and log_softmax, which depend on a whole row.
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
        A name is unknown or that of a function of a whole row.
    MissingExtraError
        matplotlib is not installed.
    """
    say = words("plot_activations", lang)
    for name in names:
        if name in _WHOLE_ROW:
            raise InputError(
                "plot_activations draws functions of one number, but {name} depends on a whole row. There are {known}.",
                name=name,
                known=", ".join(_ELEMENTWISE),
            )
    rule = Each(OneOf(_ELEMENTWISE), tr("a list of names, of {names}", names=", ".join(_ELEMENTWISE)))
    names = rule.check("plot_activations", "names", names)
    figure, axes = grid(ax, len(names), size=(3.4, 3.0))
    for panel, name in zip(axes, names, strict=True):
        _panel(panel, name, say("value"), say("slope"))
    legend(figure, axes, ax)
    return with_hangul(figure)


def _panel(axes: Any, name: str, value: str, slope: str) -> None:
    Z = np.linspace(-5, 5, 1001)
    layer = Activation(name)
    A, cache = layer.forward({}, Z)
    derivative = np.asarray(layer.backward(cache, np.ones_like(Z))[0])
    axes.axhline(0, color="#bbbbbb", linewidth=0.8)
    axes.axvline(0, color="#bbbbbb", linewidth=0.8)
    axes.plot(Z, _with_gaps(A), color=BLUE, linewidth=2, label=value)
    axes.plot(Z, _with_gaps(derivative), "--", color=VERMILION, linewidth=2, label=slope)
    axes.set(title=name, xlabel="Z", xlim=(-5, 5))
    # A step is seen from a distance: on the axis alone it would coincide with the frame.
    low, high = min(A.min(), derivative.min()), max(A.max(), derivative.max())
    axes.set_ylim(low - 0.08 * (high - low), high + 0.08 * (high - low))
    plain(axes)


def _with_gaps(values: Array) -> Array:
    """Return values with a gap where they jump, which a line would bridge with a slope that is not there."""
    values = np.array(values)
    values[1:][np.abs(np.diff(values)) > _JUMP] = np.nan
    return values
