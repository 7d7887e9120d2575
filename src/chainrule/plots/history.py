"""The cost curve, of a run or of a list of costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.common.errors import InputError
from chainrule.training.history import History


def plot_history(history: History | Sequence[float], *, ax: Any = None, lang: str | None = None) -> Any:
    """Draw the scores of every epoch, those of training beside those of validation, and mark the best epoch.

    Parameters
    ----------
    history
        What `fit` returns, or a list of costs such as the lessons return, one for each epoch.
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
        There is no epoch yet, or costs are no list of numbers.
    MissingExtraError
        matplotlib is not installed.
    """
    if not isinstance(history, History):
        costs = np.asarray(history)
        if costs.ndim != 1 or costs.dtype.kind not in "iuf":
            raise InputError(
                "plot_history takes the History that fit returns or a list of costs, but {kind} of shape {shape} came.",
                kind=type(history).__name__,
                shape=costs.shape,
            )
        history = History({"loss": cost} for cost in costs.tolist())
    return history.plot(ax=ax, lang=lang)
