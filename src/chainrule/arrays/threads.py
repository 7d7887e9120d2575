"""Two threads over two halves: NumPy lets go of Python's lock while it computes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import cache
from threading import Lock
from typing import Any, TypeVar

import numpy as np

from chainrule.arrays import Array

_LARGE = 2**17  # numbers from which two threads are faster than one
_AT_ONCE = 2**18  # numbers that stay in the processor's cache with what is computed from them

_LARGE_PRODUCT = 2**25  # multiply-adds from which two threads are faster than one

T = TypeVar("T")
_halved = ContextVar("halved", default=False)  # whether both threads are already at work
_blas_alone = ContextVar("blas_alone", default=False)  # whether BLAS leaves a second core to us


def in_halves(function: Callable[[slice], T], n: int) -> list[T]:
    """Return what the function gives for each half of n examples; both run at the same time.

    The halves do not depend on the machine, nor does the order of the results, so neither do sums over them. Inside of
    one of two halves, halves run one after the other.

    >>> in_halves(lambda part: sum(range(10)[part]), 10)
    [10, 35]
    """
    if n < 2:
        return [function(slice(n))]
    if _halved.get():
        return [function(slice(n // 2)), function(slice(n // 2, n))]
    outside = _halved.set(True)
    try:
        # The context brings np.errstate along.
        second = _worker(os.getpid()).submit(copy_context().run, function, slice(n // 2, n))
        return [function(slice(n // 2)), second.result()]
    finally:
        _halved.reset(outside)


def in_parts(function: Callable[[slice], object], n: int, numbers: int) -> None:
    """Call the function for a few of n examples at a time, which together have so many numbers."""
    step = max(1, _AT_ONCE * n // max(1, numbers))

    def half(part: slice) -> None:
        for i in range(part.start or 0, part.stop, step):
            function(slice(i, min(i + step, part.stop)))

    if numbers < _LARGE:
        half(slice(n))
    else:
        in_halves(half, n)


class _BlasLimit:
    """BLAS kept to one thread for as long as somebody needs it: the number belongs to the process, not to a thread."""

    def __init__(self) -> None:
        self._lock, self._users, self._limit = Lock(), 0, None
        self.had_two = False

    def __enter__(self) -> None:
        from threadpoolctl import ThreadpoolController

        with self._lock:
            if not self._users:
                blas = ThreadpoolController().select(user_api="blas")
                self.had_two = max((library["num_threads"] for library in blas.info()), default=1) == 2
                self._limit = blas.limit(limits=1)
            self._users += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._users -= 1
            if not self._users and self._limit is not None:
                self._limit.restore_original_limits()
                self._limit = None


_blas_limit = _BlasLimit()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep BLAS to one thread; `product` takes two then, if BLAS had two."""
    with _blas_limit:
        before = _blas_alone.set(_blas_limit.had_two)
        try:
            yield
        finally:
            _blas_alone.reset(before)


def product(A: Array, B: Array) -> Array:
    """Return A @ B of matrices, in two threads if that is faster.

    BLAS's own second thread goes on asking for work for some 20 ms after each product, at the cost of whatever else
    would run on that core, such as the optimizer.
    """
    if A.size * B.shape[1] < _LARGE_PRODUCT or not _blas_alone.get() or type(A) is not np.ndarray:
        return A @ B
    out = np.empty((len(A), B.shape[1]), A.dtype)
    in_halves(lambda rows: np.matmul(A[rows], B, out=out[rows]), len(A))
    return out


@cache
def _worker(process: int) -> Any:  # a fork does not have its parent's threads
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(1)
