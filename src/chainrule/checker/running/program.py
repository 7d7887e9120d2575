"""A learner's whole program, run on made-up data to be watched; and single passes of its loops, run again."""

from __future__ import annotations

import ast
import copy
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import numpy as np

from chainrule.checker.learner import Raised, quiet
from chainrule.checker.running import paths
from chainrule.checker.running.loops import STOP, Place, WithStops, one_pass
from chainrule.checker.running.made_up import LOAD, WithData, loaded
from chainrule.checker.running.memento import Memento
from chainrule.checker.running.paths import assign, at, reached

NAME = "<learner>"
SECONDS = 6.0
ENOUGH = 3  # passes of a loop ...
LONG = 0.3  # ... that takes longer than so many seconds
LARGEST = 100_000  # numbers in an array that is looked at


class _EnoughError(BaseException):
    """The time of the program is over; not an Exception, so that the learner's code does not catch it."""


class Change(NamedTuple):
    """What is changed before a pass runs again: a number, by how much."""

    path: paths.Path
    place: tuple[int, ...]
    by: float


@dataclass
class _Pass:
    """The state before the first pass of a loop."""

    memento: Memento
    globals: dict[str, Any]
    locals: dict[str, Any]
    code: Any = field(repr=False)


class Program:
    """A program that is run once; after that, the first pass of each loop that it came to can be run again.

    Parameters
    ----------
    tree
        The whole file.
    namespace
        Where it runs.
    folder
        Where made-up data files are written.
    """

    def __init__(self, tree: ast.Module, namespace: dict[str, Any], folder: Path) -> None:
        stops = WithStops()
        with_data = WithData(ast.unparse(tree), folder).visit(copy.deepcopy(tree))
        self._tree = ast.fix_missing_locations(stops.visit(with_data))
        self.places: list[Place] = stops.places
        self.failed: list[Raised] = []
        """What its statements stopped with."""
        self.first: dict[int, _Pass] = {}
        self._namespace = namespace
        self._begun: dict[int, tuple[int, float]] = {}
        self._again = False
        namespace["__builtins__"] |= {STOP: self._before_a_pass, LOAD: loaded}

    def run(self) -> None:
        """Run the program, statement by statement, whatever some of them stop with."""
        self._until = time.monotonic() + SECONDS
        for statement in self._statements():
            code = compile(ast.Module([statement], []), NAME, "exec", dont_inherit=True)
            try:
                with quiet():
                    exec(code, self._namespace)
            except Raised as raised:
                self.failed.append(raised)
            except _EnoughError:
                return

    def _statements(self) -> Iterable[ast.stmt]:
        for statement in self._tree.body:
            is_main = isinstance(statement, ast.If) and "__name__" in ast.unparse(statement.test)
            yield from statement.body if is_main and isinstance(statement, ast.If) else [statement]

    def _before_a_pass(self, number: int, names: dict[str, Any], local: dict[str, Any]) -> bool:
        """Remember the state before the first pass of a loop, and return whether the loop has run long enough."""
        if self._again:
            return False
        now = time.monotonic()
        if now > self._until:
            raise _EnoughError
        if number not in self._begun:
            self._begun[number] = 0, now
            code = one_pass(self.places[number].loop, NAME)
            if code is not None:
                self.first[number] = _Pass(Memento(names, local), names, names if local is names else {**local}, code)
        passes, since = self._begun[number]
        self._begun[number] = passes + 1, since
        return passes >= ENOUGH and now - since > LONG

    def before(self, number: int) -> dict[paths.Path, Any]:
        """Return the arrays and numbers before the first pass of a loop."""
        first = self.first[number]
        first.memento.restore()
        return _numbers(reached({**first.globals, **first.locals}))

    def again(
        self, number: int, changes: Iterable[Change] = (), wanted: Iterable[paths.Path] | None = None
    ) -> dict[paths.Path, Any]:
        """Run the first pass of a loop again, and return the arrays and numbers after it.

        Those of the functions that ran in it come with names such as "forward()" for what one returned and
        "forward().Z1" for a variable of it. Nothing of what the pass changes is left.

        Parameters
        ----------
        number
            Which loop: a key of `first`.
        changes
            What is changed before.
        wanted
            The paths that are returned; all of them if None.

        Raises
        ------
        Raised
            If the pass raises.
        """
        first = self.first[number]
        first.memento.restore()
        names = first.globals if first.locals is first.globals else {**first.globals, **first.locals}
        for change in changes:
            _move(names, *change)
        inside: dict[str, Any] = {}
        self._again = True
        try:
            with quiet():
                sys.setprofile(lambda frame, event, result: _note(inside, frame, event, result))
                try:
                    exec(first.code, names)
                finally:
                    sys.setprofile(None)
            numbers = _numbers(reached({**names, **inside}), wanted)
        finally:
            self._again = False
            first.memento.restore()
        return numbers


def _note(inside: dict[str, Any], frame: FrameType, event: str, result: Any) -> None:
    """Keep what the first call of each function of the learner's returns, and its variables."""
    if event == "return" and frame.f_code.co_filename.startswith("<"):
        name = f"{frame.f_code.co_name}()"
        if name not in inside and not name.startswith("<"):
            inside[name] = result
            inside.update({f"{name}.{variable}": value for variable, value in frame.f_locals.items()})


def _move(names: dict[str, Any], path: paths.Path, place: tuple[int, ...], by: float) -> None:
    value = at(names, path)
    if isinstance(value, np.ndarray) and value.flags.writeable:
        value[place] += by
    elif isinstance(value, np.ndarray):
        moved = value.copy()
        moved[place] += by
        assign(names, path, moved)
    else:
        assign(names, path, type(value)(value + by))


def _numbers(leaves: Mapping[paths.Path, Any], wanted: Iterable[paths.Path] | None = None) -> dict[paths.Path, Any]:
    """Return copies of what is numbers, and not too many."""
    paths = leaves if wanted is None else [path for path in wanted if path in leaves]
    chosen = {path: np.asarray(leaves[path]) for path in paths if not str(path[0].value).startswith("__")}
    return {path: a.copy() for path, a in chosen.items() if a.dtype.kind in "biuf" and 0 < a.size <= LARGEST}
