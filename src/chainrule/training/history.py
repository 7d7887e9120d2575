"""The scores of every epoch: printed, as a data frame, and drawn."""

from __future__ import annotations

import math
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any

from chainrule.common import drawing, notebook
from chainrule.common.errors import InputError, missing_extra
from chainrule.common.fonts import with_hangul
from chainrule.common.number_text import number_text
from chainrule.common.text_table import text_table
from chainrule.common.texts import later, tr
from chainrule.common.words import Words, score_word, words

_DOTTED = 30  # up to so many epochs, each gets a dot
_SHOWN = 10  # of the first and as many of the last epochs, in a notebook


class History:
    """The scores of every epoch: a table when printed and in notebooks, and one list per score.

    >>> history = History()
    >>> history.append({"loss": 0.5, "accuracy": 0.75})
    >>> history.append({"loss": 0.25, "accuracy": 1.0})
    >>> history["loss"]
    [0.5, 0.25]
    >>> print(history)
    epoch    loss  accuracy
    1      0.5000    0.7500
    2      0.2500    1.0000
    """

    def __init__(self, rows: Iterable[dict[str, float]] = ()) -> None:
        self.rows: list[dict[str, float]] = [dict(row) for row in rows]

    def append(self, scores: dict[str, float]) -> None:
        """Add the scores of one epoch."""
        self.rows.append(scores)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, name: str) -> list[float]:
        return [row[name] for row in self.rows if name in row]

    @property
    def names(self) -> list[str]:
        """The names of the scores."""
        return list(dict.fromkeys(name for row in self.rows for name in row))

    def __repr__(self) -> str:
        last = "".join(f", {name} {number_text(value)}" for name, value in self.rows[-1].items()) if self.rows else ""
        return f"History({tr('{count} epochs', count=len(self))}{last})"

    def __str__(self) -> str:
        return text_table([tr("epoch"), *self.names], map(self._cells, range(len(self))))

    def _repr_html_(self) -> str:
        if not self.rows:
            return notebook.fragment(f"<p>{tr('No epoch yet: call fit first.')}</p>")
        watched, best = self._best()
        shown = [i for i in range(len(self)) if i < _SHOWN or i >= len(self) - _SHOWN or i == best]
        rows = [self._cells(i) for i in shown]
        said = tr("Lowest {score}: epoch {epoch}.", score=watched, epoch=best + 1)
        if len(shown) < len(self):
            said += " " + tr("{count:,} epochs are not shown.", count=len(self) - len(shown))
        table = notebook.table([tr("epoch"), *self.names], rows, [shown.index(best)])
        return notebook.fragment(f"{table}<p>{escape(said)}</p>")

    def _cells(self, i: int) -> list[str]:
        row = self.rows[i]
        return [str(i + 1), *(number_text(row[name]) if name in row else "" for name in self.names)]

    def _best(self) -> tuple[str, int]:
        """Return the loss by which epochs are told apart, and the number, from 0, of the one where it is lowest."""
        watched = "val_loss" if "val_loss" in self.names else "loss"
        return watched, min(range(len(self)), key=lambda i: self.rows[i].get(watched, math.inf))

    def to_frame(self) -> Any:
        """Return a pandas DataFrame: a row per epoch, counted from 1, and a column per score.

        Raises
        ------
        MissingExtraError
            pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise missing_extra("A data frame", "pandas", "log") from error
        epochs = pandas.RangeIndex(1, len(self) + 1, name="epoch")
        return pandas.DataFrame(self.rows, index=epochs, columns=self.names)

    def plot(self, path: str | Path | None = None, *, ax: Any = None, lang: str | None = None) -> Any:
        """Draw a panel per score, and mark the epoch of the lowest validation loss (or loss, where there is none).

        Parameters
        ----------
        path
            A file to write; its suffix decides the format, such as .png, .pdf or .svg.
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
            There is no epoch yet, or the suffix is not one that matplotlib can write.
        MissingExtraError
            matplotlib is not installed.
        """
        say = words("plot", lang)
        if not self.rows:
            raise InputError("There is nothing to draw yet: call fit first.")
        scores = list(dict.fromkeys(name.removeprefix("val_") for name in self.names))
        figure, axes = drawing.grid(ax, len(scores))
        for panel, score in zip(axes, scores, strict=True):
            self._panel(panel, score, say)
        drawing.legend(figure, axes, ax)
        figure = with_hangul(figure)
        if path is not None:
            drawing.write(figure, Path(path))
        return figure

    def _panel(self, axes: Any, score: str, say: Words) -> None:
        from matplotlib.ticker import MaxNLocator

        style = "o-" if len(self) <= _DOTTED else "-"
        curves = (score, say("training"), drawing.BLUE), (f"val_{score}", say("validation"), drawing.VERMILION)
        for name, label, color in curves:
            points = [(epoch, row[name]) for epoch, row in enumerate(self.rows, start=1) if name in row]
            if points:
                axes.plot(*zip(*points, strict=True), style, ms=4, color=color, label=label)
        watched, best = self._best()
        validated = watched == "val_loss"
        text = later("lowest validation loss: epoch {epoch}") if validated else later("lowest loss: epoch {epoch}")
        axes.axvline(best + 1, color=drawing.GRAY, linestyle=":", label=say(text, epoch=best + 1), zorder=1)
        axes.set(title=score_word(say, score), xlabel=say("epoch"), xlim=(0.5, len(self) + 0.5))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        drawing.plain(axes)
