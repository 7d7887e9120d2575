"""How long something is tried, in seconds of the processor: so a busy machine changes no verdict."""

from __future__ import annotations

import math
import time

SLOWEST = 4.0  # times as long by the clock on the wall; more is not waited for
HURRIED = 100.0  # times as fast the time goes once it is late
_begun = time.perf_counter()
_elsewhere = [0.0]
_latest = [math.inf]


def now() -> float:
    """Return the seconds that this process has worked, and others for it."""
    wall = time.perf_counter() - _begun
    late = max(0.0, wall - _latest[0])
    return max(time.process_time() + _elsewhere[0], wall / SLOWEST) + HURRIED * late


def hurry_after(seconds: float) -> None:
    """Have the time of everything run out soon when so many seconds have gone by: what is judged by then is told."""
    _latest[0] = seconds


def spend(seconds: float) -> None:
    """Count seconds that another process has worked for this one."""
    _elsewhere[0] += seconds
