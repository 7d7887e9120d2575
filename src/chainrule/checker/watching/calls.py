"""The learner's own calls while their program runs: with what each function was called first."""

from __future__ import annotations

from typing import Any

from chainrule.checker.learner import copied


class Calls:
    """Keeps the first call of each function of the learner's file: copies of the arguments, by their names."""

    def __init__(self) -> None:
        self.first: dict[str, dict[str, Any]] = {}
        """By the names of the functions, "Class.method" for methods; the object itself is "self"."""
        self.listening = False

    def called(self, function: str, arguments: dict[str, Any]) -> None:
        """Keep what a function is called with, if it is its first call."""
        if self.listening and function not in self.first:
            self.listening = False  # copying an object may call what it defines
            self.first[function] = {name: _copied(value) for name, value in arguments.items()}
            self.listening = True


def _copied(value: Any) -> Any:
    try:
        return copied(value)
    except Exception:  # a file, a generator: what cannot be copied is not needed
        return None
