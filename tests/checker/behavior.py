"""What a file's functions and loops come to while it is checked: to tell a mistake from a change that does nothing.

The process that runs the learner's code is started as always, behind its walls, and with a trace of what every call of
the learner's functions comes to. Two versions of a file behave alike where the same call, with the same
arguments and random numbers, comes to the same numbers.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any
from unittest import mock

import numpy as np

from chainrule.checker.running import sandbox
from chainrule.checker.running.workspace import workspace

ROOT = Path(__file__).resolve().parents[2]
FILE = "behavior.jsonl"
CALLS, LINES = 30, 60  # of each function: whose results are kept, and in which lines are looked at
MANY, FEW, MOST = 600, 40, 4000  # numbers that are kept of an array: in a call, in a pass of a loop, and of all
DEEPEST = 5  # containers inside of each other
PASS = "a pass in line"
LEARNER = "<learner>"
BYTES = 30_000_000
CLOSE = 1e-6


@dataclass
class Behavior:
    """What came out of calls, by what went in (None where they raised), and the lines that ran."""

    results: dict[str, list[float] | None] = field(default_factory=dict)
    lines: set[int] = field(default_factory=set)

    def has_run(self, function: str, lines: range) -> bool:
        """Return whether some of the lines ran, and the function ("" for none) came to something at least once."""
        returned = not function or any(
            result is not None and call.startswith(f"{function} ") for call, result in self.results.items()
        )
        return returned and not self.lines.isdisjoint(lines)

    def differs(self, other: Behavior) -> bool:
        """Return whether some call that both have came to something else."""
        return any(not _alike(self.results[call], other.results[call]) for call in self._common(other))

    def stops(self, other: Behavior) -> bool:
        """Return whether some call that came to numbers here raises there."""
        return any(self.results[call] is not None and other.results[call] is None for call in self._common(other))

    def _common(self, other: Behavior) -> set[str]:
        return self.results.keys() & other.results.keys()


def _alike(a: list[float] | None, b: list[float] | None) -> bool:
    if a is None or b is None:
        return a is b
    return len(a) == len(b) and bool(np.allclose(a, b, rtol=CLOSE, atol=1e-12, equal_nan=True))


def observed(path: Path) -> Behavior:
    """Return how a file behaves while it is checked."""
    code = f"sys.path.append({str(ROOT)!r}); from tests.checker import behavior; behavior.record(); "
    child = sandbox.PATH + code + sandbox.CHILD.removeprefix(sandbox.PATH)
    behavior = Behavior()

    @contextlib.contextmanager
    def kept() -> Iterator[str]:
        with workspace() as folder:
            yield folder
            if (record := Path(folder, FILE)).is_file():
                _read(record.read_text("utf-8"), behavior)

    with mock.patch.multiple(sandbox, START=sandbox.start(child), workspace=kept):
        sandbox.check_file(path, seconds=3 * sandbox.SECONDS)
    return behavior


def _read(text: str, behavior: Behavior) -> None:
    for line in text.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:  # the process ended while it wrote
            continue
        if "line" in entry:
            behavior.lines.add(entry["line"])
        else:
            behavior.results.setdefault(entry["call"], entry["result"])


def record() -> None:
    """Trace the calls of the learner's functions from now on, and write what they come to into a file."""
    np.random.seed(0)
    recorder = _Recorder(os.open(FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666))
    threading.settrace(recorder.called)
    sys.settrace(recorder.called)


class _Recorder:
    def __init__(self, file: int) -> None:
        self._file, self._written = file, 0
        self._counts: dict[str, int] = {}
        self._lines: set[int] = set()

    def called(self, frame: FrameType, _: str, __: Any) -> Any:
        if frame.f_code.co_filename != LEARNER:
            return None
        name = frame.f_code.co_qualname
        if name == "<module>":
            is_pass = frame.f_back is not None and frame.f_back.f_code.co_name == "after"
            name = f"{PASS} {frame.f_code.co_firstlineno}" if is_pass else name
        count = self._counts[name] = self._counts.get(name, 0) + 1
        if name != "<module>" and count > LINES:
            return None
        key = self._key(name, frame) if count <= CALLS and not name.endswith(">") else ""
        raised = False

        def local(frame: FrameType, event: str, value: Any) -> Any:
            nonlocal raised
            if event == "line":
                raised = False
                self._ran(frame.f_lineno)
            elif event == "exception":
                raised = True
            elif event == "return" and key:
                self._returned(key, frame, value, raised)
            return local

        return local

    def _ran(self, line: int) -> None:
        if line not in self._lines:
            self._lines.add(line)
            self._write({"line": line})

    def _key(self, name: str, frame: FrameType) -> str:
        state: Any = np.random.get_state()
        random = hashlib.blake2b(np.asarray(state[1]).tobytes() + bytes(str(state[2]), "ascii"), digest_size=6)
        arguments = {key: value for key, value in frame.f_locals.items() if not key.startswith("__")}
        return f"{name} {_digest(arguments)} {random.hexdigest()}"

    def _returned(self, key: str, frame: FrameType, value: Any, raised: bool) -> None:
        if key.startswith(PASS):
            names = sorted(name for name in frame.f_locals if not name.startswith("_"))
            result = _numbers([frame.f_locals[name] for name in names], FEW)
        else:
            parameters = frame.f_code.co_varnames[: frame.f_code.co_argcount]
            left = [frame.f_locals[name] for name in parameters if name in frame.f_locals]
            result = _numbers([value, *left], MANY)
        self._write({"call": key, "result": None if raised and value is None else result})

    def _write(self, entry: Mapping[str, Any]) -> None:
        line = json.dumps(entry).encode() + b"\n"
        self._written += len(line)
        if self._written < BYTES:
            with contextlib.suppress(OSError):
                os.write(self._file, line)


def _digest(value: Any) -> str:
    digest = hashlib.blake2b(digest_size=10)
    _feed(digest, value, 0)
    return digest.hexdigest()


def _feed(digest: Any, value: Any, depth: int) -> None:
    if isinstance(value, np.ndarray) and value.dtype != object:
        digest.update(f"{value.dtype}{value.shape}".encode() + value.tobytes())
    elif isinstance(value, str | bytes | int | float | complex | np.generic | None):
        digest.update(repr(value).encode())
    elif depth < DEEPEST:
        for name, child in _children(value):
            digest.update(name.encode())
            _feed(digest, child, depth + 1)


def _children(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a container or an object holds, with names."""
    if isinstance(value, dict):
        yield from ((str(key), child) for key, child in [*value.items()][:200])
    elif isinstance(value, list | tuple | deque | np.ndarray):
        yield from (("", child) for child in [*value][:200])
    elif type(value).__module__.startswith("<") and not isinstance(value, type):
        yield from vars(value).items() if hasattr(value, "__dict__") else ()


def _numbers(value: Any, of_array: int) -> list[float]:
    """Return the numbers that a value holds, so many of each array."""
    numbers: list[float] = []
    waiting = deque([(value, 0)])
    while waiting and len(numbers) < MOST:
        value, depth = waiting.popleft()
        if isinstance(value, np.ndarray | np.generic | bool | int | float) and np.asarray(value).dtype.kind in "biuf":
            flat = np.ravel(np.asarray(value, dtype=float))
            numbers += [float(flat.size), *map(float, flat[:: max(1, flat.size // of_array)])]
        elif depth < DEEPEST:
            waiting += [(child, depth + 1) for _, child in _children(value)]
    return numbers
