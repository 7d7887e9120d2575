"""The one place where a kernel that numba compiles takes the place of an equation's NumPy calls: in engine "fast"."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, wraps
from typing import Any, TypeVar

import numpy as np

F = TypeVar("F", bound=Callable[..., Any])
_allowed = ContextVar("allowed", default=False)
EQUATIONS: dict[str, Callable[..., Any]] = {}
"""The functions that have a kernel, by name, as they are written: the oracles of the kernels."""


@contextmanager
def kernels() -> Iterator[None]:
    """Let kernels run inside of the block."""
    before = _allowed.set(True)
    try:
        yield
    finally:
        _allowed.reset(before)


def has_kernel(function: F) -> F:
    """Let the kernel of a function's name take its place where kernels are allowed and all numbers are float32."""
    name = function.__name__
    EQUATIONS[name] = function

    @wraps(function)
    def either(*arguments: Any) -> Any:
        if _allowed.get() and all(map(_takes, arguments)):
            return getattr(_compiled(), name)(*arguments)
        return function(*arguments)

    return either  # type: ignore[return-value]


def _takes(argument: Any) -> bool:
    """Return whether a kernel may get this: a NumPy array, unless it is of float64, or a tuple of settings."""
    return argument.dtype != np.float64 if type(argument) is np.ndarray else isinstance(argument, tuple)


@cache
def _compiled() -> Any:
    from chainrule.arrays import compiled_kernels

    return compiled_kernels
