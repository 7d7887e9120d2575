"""Some of the learner's code, run again and again from the same state, with a number changed each time."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from types import CodeType, FrameType
from typing import Any

import numpy as np

from chainrule.checker import draws
from chainrule.checker.learner import quiet
from chainrule.checker.watching.memento import Memento
from chainrule.checker.watching.paths import Change, Path, assign, at, reached

LARGEST = 100_000  # numbers in an array that is looked at


class Rehearsal:
    """Code and the state that it begins with.

    Parameters
    ----------
    code
        What runs.
    names
        The names of the file.
    local
        The variables of the function that the code stands in; None at the top of the file.
    """

    def __init__(self, code: CodeType, names: dict[str, Any], local: Mapping[str, Any] | None = None) -> None:
        self.code, self.names, self.local = code, names, None if local is None else dict(local)
        self._memento = Memento(names, self.local)

    def is_unchanged(self, local: Mapping[str, Any] | None) -> bool:
        """Return whether the arrays of the file, and of the variables, are those that the code begins with."""
        kept = {name: value for name, value in (self.local or {}).items() if isinstance(value, np.ndarray)}
        return self._memento.is_unchanged and all((local or {}).get(name) is value for name, value in kept.items())

    def before(self) -> dict[Path, Any]:
        """Return the arrays and numbers that there are before."""
        self._memento.restore()
        return _numbers(reached(self._all()))

    def after(self, changes: Iterable[Change] = (), wanted: Iterable[Path] | None = None) -> dict[Path, Any]:
        """Run the code and return the arrays and numbers that there are then; nothing of what it changes is left.

        Those of the functions that ran have names: "Net.forward()" for what the first call returned, and
        "Net.forward().Z" for a variable of it.

        Parameters
        ----------
        changes
            What is changed before.
        wanted
            The paths that are returned; all of them if None.

        Raises
        ------
        Raised
            If the code raises.
        """
        self._memento.restore()
        names = self.names if self.local is None else self._all()
        for change in changes:
            _move(names, *change)
        inside: dict[str, Any] = {}
        wanted = None if wanted is None else [*wanted]
        try:
            with quiet():
                if wanted is None or any("()" in str(path[0].value) for path in wanted):  # it doubles the time
                    sys.setprofile(lambda frame, event, result: _note(inside, frame, event, result))
                try:
                    exec(self.code, names)
                finally:
                    sys.setprofile(None)
            return _numbers(reached(inside) | reached(names), wanted)
        finally:
            self._memento.restore()

    def _all(self) -> dict[str, Any]:
        return {**self.names, **(self.local or {})}


def _note(inside: dict[str, Any], frame: FrameType, event: str, result: Any) -> None:
    """Keep what the first call of each function of the learner's returns, and its variables."""
    module = frame.f_globals.get("__name__")  # the file will not do: that of Python's own abc is "<frozen abc>"
    if event == "return" and isinstance(module, str) and module.startswith("<"):
        name = f"{frame.f_code.co_qualname}()"
        if name not in inside and "<" not in name:
            inside[name] = result
            inside.update({f"{name}.{variable}": value for variable, value in frame.f_locals.items()})


def _move(names: dict[str, Any], path: Path, place: tuple[int, ...], by: float) -> None:
    value = at(names, path)
    if isinstance(value, np.ndarray) and value.flags.writeable:
        value[place] += by
    elif isinstance(value, np.ndarray):
        moved = value.copy()
        moved[place] += by
        assign(names, path, moved)
    else:
        assign(names, path, type(value)(value + by))


def _numbers(leaves: Mapping[Path, Any], wanted: Iterable[Path] | None = None) -> dict[Path, Any]:
    """Return copies of what is numbers, and not too many."""
    paths = leaves if wanted is None else [path for path in wanted if path in leaves]
    chosen = {path: np.asarray(leaves[path]) for path in paths if not str(path[0].value).startswith("__")}
    return {path: a.copy() for path, a in chosen.items() if a.dtype.kind in "biuf" and 0 < a.size <= LARGEST}


class Rehearsals:
    """Makes code to be rehearsed, with a learner's definitions.

    Parameters
    ----------
    names
        The names of the file.
    """

    def __init__(self, names: Mapping[str, Any]) -> None:
        self._names = names

    def exercise(self, setup: str, code: str, values: Mapping[str, Any]) -> Rehearsal:
        """Return code to be rehearsed; `setup` runs once, before, with values for some names.

        It draws the same random numbers each time.

        Raises
        ------
        Raised
            If the setup raises.
        """
        names = {**self._names, **values}
        draws.start_over()
        with quiet():
            exec(compile(setup, "<exercise>", "exec", dont_inherit=True), names)
        return Rehearsal(compile(code, "<exercise>", "exec", dont_inherit=True), names)
