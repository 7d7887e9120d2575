"""A learner's functions and classes, called so that nothing they do can upset the check."""

from __future__ import annotations

import ast
import contextlib
import copy
import io
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from chainrule.checker import clock

SECONDS = 2.0  # of the processor, for one call
DEEPEST = 20  # lines of a traceback
ONLY_NUMPY_1 = "only 0-dimensional arrays can be converted to Python scalars"
_CHECKER = os.path.dirname(__file__)


@dataclass(eq=False)
class Raised(Exception):  # noqa: N818 - what a call came to, not an error of ours
    """An exception in the learner's code.

    Parameters
    ----------
    kind, text, line
        Its type, its text, and the line in the learner's file.
    inside
        Whether it was raised in the learner's file, and not by the call of it, by what takes its result apart, or in
        another file.
    function
        The function that was called.
    keys
        The keys of the dicts that it was called with: a KeyError may be about ours.
    calls
        The lines of the calls that led to the line, the outermost first.
    """

    kind: str
    text: str
    line: int | None
    inside: bool = True
    function: str = ""
    keys: frozenset[str] = frozenset()
    calls: tuple[int, ...] = ()


class Call(NamedTuple):
    """A call of something of the learner's: what was called, with what, and what it came to."""

    function: str
    target: Callable[..., Any]
    arguments: tuple[Any, ...]
    named: Mapping[str, Any]
    result: Any


