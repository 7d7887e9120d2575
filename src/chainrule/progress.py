"""What a person sees while a network trains: one live bar for the run, or one line per epoch."""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Mapping
from typing import Any

_REFRESH = 0.1  # seconds between updates of the live bar: drawing must not slow training down


def scores_text(scores: Mapping[str, float]) -> str:
    """Return scores in one line.

    >>> scores_text({"loss": 0.25, "accuracy": 0.9375})
    'loss 0.2500  accuracy 0.9375'
    """
    return "  ".join(f"{name} {value:.4f}" for name, value in scores.items())


class Silent:
    """Shows nothing; the base of the others."""

    def start(self, first_epoch: int, last_epoch: int, batches: int) -> None:
        """Begin a run of epochs."""

    def batch(self, epoch: int, done: int, scores: Mapping[str, float]) -> None:
        """Show the running scores of an epoch after some of its batches."""

    def epoch(self, epoch: int, scores: Mapping[str, float], seconds: float) -> None:
        """Show the scores of a finished epoch."""

    def close(self) -> None:
        """End the run, whatever ended it."""


class Lines(Silent):
    """Prints one line per epoch, for log files and pipes."""

    def start(self, first_epoch: int, last_epoch: int, batches: int) -> None:
        """Remember how many epochs there are."""
        self._last = last_epoch

    def epoch(self, epoch: int, scores: Mapping[str, float], seconds: float) -> None:
        """Print the line."""
        print(f"epoch {epoch}/{self._last}  {scores_text(scores)}  ({seconds:.1f} s)", flush=True)


class LiveBar(Silent):
    """Draws a bar for the whole run with the scores and the time left."""

    def start(self, first_epoch: int, last_epoch: int, batches: int) -> None:
        """Draw the empty bar."""
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        columns = [TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[scores]}")]
        self._bar: Any = Progress(*columns, TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn())
        self._first, self._last, self._batches, self._drawn = first_epoch, last_epoch, batches, 0.0
        self._finished: Mapping[str, float] = {}
        total = (last_epoch - first_epoch + 1) * batches
        self._task = self._bar.add_task(f"epoch {first_epoch}/{last_epoch}", total=total, scores="")
        self._bar.start()

    def _draw(self, epoch: int, done: int, scores: Mapping[str, float]) -> None:
        completed = (epoch - self._first) * self._batches + done
        text = scores_text({**self._finished, **scores})
        self._bar.update(self._task, completed=completed, description=f"epoch {epoch}/{self._last}", scores=text)

    def batch(self, epoch: int, done: int, scores: Mapping[str, float]) -> None:
        """Move the bar, if it was not moved a moment ago."""
        now = time.perf_counter()
        if now - self._drawn >= _REFRESH:
            self._drawn = now
            self._draw(epoch, done, scores)

    def epoch(self, epoch: int, scores: Mapping[str, float], seconds: float) -> None:
        """Move the bar; validation scores stay on it during the next epoch."""
        self._finished = scores
        self._draw(epoch, self._batches, scores)

    def close(self) -> None:
        """Leave the bar as it is."""
        self._bar.stop()


def choose(verbose: bool) -> Silent:
    """Return a live bar for a terminal (or a notebook that can draw one), else lines, and silence if not verbose."""
    if not verbose:
        return Silent()
    notebook = "ipykernel" in sys.modules and importlib.util.find_spec("ipywidgets") is not None
    return LiveBar() if sys.stdout.isatty() or notebook else Lines()
