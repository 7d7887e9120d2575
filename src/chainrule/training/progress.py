"""What a person sees while a network trains: one live bar for the run, or one line per epoch."""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Mapping
from typing import Any

from chainrule.common import console
from chainrule.common.number_text import number_text
from chainrule.training.callbacks import Callback

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
            console.say(f"Going on from the checkpoint: {len(run.history)} epochs and {run.batch} batches are done.")

    def epoch_end(self, run: Any) -> None:
        """Print the line."""
        console.say(f"epoch {run.epoch}/{run.last_epoch}  {scores_text(run.scores)}  ({run.seconds:.1f} s)")


class LiveBar(Lines):
    """Draws a bar for the whole run with the scores and the time left."""

    def run_start(self, run: Any) -> None:
        """Draw the empty bar."""
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        super().run_start(run)
        columns: list[Any] = [TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[scores]}")]
        columns += [TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn()]
        file: Any = console.out()
        self._bar: Any = Progress(*columns, console=Console(file=file))
        self._drawn, self._finished = 0.0, run.scores
        total = run.last_epoch - run.first_epoch + 1
        self._task = self._bar.add_task(f"epoch {run.first_epoch}/{run.last_epoch}", total=total, scores="")
        self._bar.start()

    def _draw(self, run: Any, part: float) -> None:
        text = scores_text({**self._finished, **run.scores})
        completed = run.epoch - run.first_epoch + part
        self._bar.update(
            self._task, completed=completed, description=f"epoch {run.epoch}/{run.last_epoch}", scores=text
        )

    def batch_end(self, run: Any) -> None:
        """Move the bar, if it was not moved a moment ago."""
        now = time.perf_counter()
        if now - self._drawn >= _REFRESH:
            self._drawn = now
            self._draw(run, run.batch / run.batches if run.batches else 0.0)

    def epoch_end(self, run: Any) -> None:
        """Move the bar; validation scores stay on it during the next epoch."""
        self._finished = run.scores
        self._draw(run, 1.0)

    def run_end(self, run: Any) -> None:
        """Leave the bar as it is."""
        if hasattr(self, "_bar"):
            self._bar.stop()


def choose(verbose: bool) -> list[Callback]:
    """Return a live bar for a terminal (or a notebook that can draw one), else lines, and nothing if not verbose."""
    if not verbose:
        return []
    notebook = "ipykernel" in sys.modules and importlib.util.find_spec("ipywidgets") is not None
    return [LiveBar() if console.out().isatty() or notebook else Lines()]
