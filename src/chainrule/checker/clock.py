"""How long something is tried, in seconds of the processor: so a busy machine changes no verdict."""

from __future__ import annotations

import math
import signal
import sys
import time
from collections.abc import Callable

SLOWEST = 6.0  # times as long by the clock on the wall; more is not waited for
HURRIED = 100.0  # times as fast the time goes once it is late
IDLE = 0.01  # of the time by the clock on the wall: who works less, on the busiest machine, waits for something
WINDOW = 1.0  # seconds, at least, after which is said whether something only waits
SHORTEST = 0.05  # seconds from one look to the next


class Stopwatch:
    """Counts how long this process, and others for it, have worked since it was made; waiting counts less."""

    def __init__(self) -> None:
        self._worked, self._begun = time.process_time(), time.perf_counter()
        self.elsewhere = 0.0

    def seconds(self) -> float:
        """Return the seconds until now."""
        worked = time.process_time() - self._worked + self.elsewhere
        return max(worked, (time.perf_counter() - self._begun) / SLOWEST)


_of_check = [Stopwatch()]
_latest = [math.inf]


def restart() -> None:
    """Begin to count for a new check: what a process did before, and waited for, is none of it."""
    _of_check[0] = Stopwatch()


def now() -> float:
    """Return the seconds that were worked for this check."""
    worked = _of_check[0].seconds()
    return worked + HURRIED * max(0.0, worked - _latest[0])


def hurry_after(seconds: float) -> None:
    """Have the time of everything run out soon when so many seconds were worked: what is judged by then is told."""
    _latest[0] = seconds


def spend(seconds: float) -> None:
    """Count seconds that another process has worked for this one."""
    _of_check[0].elsewhere += seconds


def by_the_wall(seconds: float) -> float:
    """Return how long to wait at most for so many seconds of work: no longer where no system stops that work."""
    return seconds * SLOWEST if hasattr(signal, "setitimer") else seconds


def of_process(number: int) -> Callable[[], float]:
    """Return what says how long another process has worked; outside of Linux, the clock on the wall."""
    if sys.platform != "linux":
        return time.perf_counter
    return lambda: time.clock_gettime(~number << 3 | 2)  # clock_getcpuclockid(3): how Linux names that clock


class Allowance:
    """Seconds of work for something that does not end by itself, and no longer for what only waits.

    Parameters
    ----------
    seconds
        How many.
    worked
        What says how many were worked since whenever.
    """

    def __init__(self, seconds: float, worked: Callable[[], float]) -> None:
        self._worked, self._end = worked, worked() + seconds
        self._window, self._at_its_start = 0.0, worked()
        self._wait = seconds

    def look(self) -> float:
        """Return in how many seconds by the clock on the wall to look again, as often as they are over; 0 at the end.

        The first look is due after the seconds that there are.
        """
        worked = self._worked()
        self._window += self._wait
        if self._window >= WINDOW:
            if worked - self._at_its_start < IDLE * self._window:
                return 0.0
            self._window, self._at_its_start = 0.0, worked
        self._wait = max(self._end - worked, SHORTEST)
        return self._wait if worked < self._end else 0.0