class Learner:
    """What a learner's file defines.

    Parameters
    ----------
    namespace
        The names of the file after its definitions ran.
    tree
        The file as it was parsed; the lines in it are those of the file.
    names
        What the learner said with --map: {the learner's name: the usual name}.
    whole
        The file with everything that does not run, too; without it, what else there is is not known.
    """

    def __init__(
        self,
        namespace: Mapping[str, Any],
        tree: ast.Module,
        names: Mapping[str, str] | None = None,
        whole: ast.Module | None = None,
    ) -> None:
        self.namespace = namespace
        self.whole = whole or tree
        self.is_whole = whole is not None
        self.names = {usual: mine for mine, usual in (names or {}).items()}
        self.nodes: dict[str, ast.FunctionDef] = {}
        """The definition of each function by its name, "Class.method" for methods."""
        self.classes: dict[str, type] = {}
        self.changed: dict[str, set[str]] = {}
        """Which arguments each function changed, by the names of its parameters."""
        self.given: tuple[Any, ...] = ()
        """The arguments of the last call, as the function left them."""
        self.returned_argument = False
        """Whether the last call returned one of its arguments itself."""
        self.calls: list[Call] | None = None
        """The calls, while there is a list for them."""
        self.needs_old_numpy: dict[str, int | None] = {}
        """The functions that only NumPy 1 runs as they are, and the line that says so."""
        self.singles: set[str] = set()
        """The functions that returned float32."""
        self._in_rows = False
        self._stuck: dict[str, Raised] = {}  # functions that did not return; once is long enough
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and callable(namespace.get(node.name)):
                self.nodes[node.name] = node
            elif isinstance(node, ast.ClassDef) and self.is_class(node.name):
                self.classes[node.name] = namespace[node.name]
                for method in node.body:
                    if isinstance(method, ast.FunctionDef):
                        self.nodes[f"{node.name}.{method.name}"] = method

    def find(self, *usual: str) -> str | None:
        """Return the learner's name for the first of some usual names that there is, or None."""
        for name in usual:
            if name in self.names:
                return self.names[name]
        return next((name for name in usual if name in self.nodes or name in self.classes), None)

    def parameters(self, function: str) -> list[str]:
        """Return the names of a function's parameters, without self."""
        arguments = self.nodes[function].args
        names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
        return names[1:] if "." in function else names

    def returned_names(self, function: str) -> list[str | None]:
        """Return the names in the last return statement: ["dA_prev", "dW", "db"]; None where there is no name."""
        values = [n.value for n in ast.walk(self.nodes[function]) if isinstance(n, ast.Return) and n.value is not None]
        if not values:
            return []
        parts = values[-1].elts if isinstance(values[-1], ast.Tuple) else [values[-1]]
        return [part.id if isinstance(part, ast.Name) else None for part in parts]

    def owner(self, line: int | None) -> str | None:
        """Return the function or method that a line is in."""
        inside = (name for name, node in self.nodes.items() if node.lineno <= (line or 0) <= (node.end_lineno or 0))
        return next(inside, None)

    def line(self, function: str) -> int | None:
        """Return the line that a function begins in."""
        node = self.nodes.get(function)
        return None if node is None else node.lineno

    def call(self, function: str, *arguments: Any, **named: Any) -> Any:
        """Call a function of the learner's.

        What it prints is dropped. It works on copies of the arguments, so that arguments it changes are noticed (see
        `changed`) and hurt nobody.

        Raises
        ------
        Raised
            If it raises, exits, or does not return within 2 s of work.
        """
        return self.contained(function, self.namespace[function], arguments, named)

    @contextlib.contextmanager
    def in_rows(self) -> Iterator[None]:
        """Call functions meanwhile with every matrix transposed, and transpose what they return."""
        self._in_rows = True
        try:
            yield
        finally:
            self._in_rows = False

    def contained(self, function: str, target: Callable[..., Any], arguments: Any, named: Any = None) -> Any:
        """Call something of the learner's, such as a bound method, under the name of `function`."""
        if self._in_rows:
            arguments, named = transposed(tuple(arguments)), transposed(dict(named or {}))
            return transposed(self.called(function, target, arguments, named))
        return self.called(function, target, arguments, named)

    def again(self, function: str, passed: Mapping[str, Any]) -> Any:
        """Call a function or a method with what it was seen to be called with, by name; a method also with `self`."""
        name, _, method = function.rpartition(".")
        target = self.method(passed["self"], method) if name else self.namespace[function]
        return self.contained(function, target, (), {key: value for key, value in passed.items() if key != "self"})

    def called(self, function: str, target: Callable[..., Any], arguments: Any, named: Any = None) -> Any:
        """Call something with the arguments as they are."""
        if function in self._stuck:
            raise self._stuck[function]
        before, given = copied((tuple(arguments), named or {})), copied((tuple(arguments), named or {}))
        try:
            result = self.quietly(target, *given[0], **given[1])
        except Raised as raised:
            if self.calls is not None:
                self.calls.append(Call(function, target, before[0], before[1], raised))
            raised.function, raised.keys = function, frozenset(keys_of(before))
            if raised.kind == "TimeoutError":
                self._stuck[function] = raised
            if ONLY_NUMPY_1 not in raised.text or any(isinstance(a, OldArray) for a in arrays(before)):
                raise
            with contextlib.suppress(Raised):
                result = self.called(function, target, *_as_in_numpy_1(before))
                self.needs_old_numpy[function] = raised.line
                return result
            raise
        self.given, self.returned_argument = given[0], any(result is argument for argument in given[0])
        parameters = self.parameters(function) if function in self.nodes else []
        by_name = dict(zip(parameters, zip(before[0], given[0], strict=True), strict=False))
        by_name |= {name: (before[1][name], given[1][name]) for name in given[1]}
        for name, (old, new) in by_name.items():
            if not same(old, new):
                self.changed.setdefault(function, set()).add(name)
        result = copied(result)
        self.note_kind(function, result)
        if self.calls is not None:
            self.calls.append(Call(function, target, before[0], before[1], result))
        return result

    def is_class(self, name: str) -> bool:
        """Return whether a name of the file is a class."""
        return isinstance(self.namespace.get(name), type)

    def note_kind(self, function: str, result: Any) -> None:
        """Note whether a function returned float32."""
        if any(a.dtype.kind == "f" and a.dtype.itemsize <= 4 for a in arrays(result)):
            self.singles.add(function)

    def seed(self, number: int) -> None:
        """Set the random numbers that the learner's code draws from NumPy."""
        np.random.seed(number)

    def stands_in(self, name: str) -> bool:
        """Return whether a name of the file stands for something that is not here."""
        return getattr(type(self.namespace.get(name)), "stands_in", False) is True

    def is_number(self, name: str) -> bool:
        """Return whether a name of the file is a number or an array."""
        return isinstance(self.namespace.get(name), int | float | np.ndarray)

    def whole_number(self, name: str) -> int | None:
        """Return the whole number that a name of the file is, or None."""
        value = self.namespace.get(name)
        return value if type(value) is int else None

    def lineage(self, name: str) -> dict[str, bool]:
        """Return the classes that a class inherits from, itself among them, and whether all of each is known.

        It is if the class is in the file or in Python itself.
        """
        own = self.classes.values()
        bases = self.classes[name].__mro__
        return {base.__name__: base in own or base.__module__ in sys.stdlib_module_names for base in bases}

    def method(self, instance: Any, name: str) -> Callable[..., Any]:
        """Return a method of an object of the learner's."""
        method: Callable[..., Any] = getattr(instance, name)
        return method

    def attributes(self, instance: Any) -> dict[str, Any]:
        """Return what an object of the learner's holds, by name: to be read, not to be changed."""
        return dict(getattr(instance, "__dict__", {}))

    def put(self, instance: Any, path: Sequence[Any], value: Any) -> None:
        """Set an attribute, or with ("params", "W1") an entry of a dict or list that is one."""
        if len(path) == 1:
            setattr(instance, path[0], value)
        else:
            getattr(instance, path[0])[path[1]] = value

    def fill(self, instance: Any, path: Sequence[Any], values: Any) -> None:
        """Write numbers into an array that an object holds; other objects that hold the same array see them."""
        array = getattr(instance, path[0])
        array = array[path[1]] if len(path) > 1 else array
        array[...] = np.reshape(values, np.shape(array))

    def shown_by(self, lines: Sequence[str]) -> dict[str, Any]:
        """Run lines of code below the definitions; return `result` and the attributes of `layer`, by how to write them.

        Raises
        ------
        Raised
            If they raise.
        """
        namespace = {**self.namespace, "np": np}
        self.quietly(exec, "\n".join(lines), namespace)
        held = self.attributes(namespace.get("layer"))
        return {"result": namespace.get("result")} | {f"layer.{name}": value for name, value in held.items()}

    def quietly(self, target: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Call something that runs the learner's code, and nothing of ours."""
        with quiet():
            return target(*arguments, **named)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Run the learner's code: no output, no warnings, a limit on time, and every way to fail becomes `Raised`."""
    try:
        with (
            _time_limit(),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
            np.errstate(all="ignore"),
        ):
            yield
    except BaseException as error:
        if not _is_learners(error):
            raise
        trace = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno or 0 for frame in trace if frame.filename.startswith("<learner")][-DEEPEST:]
        last = next((frame.filename for frame in reversed(trace) if not frame.filename.startswith(_CHECKER)), "<call>")
        inside = last.startswith("<learner") or not last.startswith("<")  # a file beside it is called "<layers>"
        line = lines.pop() if lines else None
        raise Raised(type(error).__name__, str(error), line, inside, calls=tuple(lines)) from None


