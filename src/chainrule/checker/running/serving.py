"""What the process that runs a learner's code does for the judge: calls and looks, one request after the other."""

from __future__ import annotations

import builtins
import contextlib
import copy
import inspect
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from types import FunctionType, MethodType
from typing import IO, Any

from chainrule.checker.learner import Learner, Raised, copied
from chainrule.checker.running.messages import Codec, EndedError, TooLargeError, receive, send
from chainrule.checker.watching.paths import Change, Path, stepped, unstepped
from chainrule.checker.watching.program import Program
from chainrule.checker.watching.rehearsal import Rehearsal, Rehearsals

LONGEST = 2000  # characters of what an exception says
MOST_ASKED = 5000


class Service(Codec):
    """A learner at the judge's service.

    Parameters
    ----------
    learner
        What the file defines.
    requests, answers
        The pipes from the judge and to it.
    program
        The whole program of the file, which was run; None where there are definitions alone.
    """

    def __init__(
        self, learner: Learner, requests: IO[bytes], answers: IO[bytes], program: Program | None = None
    ) -> None:
        self._learner, self._program = learner, program
        self._requests, self._answers = requests, answers
        self._objects: dict[int, Any] = {}  # by the numbers of their handles
        self._numbers: dict[int, int] = {}  # by id
        self._count = 0
        self._asked = 0  # how often a request has called functions of the judge's, whose time is not the learner's
        self._operations: dict[str, Callable[..., dict[str, Any]]] = {
            "call": self._call,
            "run": self._run,
            "get": self._get,
            "put": self._put,
            "fill": self._fill,
            "attributes": self._attributes,
            "signature": self._signature,
            "copy": self._copy,
            "seed": self._seed,
            "shown_by": self._shown_by,
            "exercise": self._exercise,
            "watch": self._watch,
            "stop": self._stop,
            "before": self._before,
            "after": self._after,
        }

    def description(self) -> dict[str, Any]:
        """Return what the judge has to know of the file's names."""
        learner = self._learner
        functions = [name for name in learner.nodes if "." not in name]
        functions += [name for name, value in learner.namespace.items() if _is_beside(value) and name not in functions]
        defined = {name: self.refer(learner.namespace[name]) for name in (*functions, *learner.classes)}
        return {
            "defined": defined,
            "classes": {name: learner.lineage(name) for name in learner.classes},
            "stand_ins": [name for name in learner.namespace if learner.stands_in(name)],
            "numbers": {name: learner.whole_number(name) for name in learner.namespace if learner.is_number(name)},
        }

    def serve(self) -> None:
        """Do what the judge asks for until it has ended."""
        with contextlib.suppress(EndedError):
            while True:
                answer = self.answer(receive(self._requests))
                try:
                    send(self._answers, answer)
                except TooLargeError as error:
                    send(self._answers, {"id": answer["id"]} | _failure(error))

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Do what a request asks for, and return the answer."""
        for number in request["forget"]:
            self._numbers.pop(id(self._objects.pop(number, None)), None)
        started = time.process_time()
        return {"id": request["id"]} | self._done(request) | {"spent": time.process_time() - started}

    def _done(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self._asked = 0
        try:
            arguments = {name: self.decode(entry) for name, entry in request["arguments"].items()}
            return self._operations[request["do"]](**arguments)
        except Raised as raised:
            text, place = raised.text[:LONGEST], {"line": raised.line, "calls": list(raised.calls)}
            return {"raised": {"kind": raised.kind, "text": text, "inside": raised.inside, **place}}
        except Exception as error:  # a result that cannot be copied or written, or that is too large
            return _failure(error)

    def _call(self, function: str, target: Any, arguments: Any, named: Any) -> dict[str, Any]:
        learner = self._learner
        learner.changed.clear()
        result = learner.contained(function, target, arguments, named)
        return {
            "value": self.encode(result),
            "given": self.encode(learner.given),
            "returned_argument": learner.returned_argument,
            "changed": sorted(learner.changed.get(function, ())),
            "old_numpy": [learner.needs_old_numpy[function]] if function in learner.needs_old_numpy else [],
        }

    def _run(self, target: Any, arguments: Any, named: Any) -> dict[str, Any]:
        return {"value": self.encode(self._learner.quietly(target, *arguments, **named))}

    def _get(self, instance: Any, name: str) -> dict[str, Any]:
        try:
            return {"value": self.encode(self._learner.quietly(getattr, instance, name))}
        except Raised as raised:
            if raised.kind != "AttributeError":
                raise
            return {"missing": True}

    def _put(self, instance: Any, path: Any, value: Any) -> dict[str, Any]:
        self._learner.put(instance, path, value)
        return {"value": None}

    def _fill(self, instance: Any, path: Any, values: Any) -> dict[str, Any]:
        self._learner.fill(instance, path, values)
        return {"value": None}

    def _attributes(self, instance: Any) -> dict[str, Any]:
        return {"value": self.encode(self._learner.attributes(instance))}

    def _signature(self, target: Any) -> dict[str, Any]:
        parameters = inspect.signature(target).parameters.values()
        return {"value": self.encode([(p.name, int(p.kind), p.default is not p.empty) for p in parameters])}

    def _copy(self, value: Any) -> dict[str, Any]:
        return {"value": self.encode(copied(value))}

    def _seed(self, number: int) -> dict[str, Any]:
        self._learner.seed(number)
        return {"value": None}

    def _shown_by(self, lines: Any) -> dict[str, Any]:
        return {"value": self.encode(self._learner.shown_by(lines))}

    def _exercise(self, setup: str, code: str, values: Any) -> dict[str, Any]:
        return {"value": self.encode(Rehearsals(self._learner.namespace).exercise(setup, code, values))}

    def _watch(self) -> dict[str, Any]:
        if self._program is None:
            return {"value": self.encode(([], {}))}
        places, first = self._program.places, self._program.first
        loops = [(places[number].name, places[number].line, first[number]) for number in first]
        return {"value": self.encode((loops, self._program.calls.first))}

    def _stop(self) -> dict[str, Any]:
        if self._program is not None and self._program.stop is not None:
            raise self._program.stop
        return {"value": None}

    def _before(self, rehearsal: Rehearsal) -> dict[str, Any]:
        return {"value": self.encode(_plain(rehearsal.before()))}

    def _after(self, rehearsal: Rehearsal, changes: Any, wanted: Any) -> dict[str, Any]:
        moved = [Change(stepped(path), place, by) for path, place, by in changes]
        paths = None if wanted is None else [stepped(path) for path in wanted]
        return {"value": self.encode(_plain(rehearsal.after(moved, paths)))}

    def refer(self, value: Any) -> dict[str, Any]:
        """Return what stands in a message for a value that stays on this side."""
        if isinstance(value, MethodType) and getattr(value.__self__, value.__name__, None) == value:
            return {"method": [self._number(value.__self__), value.__name__]}
        return {"handle": self._number(value), "callable": callable(value)}

    def referred(self, entry: Mapping[str, Any]) -> Any:
        """Return what an entry of the other side's stands for."""
        if "handle" in entry:
            return self._objects[entry["handle"]]
        if "method" in entry:
            number, name = entry["method"]
            return self._learner.quietly(getattr, self._objects[number], name)
        return self._callback(entry["callback"])

    def kind_of(self, value: Any) -> dict[str, Any]:
        """Return what names the kind of a tuple, a list or a dict that is not a plain one."""
        plain = type(value) in (tuple, list, dict)
        return {} if plain else {"kind": self._number(value)}

    def of_kind(self, value: Any, entry: Any) -> Any:
        """Return a tuple, a list or a dict as one of a kind that the other side named."""
        original = self._objects[entry]
        if isinstance(original, tuple):
            return type(original)(*value) if hasattr(original, "_fields") else value
        empty = copy.copy(original)
        empty.clear()
        return empty

    def _number(self, value: Any) -> int:
        if id(value) not in self._numbers:
            self._count += 1
            self._numbers[id(value)] = self._count
            self._objects[self._count] = value
        return self._numbers[id(value)]

    def _callback(self, number: int) -> Callable[..., Any]:
        """Return what stands for a function of the judge's, and asks the judge for its result."""

        def function(*arguments: Any) -> Any:
            self._asked += 1
            if self._asked > MOST_ASKED:
                raise TimeoutError(f"it did not return after {MOST_ASKED} calls of its argument")
            with _no_alarm():  # half of a message would be the end of it
                send(self._answers, {"callback": number, "arguments": self.encode(arguments)})
                answer = receive(self._requests)
            if "raised" in answer:
                kind = getattr(builtins, answer["raised"][0], RuntimeError)
                raise (kind if issubclass(kind, Exception) else RuntimeError)(answer["raised"][1])
            return self.decode(answer["value"])

        return function


def _plain(numbers: Mapping[Path, Any]) -> list[Any]:
    """Return arrays by their paths as lists and tuples alone."""
    return [(unstepped(path), array) for path, array in numbers.items()]


def _failure(error: Exception) -> dict[str, Any]:
    """Return what tells the judge that something cannot be had of the learner's code."""
    text = str(error)[:LONGEST]
    return {"raised": {"kind": type(error).__name__, "text": text, "inside": False, "line": None, "calls": []}}


@contextlib.contextmanager
def _no_alarm() -> Iterator[None]:
    """Stop the clock of a call until this is done; to block the signal would not do where there are other threads."""
    left = signal.setitimer(signal.ITIMER_REAL, 0)[0] if hasattr(signal, "setitimer") else 0.0
    try:
        yield
    finally:
        if left:
            signal.setitimer(signal.ITIMER_REAL, left)


def _is_beside(value: Any) -> bool:
    """Return whether something is a function that a file beside the learner's defines."""
    return isinstance(value, FunctionType) and value.__code__.co_filename.startswith("<")
