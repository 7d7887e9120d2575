"""A learner's whole program, run once on made-up data to be watched."""

from __future__ import annotations

import ast
import contextlib
import copy
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.checker import clock
from chainrule.checker.learner import Raised, quiet
from chainrule.checker.watching.calls import Calls
from chainrule.checker.watching.demonstration import Demonstration
from chainrule.checker.watching.loops import BEGIN, CALL, PASS, Place, WithStops, one_pass
from chainrule.checker.watching.made_up import LOAD, WithData
from chainrule.checker.watching.rehearsal import Rehearsal

NAME = "<learner>"
SECONDS = 2.5  # of the processor, for all statements; one that has begun may take 2 s longer ...
ALL = 3.5  # ... and for what is called besides
IDLE = 6  # passes that may change nothing, such as those that `continue` at once
ENOUGH = 3  # passes of a loop ...
LONG = 0.3  # ... that takes longer than so many seconds of the processor


class _EnoughError(BaseException):
    """The time of the program is over; not an Exception, so that the learner's code does not catch it."""


class Program:
    """A program, and the loops that it came to.

    Parameters
    ----------
    tree
        The whole file.
    names
        Where it runs: its names.
    folder
        Where made-up data files are written.
    """

    def __init__(self, tree: ast.Module, names: dict[str, Any], folder: Path) -> None:
        stops, data = WithStops(), WithData(ast.unparse(tree), folder)
        self._original, self._data, self._is_cut = tree, data, False
        self._tree = ast.fix_missing_locations(stops.visit(data.visit(copy.deepcopy(tree))))
        self.places: list[Place] = stops.places
        self.failed: list[Raised] = []
        """What its statements stopped with."""
        self.stop: Raised | None = None
        """What it stopped with first, if everything until then was as it is on the learner's own machine."""
        self.first: dict[int, Rehearsal] = {}
        """The first pass of each loop that may change an array, by the number of its place."""
        self.calls = Calls()
        self.names = names
        self._begun: dict[int, tuple[int, clock.Stopwatch]] = {}
        self._kept = Counter[int]()
        self._numbers: dict[int, dict[str, type]] = {}
        stopped = {BEGIN: self._before_a_loop, PASS: self._before_a_pass, CALL: self.calls.called, LOAD: data.loaded}
        names["__builtins__"] |= stopped

    def run(self) -> None:
        """Run the program, statement by statement whatever some of them stop with, and what it does not call itself."""
        self._watch = clock.Stopwatch()
        self._until, self.calls.listening = SECONDS, True
        with contextlib.suppress(_EnoughError):
            for statement in self._statements():
                self._execute(statement)
        self._until = ALL
        with contextlib.suppress(_EnoughError, Exception):  # such as an attribute that raises when it is read
            Demonstration(self._original, self.names, self._shown).show(self.calls.first)
        self._until, self.calls.listening = None, False  # from now on, loops end where they end

    def _execute(self, statement: ast.stmt) -> None:
        self._check_time()
        code = compile(ast.Module([statement], []), NAME, "exec", dont_inherit=True)
        try:
            with quiet():
                exec(code, self.names)
        except Raised as raised:
            if not self.failed and not self._is_cut and not self._data.is_used:
                self.stop = raised
            self.failed.append(raised)

    def _shown(self, call: Callable[[], Any]) -> Any:
        """Return what a call comes to; if it raises, it was none that fits, and is forgotten."""
        self._check_time()
        loops, functions = set(self.first), set(self.calls.first)
        try:
            with quiet():
                return call()
        except Raised:
            self.first = {number: self.first[number] for number in self.first if number in loops}
            self.calls.forget(self.calls.first.keys() - functions)
            raise

    def _statements(self) -> Iterable[ast.stmt]:
        for statement in self._tree.body:
            is_main = isinstance(statement, ast.If) and "__name__" in ast.unparse(statement.test)
            yield from statement.body if is_main and isinstance(statement, ast.If) else [statement]

    def _check_time(self) -> None:
        if self._until is not None and self._watch.seconds() > self._until:
            raise _EnoughError

    def _before_a_loop(self, number: int) -> None:
        self._begun[number] = 0, clock.Stopwatch()

    def _before_a_pass(self, number: int, names: dict[str, Any], local: dict[str, Any]) -> bool:
        """Keep the state before a pass of a loop, and return whether the loop has run long enough."""
        if self._until is None:
            return False
        self._check_time()
        self._keep(number, names, None if local is names else local)
        passes, since = self._begun.get(number, (0, clock.Stopwatch()))
        self._begun[number] = passes + 1, since
        is_enough = passes >= ENOUGH and since.seconds() > LONG
        self._is_cut = self._is_cut or is_enough
        return is_enough

    def _keep(self, number: int, names: dict[str, Any], local: dict[str, Any] | None) -> None:
        """Keep the state before a pass, if it is the first, or if the one that is kept changed nothing.

        Where `b = 0` becomes an array, or a float, in the first pass, the second is the first that is like all others.
        """
        first, scope = self.first.get(number), names if local is None else local
        is_settled = self._kept[number] == IDLE or not self._becomes_another_kind(number, scope)
        if first is not None and is_settled and (self._kept[number] == IDLE or not first.is_unchanged(local)):
            self._kept[number] = IDLE
            return
        self._numbers[number] = {name: type(a) for name, a in scope.items() if type(a) in (int, float)}
        code = one_pass(self.places[number].loop, NAME) if first is None else first.code
        self._kept[number] += 1
        if code is not None:
            self.first[number] = Rehearsal(code, names, local)

    def _becomes_another_kind(self, number: int, scope: dict[str, Any]) -> bool:
        """Return whether what was a number before a pass is an array after it, or a float and no whole number."""
        kinds = self._numbers.get(number, {})
        return any(
            isinstance(scope.get(name), np.ndarray) or (kind is int and type(scope.get(name)) is float)
            for name, kind in kinds.items()
        )

    _watch = clock.Stopwatch()
    _until: float | None = None
