"""How long something is tried, in seconds of the processor: so a busy machine changes no verdict."""

from __future__ import annotations

import time

SLOWEST = 2.0  # times as long by the clock on the wall; more is not waited for
_begun = time.perf_counter()
_elsewhere = [0.0]


def now() -> float:
    """Return the seconds that this process has worked, and others for it."""
    return max(time.process_time() + _elsewhere[0], (time.perf_counter() - _begun) / SLOWEST)


def spend(seconds: float) -> None:
    """Count seconds that another process has worked for this one."""
    _elsewhere[0] += seconds
