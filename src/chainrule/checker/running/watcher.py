"""A learner's whole program in a process of its own: the judge asks what was seen of it, and has pieces run again."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from chainrule.checker import clock
from chainrule.checker.derivatives.training import Loop, Seen
from chainrule.checker.learner import Raised
from chainrule.checker.running.messages import EndedError, NotAMessageError, counted, need, send, typed
from chainrule.checker.running.remote import Connection, Remote, texts_to
from chainrule.checker.watching.paths import Change, Path, stepped, unstepped

SECONDS = (
    8.0  # of the processor, for one answer; the program itself ends earlier, unless it has taken hold of its process
)


class _Whole(Connection):
    """The pipes to the process that runs the whole program.

    Its end, unlike that of the process of the definitions, does not end the check: nothing more can be had of it.
    """

    def __init__(self, process: subprocess.Popen[bytes], request: Mapping[str, Any]) -> None:
        need(process.stdin is not None and process.stdout is not None)
        super().__init__(process.stdin, process.stdout)  # type: ignore[arg-type]
        self._process, self._request, self._has_begun = process, dict(request) | {"whole": True}, False

    def answer(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """Have something done there, and return the whole answer; the process is ended if none comes."""
        try:
            with _ended_after(SECONDS, self._process):
                if not self._has_begun:
                    self._begin()
                return super().answer(operation, **arguments)
        except EndedError:
            raise Raised("EndedError", "the process of the program has ended", None, inside=False) from None

    def _begin(self) -> None:
        """Have the program run; the byte before the request is what its process waits for."""
        self._has_begun = True
        try:
            self._requests.write(b"\n")
            send(self._requests, self._request)
        except OSError:
            raise EndedError from None


@contextlib.contextmanager
def _ended_after(seconds: float, process: subprocess.Popen[bytes]) -> Iterator[None]:
    """End a process if it works longer for this, or waits; so what is read from it ends, too."""
    if not hasattr(signal, "setitimer"):
        timer = threading.Timer(clock.by_the_wall(seconds), process.kill)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
        return
    # No thread: the limits of the judge do not allow for one.
    allowance = clock.Allowance(seconds, clock.of_process(process.pid))

    def look(*_: Any) -> None:
        wait = allowance.look()
        signal.setitimer(signal.ITIMER_REAL, wait)
        if not wait:
            process.kill()

    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


class RemoteWatcher:
    """What watches a learner's program, and rehearses their code.

    Parameters
    ----------
    connection
        How to reach the process that has the definitions.
    process
        The process that is to run the whole program.
    request
        What is to be checked.
    """

    def __init__(self, connection: Connection, process: subprocess.Popen[bytes], request: Mapping[str, Any]) -> None:
        self._connection, self._whole = connection, _Whole(process, request)
        self._seen: Seen | None = None

    def watch(self) -> Seen:
        """Return what was seen of the whole program while it ran on made-up data; nothing if its process ended."""
        if self._seen is None:
            self._seen = self._watched()
        return self._seen

    def _watched(self) -> Seen:
        try:
            told = self._whole.ask("watch")
        except Raised:
            return Seen((), {})
        seen = typed(told, tuple)
        need(len(seen) == 2)
        loops = []
        for told in typed(seen[0], list):
            need(isinstance(told, tuple) and len(told) == 3)
            name, line, rehearsal = told
            need(isinstance(rehearsal, Remote))
            loops.append(Loop(typed(name, str), counted(line), RemoteRehearsal(self._whole, rehearsal)))
        calls = {name: texts_to(arguments) for name, arguments in texts_to(seen[1]).items()}
        return Seen(tuple(loops), calls, self._stop())

    def _stop(self) -> Raised | None:
        """Return what the program stopped with, if that is its own doing."""
        try:
            self._whole.ask("stop")
        except Raised as raised:
            return raised
        return None

    def exercise(self, setup: str, code: str, values: Mapping[str, Any]) -> RemoteRehearsal:
        """Return code to be rehearsed with the file's definitions; `setup` runs once, before.

        It is rehearsed where the objects among the values are.
        """
        connection = next(_connections(dict(values)), self._connection)
        rehearsal = connection.ask("exercise", setup=setup, code=code, values=dict(values))
        need(isinstance(rehearsal, Remote))
        return RemoteRehearsal(connection, rehearsal)


def _connections(value: Any) -> Iterator[Connection]:
    """Yield how to reach the objects of the learner's in nested tuples, lists and dicts."""
    if isinstance(value, Remote):
        yield value._connection
    elif isinstance(value, dict | tuple | list):
        for child in value.values() if isinstance(value, dict) else value:
            yield from _connections(child)


class RemoteRehearsal:
    """Code that is rehearsed in another process: see `watching.rehearsal.Rehearsal`."""

    def __init__(self, connection: Connection, rehearsal: Remote) -> None:
        self._connection, self._rehearsal = connection, rehearsal

    def before(self) -> dict[Path, Any]:
        """Return the arrays and numbers that there are before."""
        return _by_path(self._connection.ask("before", rehearsal=self._rehearsal))

    def after(self, changes: Iterable[Change] = (), wanted: Iterable[Path] | None = None) -> dict[Path, Any]:
        """Run the code and return the arrays and numbers that there are then."""
        moved = [(unstepped(path), place, by) for path, place, by in changes]
        paths = None if wanted is None else [unstepped(path) for path in wanted]
        return _by_path(self._connection.ask("after", rehearsal=self._rehearsal, changes=moved, wanted=paths))


def _by_path(told: Any) -> dict[Path, Any]:
    """Return arrays of numbers by their paths."""
    try:
        numbers = {stepped(path): array for path, array in typed(told, list)}
    except (TypeError, ValueError):
        raise NotAMessageError from None
    need(all(isinstance(a, np.ndarray) and a.dtype.kind in "biuf" and a.size for a in numbers.values()))
    return numbers
