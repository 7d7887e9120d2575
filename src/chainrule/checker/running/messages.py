"""What the judge and the process that runs a learner's code say to each other: lines of JSON, and the values in them.

Both sides read with care, and the judge believes nothing else: no pickles, no names that are looked up, no code.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import IO, Any

import numpy as np

from chainrule.checker.learner import OldArray

LARGEST = 16 * 2**20  # bytes of a message
_DTYPE = re.compile(r"[<>|=]([biufc]\d{1,2}|[SU][1-9]\d{0,6}|[mM]8(\[\w{1,9}\])?)")
_ARRAYS: dict[str, type[np.ndarray[Any, Any]]] = {"array": np.ndarray, "matrix": np.matrix, "old": OldArray}


class NotAMessageError(BaseException):
    """What came is nothing that the other side writes.

    It is no `Exception`, as little as `EndedError`: who tries what a learner's function comes to goes on after many of
    those, and after this nothing can be said any more.
    """


class EndedError(BaseException):
    """The other side has ended; the arguments are the problem and its text, if it said them."""


class TooLargeError(ValueError):
    """A value is larger than a message may be."""


def send(stream: IO[bytes], message: Mapping[str, Any]) -> None:
    """Write a message.

    Raises
    ------
    TooLargeError
        If it is longer than a message may be; then nothing is written.
    """
    line = json.dumps(message).encode() + b"\n"
    if len(line) > LARGEST:
        raise TooLargeError(f"it has more than {LARGEST // 2**20} MB")
    stream.write(line)
    stream.flush()


def receive(stream: IO[bytes]) -> dict[str, Any]:
    """Read a message.

    Raises
    ------
    EndedError
        If there is none.
    NotAMessageError
        If there is something else.
    """
    line = stream.readline(LARGEST + 1)
    if not line:
        raise EndedError
    need(line.endswith(b"\n"))
    try:
        message: dict[str, Any] = typed(json.loads(line), dict)
    except (ValueError, RecursionError):
        raise NotAMessageError from None
    return message


def need(condition: bool) -> None:
    """Refuse a message that does not meet a condition."""
    if not condition:
        raise NotAMessageError


def typed(value: Any, kind: Any) -> Any:
    """Return a value of a message if it has the type that it must have."""
    need(isinstance(value, kind))
    return value


def counted(value: Any) -> int:
    """Return a value of a message if it is a whole number from 0 on."""
    need(type(value) is int and value >= 0)
    return int(value)


class Codec:
    """How values are written into messages: numbers, texts and arrays as they are, objects by the number of a handle.

    An array, a list, a dict or a tuple that is in a message twice is the same again on the other side.
    """

    def encode(self, value: Any) -> Any:
        """Return a value as JSON has it."""
        return _Writer(self).write(value)

    def decode(self, entry: Any) -> Any:
        """Return the value that JSON has.

        Raises
        ------
        NotAMessageError
            If it has none.
        """
        try:
            return _Reader(self).read(entry)
        except (TypeError, ValueError, KeyError, IndexError, OverflowError, RecursionError) as error:
            raise NotAMessageError from error

    def refer(self, value: Any) -> dict[str, Any]:
        """Return what stands in a message for a value that stays on this side."""
        raise NotImplementedError

    def referred(self, entry: Mapping[str, Any]) -> Any:
        """Return what an entry stands for that the other side's `refer` made."""
        raise NotImplementedError

    def kind_of(self, value: Any) -> dict[str, Any]:
        """Return what says that a tuple, a list or a dict is of a kind of its own; {} if it is a plain one."""
        raise NotImplementedError

    def of_kind(self, value: Any, entry: Any) -> Any:
        """Return a plain tuple, list or dict as one of the kind that the other side's `kind_of` named."""
        raise NotImplementedError


