"""Work cut into parts that any number of threads take: NumPy lets go of Python's lock while it computes.

How work is cut follows from the work alone, never from the machine, and results come in the order of the parts. So
numbers do not depend on how many threads there are.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import cache
from threading import Lock
from typing import Any, TypeVar

import numpy as np

from chainrule.arrays import Array, machine, namespace

P = TypeVar("P")
T = TypeVar("T")
_at_work = ContextVar("at_work", default=False)  # whether this is inside of one of several parts
_allowed: ContextVar[int | None] = ContextVar("allowed", default=None)  # threads, where BLAS keeps to one of them


def cut(n: int, step: int) -> list[slice]:
    """Return the parts of n things, of `step` each; the last one may be smaller. Of nothing, there is one empty part.

    >>> cut(10, 4)
    [slice(0, 4, None), slice(4, 8, None), slice(8, 10, None)]
    """
    return [slice(start, min(start + step, n)) for start in range(0, max(n, 1), step)]


def in_parts(function: Callable[[P], T], parts: Sequence[P]) -> list[T]:
    """Return what the function gives for each part; as many run at a time as there are threads.

    Inside of one of several parts, parts run one after another.

    >>> in_parts(lambda part: sum(range(10)[part]), cut(10, 4))
    [6, 22, 17]
    """
    if len(parts) < 2 or _at_work.get():
        return [function(part) for part in parts]
    results: dict[int, T] = {}
    waiting = iter(range(len(parts)))

    def work() -> None:
        while (i := next(waiting, None)) is not None:
            results[i] = function(parts[i])

    outside = _at_work.set(True)
    try:
        # A copy of the context brings np.errstate along.
        helpers = min(_allowed.get() or machine.cores(), len(parts)) - 1
        others = [_pool(os.getpid(), helpers).submit(copy_context().run, work) for _ in range(helpers)]
        try:
            work()
        finally:
            for other in others:
                if not other.cancel():  # one that did not begin in time is not waited for
                    other.result()
    finally:
        _at_work.reset(outside)
    return [results[i] for i in range(len(parts))]


@cache
def _pool(process: int, threads: int) -> Any:  # a fork does not have its parent's threads
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(threads, "chainrule")


class _BlasLimit:
    """BLAS kept to one thread for as long as somebody needs it: the number belongs to the process, not to a thread."""

    def __init__(self) -> None:
        self._lock, self._users, self._limit = Lock(), 0, None
        self._threads = 1

    def __enter__(self) -> int:
        """Return how many threads BLAS had."""
        with self._lock:
            if not self._users:
                blas = _blas()
                self._threads = max((library["num_threads"] for library in blas.info()), default=machine.cores())
                self._limit = blas.limit(limits=1)
            self._users += 1
            return self._threads

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._users -= 1
            if not self._users and self._limit is not None:
                self._limit.restore_original_limits()
                self._limit = None


@cache
def _blas() -> Any:
    """Return the handle of the BLAS libraries, which takes a while to find."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")


_blas_limit = _BlasLimit()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep BLAS to one thread, and give the others that it had to `in_parts` and `product`.

    BLAS's threads hand a small product to each other for as long as they compute it, and go on asking for work for some
    20 ms after each, at the cost of whatever else would run on their cores, such as the optimizer. On a busy machine
    each waits for the other: steps were seen to take ten times as long. And how BLAS cuts a product, and so the last
    bits of it, depends on how many threads it has.
    """
    with _blas_limit as threads:
        before = _allowed.set(min(threads, machine.cores()))
        try:
            yield
        finally:
            _allowed.reset(before)


def product(A: Array, B: Array) -> Array:
    """Return A @ B, where all axes of A but its last are rows; see `products`."""
    if A.ndim > 2:
        xp = namespace(A)
        return xp.reshape(product(xp.reshape(A, (-1, A.shape[-1])), B), (*A.shape[:-1], B.shape[1]))
    return A @ B if A.size * B.shape[1] < machine.CUT else products((A, B))[0]


def products(*factors: tuple[Array, Array]) -> list[Array]:
    """Return A @ B for each pair of matrices.

    Where BLAS keeps to one thread, large ones are cut into parts; all together, because it takes a while to wake a
    thread.
    """
    work = 0  # in a loop, because small networks feel every microsecond
    for A, B in factors:
        work += A.size * B.shape[1]
    if work < machine.CUT or _allowed.get() is None or _at_work.get() or type(A) is not np.ndarray:
        return [A @ B for A, B in factors]
    results = [np.empty((len(A), B.shape[1]), np.result_type(A, B)) for A, B in factors]
    pieces = [piece for (A, B), out in zip(factors, results, strict=True) for piece in _pieces(A, B, out)]
    in_parts(lambda piece: np.matmul(piece[0], piece[1], out=piece[2]), pieces)
    return results


def _pieces(A: Array, B: Array, out: Array) -> list[tuple[Array, Array, Array]]:
    """Return the parts of A @ B: their factors, and where they go.

    The longer side is cut. Because BLAS makes a copy of the whole other factor for every part, there are only twice as
    many parts where there is four times the work.
    """
    rows, columns = out.shape
    longer = max(rows, columns)
    root = math.isqrt(A.size * columns * machine.MULTIPLIED)
    parts = cut(longer, machine.step(longer, root, machine.MULTIPLIED))
    if rows == longer:
        return [(A[part], B, out[part]) for part in parts]
    return [(A, B[:, part], out[:, part]) for part in parts]


def in_chunks(function: Callable[[slice], object], n: int, numbers: int) -> None:
    """Call the function for a few of n things at a time, which together have so many numbers."""
    chunks = cut(n, max(1, machine.ELEMENTS * n // max(1, numbers)))
    if numbers < machine.SHARED:
        for chunk in chunks:
            function(chunk)
    else:
        in_parts(function, chunks)
