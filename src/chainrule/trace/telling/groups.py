"""Layers that repeat, as one group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from chainrule.trace.record import LayerRecord

_LONGEST = 6  # layers that repeat together, at most
_OFTEN = 3  # times, at least


class Group(NamedTuple):
    """Layers one after another, and those after them that are of the same kinds and sizes."""

    shown: tuple[LayerRecord, ...]
    folded: tuple[LayerRecord, ...] = ()

    @property
    def times(self) -> int:
        """How many times those that are shown come again."""
        return len(self.folded) // len(self.shown)


def groups(records: Sequence[LayerRecord]) -> list[Group]:
    """Return layers in groups: of a pattern that comes three times or more, the first is shown."""
    kinds = [(r.label, str({name: a.shape for name, a in r.forward.items()})) for r in records]
    patterns, start = [], 0
    while start < len(records):
        length, times = max(
            ((n, _times(kinds, start, n)) for n in range(1, _LONGEST + 1)), key=lambda run: (run[1] - 1) * run[0]
        )
        if times < _OFTEN:
            length, times = 1, 1
        end = start + length * times
        patterns.append(Group(tuple(records[start : start + length]), tuple(records[start + length : end])))
        start = end
    return patterns


def _times(kinds: Sequence[object], start: int, length: int) -> int:
    """Return how many times the pattern that begins somewhere comes, one after another."""
    pattern, times = kinds[start : start + length], 1
    while kinds[start + times * length : start + (times + 1) * length] == pattern:
        times += 1
    return times
