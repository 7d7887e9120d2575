"""The learner's own calls while their program runs: with what each function was called, and what it returned."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

from chainrule.checker.learner import copied


@dataclass
class Recorded:
    """One call.

    Parameters
    ----------
    arguments
        Copies, by the names of the parameters; the object itself is "self".
    result
        A copy of what it returned.
    after
        Copies of the arguments when it returned.
    """

    arguments: dict[str, Any]
    result: Any = None
    after: dict[str, Any] | None = None


class Recorder:
    """Keeps the first call of each function that the learner's file defines."""

    def __init__(self) -> None:
        self.calls: dict[str, Recorded] = {}
        """By the names of the functions, "Class.method" for methods."""
        self._open: dict[int, str] = {}

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Record what is called meanwhile."""
        sys.setprofile(self._notice)
        try:
            yield
        finally:
            sys.setprofile(None)

    def _notice(self, frame: FrameType, event: str, result: Any) -> None:
        code = frame.f_code
        if not code.co_filename.startswith("<learner"):
            return
        is_function = code.co_flags & inspect.CO_OPTIMIZED and "<" not in code.co_qualname
        if event == "call" and is_function and code.co_qualname not in self.calls:
            arguments = _arguments(frame)
            if arguments is not None:
                self.calls[code.co_qualname] = Recorded(arguments)
                self._open[id(frame)] = code.co_qualname
        elif event == "return" and id(frame) in self._open:
            call = self.calls[self._open.pop(id(frame))]
            call.result, call.after = _copied(result), _arguments(frame)


def _arguments(frame: FrameType) -> dict[str, Any] | None:
    code = frame.f_code
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    values = _copied({name: frame.f_locals.get(name) for name in names})
    return values if isinstance(values, dict) else None


def _copied(value: Any) -> Any:
    try:
        return copied(value)
    except Exception:  # a file, a generator: what cannot be copied is not needed
        return None
