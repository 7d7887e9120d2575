"""A learner whose code runs in another process: the judge asks it for everything, and believes what fits."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import IO, Any
from weakref import WeakValueDictionary

import numpy as np

from chainrule.checker import clock
from chainrule.checker.learner import DEEPEST, Call, Learner, Raised, copied, keys_of
from chainrule.checker.running.messages import Codec, EndedError, NotAMessageError, counted, need, receive, send, typed

LONGEST = 500  # characters of what an exception says
HOUR = 3600.0  # which no answer takes
MOST_NAMES = 5000


class Remote:
    """An object of the learner's, which is in the other process."""

    def __init__(self, connection: Connection, number: int) -> None:
        vars(self).update(_connection=connection, _number=number)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # Python itself asks for many of these
            raise AttributeError(name)
        return self._connection.get(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._connection.ask("put", instance=self, path=(name,), value=value)

    def __deepcopy__(self, memo: Any) -> Any:
        return self._connection.ask("copy", value=self)

    def __del__(self) -> None:
        self._connection.forget(self._number)


class RemoteFunction(Remote):
    """A function, a class or whatever else of the learner's can be called."""

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Call it, silently and for a limited time, but not on copies: see `RemoteLearner.contained`."""
        return self._connection.ask("run", target=self, arguments=arguments, named=named)

    @property
    def __signature__(self) -> inspect.Signature:
        if "_signature" not in vars(self):
            vars(self)["_signature"] = self._connection.signature(self)
        signature: inspect.Signature = vars(self)["_signature"]
        return signature


class RemoteMethod(RemoteFunction):
    """A method of an object of the learner's."""

    def __init__(self, connection: Connection, owner: Remote, name: str) -> None:
        vars(self).update(_connection=connection, __self__=owner, __name__=name)

    def __del__(self) -> None:
        pass  # it has no handle


class _Kind:
    """A tuple, a list or a dict that is of a kind of the learner's own there."""

    original: Remote


class _Tuple(_Kind, tuple[Any, ...]):
    pass


class _List(_Kind, list[Any]):
    pass


class _Dict(_Kind, dict[Any, Any]):
    pass


class Connection(Codec):
    """The pipes to the process that runs a learner's code.

    What comes is checked, and what does not fit ends the check by a `NotAMessageError`.
    """

    def __init__(self, requests: IO[bytes], answers: IO[bytes]) -> None:
        self._requests, self._answers = requests, answers
        self._identifiers = count(1)
        self._objects: WeakValueDictionary[int, Remote] = WeakValueDictionary()
        self._forgotten: list[int] = []
        self._callbacks: list[Callable[..., Any]] = []

    def ask(self, operation: str, **arguments: Any) -> Any:
        """Have something done there, and return the value that comes of it.

        Raises
        ------
        Raised
            If the learner's code raises, or what it comes to cannot be had.
        """
        return self.decode(self.answer(operation, **arguments).get("value"))

    def answer(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """Have something done there, and return the whole answer."""
        self._callbacks.clear()
        forget, self._forgotten = [n for n in self._forgotten if n not in self._objects], []
        identifier = next(self._identifiers)
        entries = {name: self.encode(value) for name, value in arguments.items()}
        self._send({"id": identifier, "do": operation, "forget": forget, "arguments": entries})
        answer = self.receive()
        while "callback" in answer:
            self._send(self._called_back(answer))
            answer = self.receive()
        need(answer.get("id") == identifier)
        spent = answer.get("spent", 0.0)
        need(type(spent) in (int, float) and 0 <= spent < HOUR)
        clock.spend(spent)
        if "raised" in answer:
            raise _raised(answer["raised"])
        return answer

    def receive(self) -> dict[str, Any]:
        """Return the next message, if it is not the last."""
        message = receive(self._answers)
        if "problem" in message:
            problem, text = typed(message["problem"], str), typed(message.get("text"), str)
            need(problem in ("memory", "crashed"))
            raise EndedError(problem, text)
        return message

    def get(self, instance: Remote, name: str) -> Any:
        """Return an attribute of an object."""
        answer = self.answer("get", instance=instance, name=name)
        if "missing" in answer:
            raise AttributeError(name)
        return self.decode(answer.get("value"))

    def signature(self, target: RemoteFunction) -> inspect.Signature:
        """Return the signature of a function; that a parameter has a default value is all that is said of the value.

        Raises
        ------
        ValueError
            If it has none that can be said.
        """
        try:
            described = self.ask("signature", target=target)
        except Raised as raised:
            raise ValueError(raised.text) from None
        try:
            parameters = [
                inspect.Parameter(name, _PARAMETERS[kind], default=None if has_default else inspect.Parameter.empty)
                for name, kind, has_default in described
            ]
            return inspect.Signature(parameters)
        except (TypeError, ValueError, IndexError):
            raise NotAMessageError from None

    def forget(self, number: int) -> None:
        """Let the other side forget an object, with the next request."""
        self._forgotten.append(number)

    def _send(self, message: Mapping[str, Any]) -> None:
        try:
            send(self._requests, message)
        except OSError:
            raise EndedError from None

    def _called_back(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to a question for the result of one of our own functions."""
        number = counted(message["callback"])
        need(number < len(self._callbacks))
        arguments = typed(self.decode(message.get("arguments")), tuple)
        try:
            with np.errstate(all="ignore"):
                return {"value": self.encode(self._callbacks[number](*arguments))}
        except Exception as error:  # whatever the learner's code calls it with
            return {"raised": [type(error).__name__, str(error)[:LONGEST]]}

    def refer(self, value: Any) -> dict[str, Any]:
        """Return what stands in a message for a value that stays on this side."""
        if isinstance(value, RemoteMethod):
            return {"method": [self._number(value.__self__), value.__name__]}
        if isinstance(value, Remote):
            return {"handle": self._number(value)}
        self._callbacks.append(value)
        return {"callback": len(self._callbacks) - 1}

    def referred(self, entry: Mapping[str, Any]) -> Any:
        """Return what an entry of the other side's stands for."""
        if "method" in entry:
            owner, name = entry["method"]
            return RemoteMethod(self, self._object(owner, Remote), typed(name, str))
        return self._object(entry["handle"], RemoteFunction if entry["callable"] is True else Remote)

    def kind_of(self, value: Any) -> dict[str, Any]:
        """Return what names the kind of a tuple, a list or a dict that is not a plain one."""
        return {"kind": self._number(value.original)} if isinstance(value, _Kind) else {}

    def of_kind(self, value: Any, entry: Any) -> Any:
        """Return a tuple, a list or a dict as one of a kind that the other side named."""
        special: Any = _Tuple(value) if isinstance(value, tuple) else _List() if isinstance(value, list) else _Dict()
        special.original = self._object(entry, Remote)
        return special

    def _number(self, value: Remote) -> int:
        """Return the number of the handle of an object."""
        if value._connection is not self:
            raise Raised("TypeError", "it is an object of another process", None, inside=False)
        number: int = value._number
        return number

    def _object(self, number: Any, kind: type[Remote]) -> Remote:
        known = self._objects.get(counted(number))
        if known is None:
            known = self._objects[number] = kind(self, number)
        return known


_PARAMETERS = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.VAR_POSITIONAL,
    inspect.Parameter.KEYWORD_ONLY,
    inspect.Parameter.VAR_KEYWORD,
)


def _raised(told: Any) -> Raised:
    """Return an exception of the learner's as the other side tells of it."""
    need(isinstance(told, dict) and told.keys() == {"kind", "text", "line", "inside", "calls"})
    kind, text = typed(told["kind"], str), typed(told["text"], str)
    line = None if told["line"] is None else counted(told["line"])
    calls = tuple(counted(each) for each in typed(told["calls"], list)[:DEEPEST])
    return Raised(kind[:LONGEST], text[:LONGEST], line, typed(told["inside"], bool), calls=calls)


class RemoteLearner(Learner):
    """What a learner's file defines, in another process.

    Parameters
    ----------
    connection
        How to reach it.
    described
        What it says of the names of the file.
    tree, names, whole
        As for a `Learner`.
    """

    def __init__(
        self,
        connection: Connection,
        described: Mapping[str, Any],
        tree: ast.Module,
        names: Mapping[str, str] | None,
        whole: ast.Module,
    ) -> None:
        self._connection = connection
        self._lineages = {name: _lineage(told) for name, told in _entries(described.get("classes"))}
        self._stand_ins = _texts(described.get("stand_ins"))
        self._numbers = dict(_entries(described.get("numbers")))
        need(all(value is None or type(value) is int for value in self._numbers.values()))
        namespace = {name: connection.decode(entry) for name, entry in _entries(described.get("defined"))}
        need(all(isinstance(value, RemoteFunction) for value in namespace.values()))
        super().__init__(namespace, tree, names, whole)

    def called(self, function: str, target: Callable[..., Any], arguments: Any, named: Any = None) -> Any:
        """Call something of the learner's, or something of ours that calls it."""
        if not isinstance(target, RemoteFunction):
            return super().called(function, target, arguments, named)
        arguments, named = tuple(arguments), dict(named or {})
        written = copied((arguments, named)) if self.calls is not None else ((), {})
        try:
            result = self._called(function, target, arguments, named)
        except Raised as raised:
            raised.function, raised.keys = function, frozenset(keys_of((arguments, named)))
            if self.calls is not None:
                self.calls.append(Call(function, target, written[0], written[1], raised))
            raise
        self.note_kind(function, result)
        if self.calls is not None:
            self.calls.append(Call(function, target, written[0], written[1], result))
        return result

    def _called(self, function: str, target: RemoteFunction, arguments: Any, named: Any) -> Any:
        call = {"function": function, "target": target, "arguments": arguments, "named": named}
        connection: Connection = target._connection
        answer = connection.answer("call", **call)
        self.given = typed(connection.decode(answer.get("given")), tuple)
        need(len(self.given) == len(arguments))
        self.returned_argument = typed(answer.get("returned_argument"), bool)
        if changed := _texts(answer.get("changed")):
            self.changed.setdefault(function, set()).update(changed)
        for line in typed(answer.get("old_numpy"), list)[:1]:
            self.needs_old_numpy[function] = None if line is None else counted(line)
        return connection.decode(answer.get("value"))

    def quietly(self, target: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Call something of ours that calls the learner's code: there is nothing to limit here."""
        try:
            with np.errstate(all="ignore"):
                return target(*arguments, **named)
        except Raised:
            raise
        except Exception as error:  # a result that is not what our function takes apart
            raise Raised(type(error).__name__, str(error), None, inside=False) from None

    def is_class(self, name: str) -> bool:
        """Return whether a name of the file is a class."""
        return name in self._lineages and name in self.namespace

    def seed(self, number: int) -> None:
        """Set the random numbers that the learner's code draws from NumPy."""
        self._connection.ask("seed", number=number)

    def stands_in(self, name: str) -> bool:
        """Return whether a name of the file stands for something that is not here."""
        return name in self._stand_ins

    def is_number(self, name: str) -> bool:
        """Return whether a name of the file is a number or an array."""
        return name in self._numbers

    def whole_number(self, name: str) -> int | None:
        """Return the whole number that a name of the file is, or None."""
        return self._numbers.get(name)

    def lineage(self, name: str) -> dict[str, bool]:
        """Return the classes that a class inherits from, and whether all of each is known."""
        return self._lineages[name]

    def method(self, instance: Any, name: str) -> Callable[..., Any]:
        """Return a method of an object of the learner's, which is looked up when it is called."""
        if isinstance(instance, Remote):
            return RemoteMethod(instance._connection, instance, name)
        return super().method(instance, name)

    def attributes(self, instance: Any) -> dict[str, Any]:
        """Return what an object of the learner's holds, by name."""
        return (
            texts_to(instance._connection.ask("attributes", instance=instance)) if isinstance(instance, Remote) else {}
        )

    def put(self, instance: Any, path: Sequence[Any], value: Any) -> None:
        """Set an attribute, or an entry of a dict or list that is one."""
        instance._connection.ask("put", instance=instance, path=tuple(path), value=value)

    def fill(self, instance: Any, path: Sequence[Any], values: Any) -> None:
        """Write numbers into an array that an object holds."""
        instance._connection.ask("fill", instance=instance, path=tuple(path), values=values)

    def shown_by(self, lines: Sequence[str]) -> dict[str, Any]:
        """Run lines of code below the definitions; return `result` and the attributes of `layer`."""
        return texts_to(self._connection.ask("shown_by", lines=list(lines)))


def _entries(told: Any) -> list[tuple[str, Any]]:
    need(isinstance(told, dict) and len(told) <= MOST_NAMES)
    return [*told.items()]


def texts_to(told: Any) -> dict[str, Any]:
    """Return a dict of a message whose keys are texts."""
    need(isinstance(told, dict) and all(isinstance(name, str) for name in told))
    return dict(told)


def _lineage(told: Any) -> dict[str, bool]:
    return {name: typed(known, bool) for name, known in _entries(told)}


def _texts(told: Any) -> set[str]:
    need(isinstance(told, list) and len(told) <= MOST_NAMES and all(isinstance(text, str) for text in told))
    return set(told)
