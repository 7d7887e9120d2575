"""A learner's whole program, run once on made-up data to be watched."""

from __future__ import annotations

import ast
import copy
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from chainrule.checker.learner import Raised, quiet
from chainrule.checker.watching.calls import Calls
from chainrule.checker.watching.loops import CALL, PASS, Place, WithStops, one_pass
from chainrule.checker.watching.made_up import LOAD, WithData, loaded
from chainrule.checker.watching.rehearsal import Rehearsal

NAME = "<learner>"
SECONDS = 6.0
ENOUGH = 3  # passes of a loop ...
LONG = 0.3  # ... that takes longer than so many seconds


class _EnoughError(BaseException):
    """The time of the program is over; not an Exception, so that the learner's code does not catch it."""


class Program:
    """A program, and the loops that it came to.

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
        self.first: dict[int, Rehearsal] = {}
        """The first pass of each loop, by the number of its place."""
        self.calls = Calls()
        self.names = namespace
        self._begun: dict[int, tuple[int, float]] = {}
        namespace["__builtins__"] |= {PASS: self._before_a_pass, CALL: self.calls.called, LOAD: loaded}

    def run(self) -> None:
        """Run the program, statement by statement, whatever some of them stop with."""
        self._until = time.monotonic() + SECONDS
        self.calls.listening = True
        for statement in self._statements():
            code = compile(ast.Module([statement], []), NAME, "exec", dont_inherit=True)
            try:
                with quiet():
                    exec(code, self.names)
            except Raised as raised:
                self.failed.append(raised)
            except _EnoughError:
                break
        self._until, self.calls.listening = None, False  # from now on, loops end where they end

    def _statements(self) -> Iterable[ast.stmt]:
        for statement in self._tree.body:
            is_main = isinstance(statement, ast.If) and "__name__" in ast.unparse(statement.test)
            yield from statement.body if is_main and isinstance(statement, ast.If) else [statement]

    def _before_a_pass(self, number: int, names: dict[str, Any], local: dict[str, Any]) -> bool:
        """Keep the state before the first pass of a loop, and return whether the loop has run long enough."""
        if self._until is None:
            return False
        now = time.monotonic()
        if now > self._until:
            raise _EnoughError
        if number not in self._begun:
            self._begun[number] = 0, now
            code = one_pass(self.places[number].loop, NAME)
            if code is not None:
                self.first[number] = Rehearsal(code, names, None if local is names else local)
        passes, since = self._begun[number]
        self._begun[number] = passes + 1, since
        return passes >= ENOUGH and now - since > LONG

    _until: float | None = None
