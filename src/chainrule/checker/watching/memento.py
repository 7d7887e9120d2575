"""All that some code can change, to be put back as it was before the code ran."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator
from functools import partial
from itertools import zip_longest
from types import FunctionType, MethodType
from typing import Any

import numpy as np

from chainrule.checker.watching.paths import is_learners


class Memento:
    """What can be reached from some values, remembered; every object stays itself, so that names may share it.

    Random numbers are put back as well, also those of generators. What an iterator has already given is gone.

    Raises
    ------
    MemoryError
        If there are more than `LARGEST` bytes of arrays.
    """

    LARGEST = 2**28

    def __init__(self, *roots: Any) -> None:
        self.arrays: list[tuple[Any, Any]] = []
        self.containers: list[tuple[Any, Any]] = []
        self.random = random.getstate(), np.random.get_state()
        self.generators: list[tuple[Any, Any]] = []
        size, known, waiting = 0, set[int](), list(roots)
        while waiting:
            value = waiting.pop()
            if id(value) in known:
                continue
            known.add(id(value))
            if isinstance(value, np.ndarray):
                size += value.nbytes
                if size > self.LARGEST:
                    raise MemoryError
                self.arrays.append((value, value.copy()))
            elif isinstance(value, dict | list | deque | set):
                self.containers.append((value, value.copy()))
            elif is_learners(value):
                self.containers.append((vars(value), vars(value).copy()))
            elif isinstance(value, random.Random):
                self.generators.append((value.setstate, value.getstate()))
            elif isinstance(value, np.random.RandomState):
                self.generators.append((value.set_state, value.get_state()))
            elif isinstance(value, np.random.Generator):
                generator = value.bit_generator
                self.generators.append((partial(setattr, generator, "state"), generator.state))
            waiting += _inside(value)

    def restore(self) -> None:
        """Put everything back."""
        for container, content in self.containers:
            container.clear()
            (container.extend if isinstance(container, list | deque) else container.update)(content)
        for array, numbers in self.arrays:
            if array.flags.writeable:
                array[...] = numbers
        random.setstate(self.random[0])
        np.random.set_state(self.random[1])
        for put_back, state in self.generators:
            put_back(state)

    @property
    def is_unchanged(self) -> bool:
        """Whether every array is what it was, under the names that it had."""
        return all(np.array_equal(array, numbers) for array, numbers in self.arrays) and all(
            now is before for container, content in self.containers for now, before in _arrays_of(container, content)
        )


def _arrays_of(container: Any, content: Any) -> Iterator[tuple[Any, Any]]:
    """Yield what a container holds now in place of each array that it held."""
    if isinstance(content, dict):
        yield from [(container.get(key), value) for key, value in content.items() if isinstance(value, np.ndarray)]
    elif isinstance(content, list):
        yield from [pair for pair in zip_longest(container, content) if isinstance(pair[1], np.ndarray)]


def _inside(value: Any) -> Iterator[Any]:
    """Yield what a value leads to."""
    if isinstance(value, dict):
        yield from [*value.values()]
    elif isinstance(value, list | tuple | deque) or (isinstance(value, np.ndarray) and value.dtype == object):
        yield from [*np.ravel(value)] if isinstance(value, np.ndarray) else value
    elif isinstance(value, MethodType):
        yield value.__self__
    elif isinstance(value, FunctionType):
        yield from value.__defaults__ or ()
        yield from [cell.cell_contents for cell in value.__closure__ or () if _is_filled(cell)]
    elif isinstance(value, type):  # of the learner's: what the class itself keeps
        if value.__module__.startswith("<"):
            yield from [kept for name, kept in vars(value).items() if not name.startswith("__")]
    elif is_learners(value):
        yield from [*vars(value).values()]


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False
