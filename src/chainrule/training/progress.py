"""What a person sees while a network trains: one live line for the run, or one line per epoch."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Mapping
from datetime import timedelta
from html import escape
from typing import Any

from chainrule.common import console, notebook
from chainrule.common.languages import language, speaking
from chainrule.common.number_text import number_text
from chainrule.common.texts import tr
from chainrule.training.callbacks import Callback

_NARROWEST_BAR = 6  # columns, with the space before it
_REFRESH = 0.1  # seconds between updates of the live bar: drawing must not slow training down


def scores_text(scores: Mapping[str, float]) -> str:
    """Return scores in one line.

    >>> scores_text({"loss": 0.25, "accuracy": 0.9375})
    'loss 0.2500  accuracy 0.9375'
    """
    return "  ".join(f"{name} {number_text(value)}" for name, value in scores.items())


class Lines(Callback):
    """Prints one line per epoch, for log files and pipes."""

    def run_start(self, run: Any) -> None:
        """Say where a run goes on."""
        if run.resumed:
            console.say(
                "Going on from the checkpoint: {epochs} epochs and {batches} batches are done.",
                epochs=len(run.history),
                batches=run.batch,
            )

    def epoch_end(self, run: Any) -> None:
        """Print the line."""
        console.say(
            "epoch {epoch}/{last_epoch}  {scores}  ({seconds:.1f} s)",
            epoch=run.epoch,
            last_epoch=run.last_epoch,
            scores=scores_text(run.scores),
            seconds=run.seconds,
        )


class LiveLine(Lines):
    """One line for the whole run, with the scores and the time left, drawn anew while the network trains."""

    def run_start(self, run: Any) -> None:
        """Draw the line with nothing done."""
        super().run_start(run)
        self._drawn, self._finished = 0.0, run.scores
        self._total = run.last_epoch - run.first_epoch + 1
        self._language = self._spoken()
        with speaking(self._language):
            self._left = tr("left")
        self._begin()
        self._draw_at(run, 0.0)

    def batch_end(self, run: Any) -> None:
        """Draw the line, if it was not drawn a moment ago."""
        if time.perf_counter() - self._drawn >= _REFRESH:
            self._draw_at(run, run.batch / run.batches if run.batches else 0.0)

    def epoch_end(self, run: Any) -> None:
        """Draw the line; validation scores stay on it during the next epoch."""
        self._finished = run.scores
        self._draw_at(run, 1.0)

    def _draw_at(self, run: Any, part: float) -> None:
        self._drawn = time.perf_counter()
        completed = run.epoch - run.first_epoch + part
        with speaking(self._language):
            epoch = tr("epoch {epoch}/{last_epoch}", epoch=run.epoch, last_epoch=run.last_epoch)
        self._draw(completed, epoch, scores_text({**self._finished, **run.scores}))

    def _spoken(self) -> str:
        """Return the language of the line."""
        return language()

    @abstractmethod
    def _begin(self) -> None:
        """Make what is drawn on."""

    @abstractmethod
    def _draw(self, completed: float, epoch: str, scores: str) -> None:
        """Show how many epochs of this run are completed, which one it is, and the scores."""


class LiveBar(LiveLine):
    """The line on a terminal."""

    def _spoken(self) -> str:
        return console.shown_language(console.out().encoding)

    def _begin(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        self._words = [TextColumn("{task.description}  {task.fields[scores]}")]
        self._times = [TimeElapsedColumn(), TextColumn(self._left), TimeRemainingColumn()]
        self._all = [TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[scores]}"), *self._times]
        file: Any = console.out()
        self._bar: Any = Progress(*self._all, console=Console(file=file))
        self._task = self._bar.add_task("", total=self._total, scores="")
        self._bar.start()

    def _draw(self, completed: float, epoch: str, scores: str) -> None:
        self._bar.columns = self._columns(f"{epoch}  {scores}")
        self._bar.update(self._task, completed=completed, description=epoch, scores=scores)

    def _columns(self, words: str) -> list[Any]:
        """Return what fits the terminal: rich would cut all columns alike, and the epoch's number with them."""
        from rich.cells import cell_len

        room = self._bar.console.width - cell_len(words)
        times = cell_len(f" 0:00:00 {self._left} 0:00:00")
        return self._all if room >= times + _NARROWEST_BAR else self._words + self._times * (room >= times)

    def run_end(self, run: Any) -> None:
        """Leave the bar as it is."""
        if hasattr(self, "_bar"):
            self._bar.stop()


class NotebookBar(LiveLine):
    """The line below a notebook's cell, which is one output that is replaced."""

    def _begin(self) -> None:
        from IPython.display import display

        self._started, self._sent = time.perf_counter(), 0.0
        self._shown: Any = display({"text/plain": ""}, raw=True, display_id=True)

    def _draw(self, completed: float, epoch: str, scores: str) -> None:
        seconds = time.perf_counter() - self._started
        times = str(timedelta(seconds=int(seconds)))
        if 0 < completed < self._total:
            left = timedelta(seconds=int(seconds * (self._total / completed - 1)))
            times = f"{times} {self._left} {left}"
        bar = f'<progress max="{self._total}" value="{completed:.3f}"></progress>'
        html = notebook.fragment(f"{epoch} {bar} {escape(scores)} &ensp; {times}")
        self._latest = {"text/plain": f"{epoch}  {scores}  {times}", "text/html": html}
        if self._drawn - self._sent >= _REFRESH:  # short epochs are many messages to the browser
            self._send()

    def _send(self) -> None:
        self._sent = self._drawn
        self._shown.update(self._latest, raw=True)

    def run_end(self, run: Any) -> None:
        """Leave the last line."""
        if hasattr(self, "_shown"):
            self._send()


def choose(verbose: bool) -> list[Callback]:
    """Return a live line for a notebook or a terminal, else a line per epoch, and nothing if not verbose."""
    if not verbose:
        return []
    if notebook.running():
        return [NotebookBar()]
    return [LiveBar() if console.out().isatty() else Lines()]
