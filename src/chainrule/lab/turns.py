"""A lock between the thread that trains and those that ask: who asks comes next."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_NAP = 0.0002  # seconds


class Turns:
    """A lock that the training thread gives up as soon as somebody asks for it.

    A plain lock would mostly be taken again by the thread that has just let go of it.
    """

    def __init__(self) -> None:
        self._lock, self._counting, self._asking = threading.RLock(), threading.Lock(), 0

    @property
    def asked(self) -> bool:
        """Whether somebody waits."""
        return self._asking > 0

    @contextmanager
    def next(self) -> Iterator[None]:
        """Have the lock, before the training goes on."""
        with self._counting:
            self._asking += 1
        with self._lock:
            with self._counting:
                self._asking -= 1
            yield

    @contextmanager
    def training(self) -> Iterator[None]:
        """Have the lock, after all who asked."""
        while self._asking:
            time.sleep(_NAP)
        with self._lock:
            yield
