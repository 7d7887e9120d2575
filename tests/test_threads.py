"""Large products on two threads."""

from __future__ import annotations

import threading
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from chainrule.arrays import threads


@pytest.mark.parametrize("cores", [1, 2, 8])
def test_a_large_product_takes_the_two_threads_that_blas_had(cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    A, B = rng.standard_normal((7, 5)), rng.standard_normal((5, 3))
    right, matmul, seen = A @ B, np.matmul, set()

    def watched(*arguments: Any, **named: Any) -> Any:
        seen.add(threading.get_ident())
        return matmul(*arguments, **named)

    monkeypatch.setattr(np, "matmul", watched)
    monkeypatch.setattr(threads, "_LARGE_PRODUCT", 1)
    monkeypatch.setattr("threadpoolctl.ThreadpoolController.info", lambda _: [{"num_threads": cores}])
    with threads.one_blas_thread():
        np.testing.assert_allclose(threads.product(A, B), right, rtol=1e-12)
        assert len(seen) == (2 if cores == 2 else 0)
        assert not isinstance(threads.product(jnp.asarray(A), jnp.asarray(B)), np.ndarray)
    seen.clear()
    threads.product(A, B)  # outside, BLAS has all its threads
    assert not seen


def test_blas_gets_its_threads_back_whatever_order_fits_in_python_threads_end_in() -> None:
    from threadpoolctl import ThreadpoolController

    blas = ThreadpoolController().select(user_api="blas")

    def now() -> set[int]:
        return {library["num_threads"] for library in blas.info()}

    with blas.limit(limits=2):
        before = now()
        first, second = threads.one_blas_thread(), threads.one_blas_thread()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert now() == {1}
        second.__exit__(None, None, None)
        assert now() == before == {2}
