"""Every array and number that can be reached from some names, by its path: `net.params["W1"]`."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any, Literal, NamedTuple

import numpy as np

LONGEST = 6  # steps of a path
WIDEST = 200  # entries of a container that are looked at


class Step(NamedTuple):
    """From an object to one that it holds."""

    kind: Literal["name", "key", "item", "attribute"]
    value: str | int


Path = tuple[Step, ...]


_KINDS = {"name": "{}", "key": "[{!r}]", "item": "[{}]", "attribute": ".{}"}


class Change(NamedTuple):
    """What is changed before code runs: a number in an array, or a number by itself, and by how much."""

    path: Path
    place: tuple[int, ...]
    by: float


def unstepped(path: Path) -> tuple[tuple[str, str | int], ...]:
    """Return a path as plain tuples."""
    return tuple((step.kind, step.value) for step in path)


def stepped(parts: Any) -> Path:
    """Return the path that plain tuples say.

    Raises
    ------
    ValueError
        If they say none.
    """
    path = tuple(Step(*part) for part in parts)
    if not path or not all(step.kind in _KINDS and isinstance(step.value, str | int) for step in path):
        raise ValueError("a path has steps")
    return path


def text(path: Path) -> str:
    """Return a path as Python writes it.

    >>> text((Step("name", "net"), Step("attribute", "params"), Step("key", "W1")))
    "net.params['W1']"
    """
    return "".join(_KINDS[step.kind].format(step.value) for step in path)


def reached(names: Mapping[str, Any]) -> dict[Path, Any]:
    """Return every array and number that names hold, in containers and in objects of the learner's classes as well.

    What has several paths gets the shortest of those, and of them the one whose name comes first.
    """
    leaves: dict[Path, Any] = {}
    known: set[int] = set()
    waiting = deque[tuple[Path, Any]](((Step("name", name),), value) for name, value in names.items())
    while waiting:
        path, value = waiting.popleft()
        if is_number(value):
            leaves[path] = value
        elif id(value) not in known and len(path) <= LONGEST:
            known.add(id(value))
            if isinstance(value, np.ndarray):
                leaves[path] = value
            else:
                waiting += [((*path, step), child) for step, child in held(value)]
    return leaves


def held(value: Any) -> Iterator[tuple[Step, Any]]:
    """Yield what a container or an object of the learner's holds."""
    if isinstance(value, dict):
        children = [(Step("key", key), child) for key, child in value.items() if isinstance(key, str | int)]
    elif isinstance(value, list | tuple | deque):
        children = [(Step("item", position), child) for position, child in enumerate(value)]
    elif is_learners(value):
        children = [(Step("attribute", name), child) for name, child in vars(value).items()]
    else:
        return
    if len(children) <= WIDEST:
        yield from children


def at(names: Mapping[str, Any], path: Path) -> Any:
    """Return what a path leads to."""
    value: Any = names
    for kind, name in path:
        value = getattr(value, str(name)) if kind == "attribute" else value[name]
    return value


def assign(names: dict[str, Any], path: Path, value: Any) -> None:
    """Put a value where a path leads to."""
    owner, (kind, name) = at(names, path[:-1]), path[-1]
    if kind == "attribute":
        setattr(owner, str(name), value)
    else:
        owner[name] = value


def is_number(value: Any) -> bool:
    """Return whether a value is a single floating-point number."""
    return isinstance(value, float | np.floating)


def is_learners(value: Any) -> bool:
    """Return whether a value is an object of a class that the learner's files define."""
    return (
        hasattr(value, "__dict__")
        and not isinstance(value, ModuleType | FunctionType | type)
        and type(value).__module__.startswith("<")
    )
