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

    Inside of one of several parts, parts run one after another. After an error no part is begun, and those that run
    come to their end before the error is raised.

    >>> in_parts(lambda part: sum(range(10)[part]), cut(10, 4))
    [6, 22, 17]
    """
    if len(parts) < 2 or _at_work.get():
        return [function(part) for part in parts]
    results: dict[int, T] = {}
    errors: list[BaseException] = []
    waiting = iter(range(len(parts)))

    def work() -> None:
        while not errors and (i := next(waiting, None)) is not None:
            try:
                results[i] = function(parts[i])
            except BaseException as error:
                errors.append(error)

    outside = _at_work.set(True)
    try:
        others = _helpers(work, min(_allowed.get() or machine.cores(), len(parts)) - 1)
        work()
        for other in others:
            while not (other.cancel() or other.done()):  # one that did not begin in time is not waited for
                try:
                    other.result()
                except KeyboardInterrupt as interrupt:
                    errors.append(interrupt)
    finally:
        _at_work.reset(outside)
    if errors:
        raise errors[0]
    return [results[i] for i in range(len(parts))]


def _helpers(work: Callable[[], None], number: int) -> list[Any]:
    """Let other threads work, too; none when the program ends, where no thread can begin any more."""
    try:  # a copy of the context brings np.errstate along
        return [_pool(os.getpid(), number).submit(copy_context().run, work) for _ in range(number)]
    except RuntimeError:
        return []


@cache
def _pool(process: int, threads: int) -> Any:  # a fork does not have its parent's threads
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(threads, "chainrule")


class _BlasLimit:
    """BLAS kept to one thread for as long as somebody needs it: the number belongs to the process, not to a thread."""

    def __init__(self) -> None:
        self._lock, self._users = Lock(), 0
        self._numbers: list[int] = []  # of each library before

    def __enter__(self) -> int:
        """Return how many threads BLAS had."""
        with self._lock:
            if not self._users:
                self._numbers = [library.get_num_threads() or 1 for library in _blas()]
                _set([1] * len(self._numbers))
            self._users += 1
            return max(self._numbers, default=machine.cores())

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._users -= 1
            if not self._users:
                _set(self._numbers)

    def after_fork(self) -> None:
        """Forget the parent's other threads, which a child does not have."""
        self._lock = Lock()
        if self._users and _allowed.get() is None:
            self._users = 0
            _set(self._numbers)


def _set(numbers: list[int]) -> None:
    for library, number in zip(_blas(), numbers, strict=True):
        # threadpoolctl ignores the call of a thread if another one that lives set the number before.
        clear = getattr(library, "clear_controlling_thread", lambda force: None)
        clear(force=True)
        library.set_num_threads(number)
        clear(force=True)


@cache
def _blas() -> list[Any]:
    """Return the handles of the BLAS libraries, which take a while to find."""
    from threadpoolctl import ThreadpoolController

    return list(ThreadpoolController().select(user_api="blas").lib_controllers)


_blas_limit = _BlasLimit()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_blas_limit.after_fork)


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
    if type(A) is not np.ndarray:  # whose axes stay apart: JAX may have divided one among devices
        return A @ B
    if A.ndim != 2:
        return product(A.reshape(-1, A.shape[-1]), B).reshape(*A.shape[:-1], B.shape[1])
    return A @ B if A.size * B.shape[1] < machine.CUT else products((A, B))[0]


def products(*factors: tuple[Array, Array]) -> list[Array]:
    """Return A @ B for each pair of matrices.

    Where BLAS keeps to one thread, large ones are cut into parts; all together, because it takes a while to wake a
    thread.
    """
    if type(factors[0][0]) is not np.ndarray:
        return [A @ B for A, B in factors]
    work = 0  # in a loop, because small networks feel every microsecond
    for A, B in factors:
        work += A.size * B.shape[1]
    if work < machine.CUT or _allowed.get() is None or _at_work.get():
        return [A @ B for A, B in factors]
    results = [np.empty((len(A), B.shape[1]), np.result_type(A, B)) for A, B in factors]
    pieces = [piece for (A, B), out in zip(factors, results, strict=True) for piece in _pieces(A, B, out)]
    in_parts(lambda piece: np.matmul(piece[0], piece[1], out=piece[2]), pieces)
    return results


def row_products(*factors: tuple[Array, Array]) -> list[Array]:
    """Return A^T B for each pair, the sum over all rows, which are all axes but the last; see `products`."""
    if type(factors[0][0]) is np.ndarray:
        return products(*((A.reshape(-1, A.shape[-1]).T, B.reshape(-1, B.shape[-1])) for A, B in factors))
    rows = list(range(factors[0][0].ndim - 1))
    return [namespace(A).tensordot(A, B, axes=(rows, rows)) for A, B in factors]


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
