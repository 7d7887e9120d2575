"""Where an array is moved to see what depends on it, and what stands at such places."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.checker.derivatives.gradients import Places


def places_in(value: Any, most: int) -> Places:
    """Return where a quantity is moved: everywhere, if it is small, else in as many rows as possible.

    What goes wrong in one row only, as where a word occurs twice, is seen there alone.
    """
    numbers = np.random.default_rng(0).permutation(value.size)
    rows = numbers // max(1, value.size // len(value)) if value.ndim else numbers
    counts = np.bincount(rows)
    rounds = np.empty_like(rows)
    rounds[np.argsort(rows, kind="stable")] = np.arange(value.size) - np.repeat(np.cumsum(counts) - counts, counts)
    chosen = np.sort(numbers[np.argsort(rounds, kind="stable")[:most]])
    return tuple(tuple(map(int, np.unravel_index(number, value.shape))) for number in chosen)


def at(value: Any, places: Places) -> Any:
    """Return the numbers at some places, in one row."""
    return np.array([value[place] for place in places], float)
