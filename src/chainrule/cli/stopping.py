"""Ctrl-C, and the signals by which systems ask a program to end: `docker stop`, Slurm, a closed terminal."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

_SIGNALS = [
    signal.Signals[name] for name in ("SIGINT", "SIGTERM", "SIGHUP") if name in signal.Signals.__members__
]  # Windows has no SIGHUP


class Stopping:
    """While it is entered, the signals raise KeyboardInterrupt, until what they would cut off must not be lost.

    Attributes
    ----------
    received
        The first signal, or None.
    """

    def __init__(self) -> None:
        self.received: signal.Signals | None = None
        self._once = self._protected = False
        self._held: Callable[[int], None] | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> None:
        self.received, self._once, self._protected, self._held = None, False, False, None
        if threading.current_thread() is not threading.main_thread():
            return  # only the main thread may, and it gets the signals
        for number in _SIGNALS:
            if signal.getsignal(number) not in (signal.SIG_IGN, None):  # nohup ignores SIGHUP, and means it
                self._before[number] = signal.signal(number, self._receive)

    def __exit__(self, *_: object) -> None:
        while self._before:
            signal.signal(*self._before.popitem())

    def once(self) -> None:
        """Let only one more signal raise: no other cuts off what is done about it."""
        self._once = True

    def protect(self) -> None:
        """Let no signal cut off what follows; it is only noted."""
        self._protected = True

    def hold(self, told: Callable[[int], None]) -> None:
        """Let no signal cut off anything: who is told of it says when to stop."""
        self._held = told

    @property
    def unheard(self) -> bool:
        """Whether a signal came that should have ended training by now."""
        return self.received is not None and self._held is None

    @property
    def interrupt(self) -> KeyboardInterrupt:
        """What the signal raises: it has the signal's name, unless it was Ctrl-C."""
        return KeyboardInterrupt() if self.received == signal.SIGINT else KeyboardInterrupt(self.name)

    @property
    def name(self) -> str:
        """The signal's name, or Ctrl-C."""
        return "Ctrl-C" if self.received in (None, signal.SIGINT) else str(self.received.name)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        self.received = self.received or signal.Signals(number)
        if self._held is not None:
            self._held(number)
        elif not self._protected:
            self._protected = self._once
            raise self.interrupt


stopping = Stopping()
"""Of the running command; handlers of signals belong to the whole process."""