class _Writer:
    """One value, being written."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._places: dict[int, int] = {}
        self._kept: list[Any] = []  # so that no other value gets the place in memory of one that was written

    def write(self, value: Any) -> Any:
        if value is None or type(value) in (bool, int, float, str):
            return value
        if id(value) in self._places:
            return {"again": self._places[id(value)]}
        if isinstance(value, np.ndarray | np.generic):
            return self._numbers(value)
        if isinstance(value, tuple | list | dict):
            return self._container(value)
        if type(value) is complex:
            return {"complex": [value.real, value.imag]}
        if type(value) is bytes:
            return {"bytes": base64.b64encode(value).decode()}
        if type(value) in (set, frozenset):
            return {type(value).__name__: [self.write(part) for part in value]}
        return self._codec.refer(value)

    def _numbers(self, value: Any) -> Any:
        if value.nbytes > LARGEST:
            raise TooLargeError(f"an array of it has {value.nbytes / 2**20:.0f} MB")
        if value.dtype.hasobject and isinstance(value, np.ndarray):
            self._remember(value)
            return {"objects": [list(value.shape), [self.write(part) for part in value.ravel().tolist()]]}
        if not _DTYPE.fullmatch(value.dtype.str):
            return self._codec.refer(value)
        data = [value.dtype.str, list(value.shape), base64.b64encode(value.tobytes()).decode()]
        if isinstance(value, np.generic):
            return {"scalar": data}
        self._remember(value)
        return {next((name for name in ("matrix", "old") if isinstance(value, _ARRAYS[name])), "array"): data}

    def _container(self, value: Any) -> Any:
        kind = self._codec.kind_of(value)
        if isinstance(value, tuple):  # which has its place after its parts have theirs: it is made from them
            parts = [self.write(part) for part in value]
            self._remember(value)
            return {"tuple": parts} | kind
        self._remember(value)
        if isinstance(value, list):
            return {"list": [self.write(part) for part in value]} | kind
        return {"dict": [[self.write(key), self.write(part)] for key, part in value.items()]} | kind

    def _remember(self, value: Any) -> None:
        self._places[id(value)] = len(self._kept)
        self._kept.append(value)


class _Reader:
    """One value, being read."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._known: list[Any] = []
        self._readers: dict[str, Callable[[Any], Any]] = {
            **{name: partial(self._array, kind) for name, kind in _ARRAYS.items()},
            "again": lambda place: self._known[counted(place)],
            "scalar": lambda data: _array(data)[()],
            "objects": self._objects,
            "complex": lambda parts: complex(*parts),
            "bytes": lambda text: base64.b64decode(text, validate=True),
            "set": lambda parts: set(map(self.read, typed(parts, list))),
            "frozenset": lambda parts: frozenset(map(self.read, typed(parts, list))),
        }

    def read(self, entry: Any) -> Any:
        if not isinstance(entry, dict):
            need(not isinstance(entry, list))
            return entry
        name = next(iter(entry), "")
        if name in ("tuple", "list", "dict"):
            return self._container(name, entry)
        if name in self._readers:
            return self._readers[name](entry[name])
        return self._codec.referred(entry)

    def _remember(self, value: Any) -> Any:
        self._known.append(value)
        return value

    def _container(self, name: str, entry: Any) -> Any:
        parts, kind = typed(entry[name], list), entry.get("kind")
        if name == "tuple":
            value: Any = tuple(map(self.read, parts))
            return self._remember(value if kind is None else self._codec.of_kind(value, kind))
        value = [] if name == "list" else {}
        value = self._remember(value if kind is None else self._codec.of_kind(value, kind))
        if name == "list":
            value.extend(map(self.read, parts))
        else:
            for key, part in parts:
                key = self.read(key)
                value[key] = self.read(part)
        return value

    def _array(self, kind: type[np.ndarray[Any, Any]], data: Any) -> Any:
        array = _array(data)
        return self._remember(array if kind is np.ndarray else array.view(kind))

    def _objects(self, data: Any) -> Any:
        shape, parts = data
        need(math.prod(map(counted, shape)) == len(typed(parts, list)))
        array = self._remember(np.empty(shape, object))
        for position, part in enumerate(parts):
            array[np.unravel_index(position, shape)] = self.read(part)
        return array


def _array(data: Any) -> Any:
    """Return an array from its dtype, its shape and its bytes."""
    name, shape, text = data
    need(_DTYPE.fullmatch(name) is not None)
    dtype, raw = np.dtype(name), base64.b64decode(text, validate=True)
    need(math.prod(map(counted, shape)) * dtype.itemsize == len(raw))
    return np.ndarray(tuple(shape), dtype, raw).copy()
