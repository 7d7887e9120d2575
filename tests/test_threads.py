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
