"""The random numbers that a learner's code draws: the same each time, so that a file always gets the same verdict."""

from __future__ import annotations

import itertools
import random
from typing import Any

import numpy as np

_make, _numbers = np.random.default_rng, [itertools.count()]


def start_over() -> None:
    """Let NumPy and Python draw the same numbers from now on."""
    np.random.seed(0)
    random.seed(0)
    _numbers[0] = itertools.count()


def without_chance() -> None:
    """Let generators that are made without a seed be the same each time, too; for all of this process."""
    vars(np.random)["default_rng"] = _generator


def _generator(seed: Any = None) -> np.random.Generator:
    return _make(next(_numbers[0]) if seed is None else seed)
