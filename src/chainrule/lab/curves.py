"""The scores of every epoch, as columns; thinned where there are too many to draw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MOST_ROWS = 2000


class Curves:
    """Scores by epoch.

    However long it trains there are at most `MOST_ROWS` rows: of many epochs, every second, fourth, ... is kept, and
    the last one.

    Attributes
    ----------
    generation
        Grows when what was there before is not only continued.

    Examples
    --------
    >>> curves = Curves()
    >>> for epoch in range(1, 4):
    ...     curves.add(epoch, {"loss": 1 / epoch})
    >>> curves.columns["loss"][0], curves.columns["epoch"]
    (1.0, [1, 2, 3])
    """

    def __init__(self, columns: Mapping[str, list[Any]] | None = None, stride: int = 1, generation: int = 0) -> None:
        self.columns: dict[str, list[Any]] = {name: list(column) for name, column in (columns or {"epoch": []}).items()}
        self.generation, self._stride = generation, stride

    def __len__(self) -> int:
        return len(self.columns["epoch"])

    def copy(self, generation: int) -> Curves:
        """Return the same rows, as another generation."""
        return Curves(self.columns, self._stride, generation)

    def add(self, epoch: int, scores: Mapping[str, float]) -> None:
        """Add the scores of an epoch; what it lacks is NaN."""
        epochs = self.columns["epoch"]
        if epochs and epochs[-1] % self._stride:  # it was kept as the last one alone
            self._keep(slice(0, len(epochs) - 1))
        if len(self) and not scores.keys() <= self.columns.keys():
            self.generation += 1
        for name in scores:
            self.columns.setdefault(name, [float("nan")] * len(self))
        for name, column in self.columns.items():
            column.append(epoch if name == "epoch" else scores.get(name, float("nan")))
        if len(self) > MOST_ROWS:
            self._stride *= 2
            last = len(self) - 1
            epochs = self.columns["epoch"]
            rows = [i for i, epoch in enumerate(epochs) if not epoch % self._stride or i == last]
            self.columns = {name: [column[i] for i in rows] for name, column in self.columns.items()}
            self.generation += 1

    def cut(self, epoch: int) -> None:
        """Forget what came after an epoch."""
        kept = sum(e <= epoch for e in self.columns["epoch"])
        if kept < len(self):
            self._keep(slice(0, kept))
            self.generation += 1

    def last(self) -> dict[str, float]:
        """Return the scores of the last epoch; nothing before the first."""
        return {name: column[-1] for name, column in self.columns.items() if name != "epoch" and column}

    def _keep(self, rows: slice) -> None:
        for column in self.columns.values():
            column[:] = column[rows]
