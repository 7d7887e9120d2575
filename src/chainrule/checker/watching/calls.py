"""The learner's own calls while their program runs: with what each function was called first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chainrule.checker.learner import arrays, copied

LARGEST = 2**20  # bytes of a call's arrays: all calls together are one message
MOST = 8 * 2**20


class Calls:
    """Keeps the first call of each function of the learner's file: copies of the arguments, by their names.

    A call with large arrays is not kept; a later one may have smaller ones.
    """

    def __init__(self) -> None:
        self.first: dict[str, dict[str, Any]] = {}
        """By the names of the functions, "Class.method" for methods; the object itself is "self"."""
        self.listening = False
        self._bytes = 0

    def called(self, function: str, arguments: dict[str, Any]) -> None:
        """Keep what a function is called with, if it is its first call."""
        if self.listening and function not in self.first:
            self.listening = False  # copying an object may call what it defines
            size = sum(value.nbytes for value in arrays(arguments))
            if size <= LARGEST and self._bytes + size <= MOST:
                self._bytes += size
                self.first[function] = {name: _copied(value) for name, value in arguments.items()}
            self.listening = True

    def forget(self, functions: Iterable[str]) -> None:
        """Forget calls that were none of the program's own, and came to nothing."""
        for function in [*functions]:
            del self.first[function]


def _copied(value: Any) -> Any:
    try:
        return copied(value)
    except Exception:  # a file, a generator: what cannot be copied is not needed
        return None
