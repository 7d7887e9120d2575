"""What the numbers must show: ratios of our time to a peer's, with their limits; the arithmetic of the tables."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Any

from benchmarks.contenders import OURS

Times = dict[str, list[float]]
"""Seconds per step of each round, by contender."""

_TORCH = ("torch", "torch-1")
_JAX = ("jax-step", "jax-scan")


@dataclass(frozen=True)
class Target:
    """The time of one of ours over that of the best of some peers must not exceed a limit (None: is only reported)."""

    workload: str
    ours: str
    peers: tuple[str, ...]
    limit: float | None


def _targets(ours: str, peers: tuple[str, ...], limits: dict[str, float | None]) -> list[Target]:
    return [Target(workload, ours, peers, limit) for workload, limit in limits.items()]


TARGETS = [
    *_targets("numpy", _TORCH, {"W1": 0.20, "W2": 0.25, "W3": 1.05, "W4": 1.25, "W5": 1.25}),
    *_targets("numpy", _TORCH, {"W6": 1.6, "W7": 1.6, "W8": 1.8, "W9": 0.5, "W10": 1.2}),
    *_targets("fast", _TORCH, {"W3": 0.95, "W4": 1.10, "W5": 1.10}),
    *_targets(
        "xla", _JAX, {"W1": 1.1, "W2": 1.05, "W3": 1.0, "W4": 1.0, "W5": 1.0, "W6": 0.85, "W7": 0.75, "W8": 0.65}
    ),
    *_targets("xla", _JAX, {"W9": None, "W10": None}),
    *_targets("fast", ("torch-sparse",), {"lazy-500000": 1.0, "lazy-1000000": 1.0}),
    *_targets("xla", ("torch", "torch-last"), {"depthwise": 1.2, "groups-4": 1.2, "groups-16": 1.2}),
    *_targets("numpy", ("sklearn",), dict.fromkeys(["W1", "W2", "W3", "W4", "W5"], 0.6)),
]


def deviating(first: dict[str, list[float]], rtol: float = 1e-3) -> list[str]:
    """Return who computes other first losses than the middle one of all contenders."""
    if len({len(values) for values in first.values()}) > 1:
        lengths = {name: len(values) for name, values in first.items()}
        raise ValueError(f"All contenders must report as many numbers, but they report {lengths}.")
    middle = [statistics.median_low(values) for values in zip(*first.values(), strict=True)]
    return [
        name
        for name, values in first.items()
        # Not "any(... > ...)", which a NaN would pass.
        if not all(abs(v - m) <= rtol * abs(m) + 1e-6 for v, m in zip(values, middle, strict=True))
    ]


def ratio(times: Times, ours: str, peers: tuple[str, ...]) -> tuple[float, float] | None:
    """Return our time over the best peer's, by minimum and by median over the rounds; None if a side did not run."""
    there = [times[peer] for peer in peers if peer in times]
    if ours not in times or not there:
        return None
    return min(times[ours]) / min(map(min, there)), statistics.median(times[ours]) / min(map(statistics.median, there))


def to_best_peer(times: Times, name: str) -> float | None:
    """Return a contender's shortest time over the shortest of all peers."""
    both = ratio(times, name, tuple(peer for peer in times if peer not in OURS))
    return None if both is None else both[0]


def verdicts(times: dict[str, Times]) -> list[dict[str, Any]]:
    """Return each target that could be measured, with its ratios and whether it is met (by the minimum)."""
    rows = []
    for target in TARGETS:
        both = ratio(times.get(target.workload, {}), target.ours, target.peers)
        if both is not None:
            by_minimum, by_median = both
            met = None if target.limit is None else by_minimum <= target.limit
            rows.append(vars(target) | {"ratio": by_minimum, "ratio_of_medians": by_median, "met": met})
    return rows