def _is_learners(error: BaseException) -> bool:
    """Return whether an exception is what the learner's code came to, and not somebody's Ctrl-C or a signal of ours."""
    if isinstance(error, KeyboardInterrupt):  # where those are ignored, nobody has pressed it
        return signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    return isinstance(error, Exception | SystemExit | GeneratorExit) or type(error).__module__.startswith("<")


@contextlib.contextmanager
def _time_limit() -> Iterator[None]:
    """Stop what takes too long, where that is possible: in the main thread of a system that has alarms."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "SIGALRM"):
        yield
        return

    allowance = clock.Allowance(SECONDS, time.thread_time)

    def look(*_: Any) -> None:
        wait = allowance.look()
        if not wait:
            raise TimeoutError(f"it did not return within {SECONDS:g} s")
        signal.setitimer(signal.ITIMER_REAL, wait)

    before = signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def copied(value: Any, memo: dict[int, Any] | None = None) -> Any:
    """Return a deep copy, in which the same array, list or dict is still the same.

    Arrays in tuples, lists and dicts are copied much faster than by the copy module.
    """
    memo = {} if memo is None else memo
    if id(value) in memo:
        return memo[id(value)]
    if isinstance(value, np.ndarray):
        memo[id(value)] = value.copy()
        return memo[id(value)]
    if isinstance(value, tuple):
        parts = [copied(part, memo) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    if type(value) is list:
        made: list[Any] = []
        memo[id(value)] = made
        made.extend(copied(part, memo) for part in value)
        return made
    if type(value) is dict:
        named: dict[Any, Any] = {}
        memo[id(value)] = named
        named.update((key, copied(part, memo)) for key, part in value.items())
        return named
    return value if isinstance(value, str | int | float | np.generic | None) else copy.deepcopy(value)


class OldArray(np.ndarray[Any, Any]):
    """An array that NumPy 1's rule still holds for: float() takes one number, in however many brackets."""

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())


def transposed(value: Any) -> Any:
    """Return a nested value whose matrices are transposed."""
    if isinstance(value, np.ndarray) and value.ndim == 2:
        return value.T
    if type(value) is dict:
        return {name: transposed(child) for name, child in value.items()}
    return type(value)(map(transposed, value)) if type(value) in (tuple, list) else value


def _as_in_numpy_1(value: Any) -> Any:
    """Return a nested value whose arrays are of the old kind, as is whatever is computed from them."""
    if isinstance(value, np.ndarray):
        return value.view(OldArray)
    if isinstance(value, dict):
        return {name: _as_in_numpy_1(child) for name, child in value.items()}
    return type(value)(map(_as_in_numpy_1, value)) if type(value) in (tuple, list) else value


def keys_of(value: Any) -> Iterator[str]:
    """Yield the keys of every dict in nested tuples, lists and dicts."""
    if isinstance(value, dict):
        yield from map(str, value)
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, tuple | list) else ():
        yield from keys_of(child)


def arrays(value: Any) -> Iterator[Any]:
    """Yield every array in nested tuples, lists and dicts."""
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, dict):
        for child in value.values():
            yield from arrays(child)
    elif isinstance(value, tuple | list):
        for child in value:
            yield from arrays(child)


def same(a: Any, b: Any) -> bool:
    """Return whether two nested values hold the same arrays, bit by bit."""
    xs, ys = list(arrays(a)), list(arrays(b))
    return len(xs) == len(ys) and all(
        x.shape == y.shape and x.dtype == y.dtype and x.tobytes() == y.tobytes() for x, y in zip(xs, ys, strict=True)
    )
