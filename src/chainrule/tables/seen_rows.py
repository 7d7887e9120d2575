"""Which rows a model learned from: a few digests in its file, by which they are known again."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_KEPT = 1000  # digests: of a larger table they are a sample, by which shares are known within some percent
_BITS = 48  # of a digest: whole numbers below 2**53, which JSON keeps
_DEVIATIONS = 3  # of a share by chance, which varies more among few rows
_BLOCK = 4096  # rows whose bits are widened at a time
_MORE = 0.05  # of the rows, that are equal beyond what chance makes


@dataclass(frozen=True)
class SeenRows:
    """What is known of the examples that a model learned from.

    Attributes
    ----------
    digests
        The smallest digests of the examples, in order; of one that comes twice, once.
    largest
        Up to which digest they are all there, so that others are compared up to it.
    by_chance
        The share of new examples that will be like one of training by chance: that of those in training which have a
        twin there (the estimate of Good and Turing).
    """

    digests: tuple[int, ...]
    largest: int
    by_chance: float

    @classmethod
    def of(cls, *parts: NDArray[Any]) -> SeenRows:
        """Return what is known of the examples in some arrays of shape (examples, ...)."""
        digests, counts = np.unique(np.concatenate([_digests(X) for X in parts]), return_counts=True)
        largest = digests[_KEPT - 1] if len(digests) >= _KEPT else 2**_BITS
        alone = np.count_nonzero(counts == 1) / max(counts.sum(), 1)
        return cls(tuple(digests[:_KEPT].tolist()), int(largest), float(1 - alone))

    def share_of(self, X: NDArray[Any]) -> float:
        """Return the share of examples that are like those of training; 0 if chance makes as many."""
        digests = _digests(X)
        compared = digests[digests <= self.largest]
        share = float(np.isin(compared, self.digests).mean()) if len(compared) else 0.0
        spread = math.sqrt(self.by_chance * (1 - self.by_chance) / max(len(compared), 1))
        return share if share > self.by_chance + max(_MORE, _DEVIATIONS * spread) else 0.0


def rebuilt_seen_rows(description: Mapping[str, Any]) -> SeenRows:
    """Return what a description says; raise TypeError or ValueError if it makes no sense."""
    seen = SeenRows(**{**description, "digests": tuple(description["digests"])})
    numbers = (*seen.digests, seen.largest)
    if not all(type(n) is int and 0 <= n <= 2**_BITS for n in numbers) or type(seen.by_chance) is not float:
        raise ValueError(f"its digests of rows are {description!r:.80}")
    return seen


def _digests(X: NDArray[Any]) -> NDArray[np.int64]:
    """Return a number for each example that is the same where all its inputs are.

    It is the multilinear hash of Carter and Wegman: the sum of the inputs' bits times odd numbers drawn once, modulo
    2**64, of which the upper bits are kept.
    """
    rows = np.ascontiguousarray(X, np.float32).reshape(len(X), math.prod(X.shape[1:])).view(np.uint32)
    factors = np.random.PCG64(0).random_raw(rows.shape[1]) | np.uint64(1)  # PCG64's bits never change, NumPy promises
    digests = np.empty(len(rows), np.uint64)
    for start in range(0, len(rows), _BLOCK):
        digests[start : start + _BLOCK] = rows[start : start + _BLOCK].astype(np.uint64) @ factors
    return (digests >> np.uint64(64 - _BITS)).astype(np.int64)
