"""Any number of threads takes the same parts: all of them work, and every bit stays."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from threadpoolctl import ThreadpoolController

import chainrule as cr
from chainrule.arrays import leaves, machine, threads, windows
from chainrule.arrays.threads import cut, in_parts
from chainrule.engines import inference
from chainrule.engines.compiled import compile_rule, numpy_rule

WORKERS = (1, 2, 4, 8)
BLAS = ThreadpoolController().select(user_api="blas")
rng = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work as small as a test's is cut as large work is."""
    for name in ("CONVOLVED", "CUT", "MULTIPLIED", "SHARED"):
        monkeypatch.setattr(machine, name, 100)
    monkeypatch.setattr(machine, "ELEMENTS", 256)
    monkeypatch.setattr(machine, "PASS_ROWS", 8)


@contextmanager
def machine_with(workers: int) -> Iterator[list[int]]:
    """Let the machine have so many cores and BLAS threads; what comes is how many threads took each lot of parts."""
    seen: list[int] = []

    def watched(function: Callable[[Any], Any], parts: list[Any]) -> list[Any]:
        if len(parts) < 2 or threads._at_work.get():
            return in_parts(function, parts)
        ready, turn, idents = threading.Barrier(min(workers, len(parts))), count(), set()

        def once_all_are_there(part: Any) -> Any:
            if next(turn) < ready.parties:
                ready.wait(20)  # raises if fewer threads than that take parts at the same time
            idents.add(threading.get_ident())
            return function(part)

        results = in_parts(once_all_are_there, parts)
        seen.append(len(idents))
        return results

    blas = SimpleNamespace(get_num_threads=lambda: workers, set_num_threads=lambda _: None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(machine, "cores", lambda: workers)
        patch.setattr(threads, "_blas", lambda: [blas])
        for module in (threads, windows, inference):
            patch.setattr(module, "in_parts", watched)
        yield seen


def passes(layer: cr.layers.Layer, x: Any) -> Callable[[], list[Any]]:
    params, output = layer.init(np.random.default_rng(0), x.shape[1:])
    dy = rng.standard_normal((len(x), *output)).astype(np.float32)

    def forward_and_backward() -> list[Any]:
        with threads.one_blas_thread():
            y, cache = layer.forward(params, x)
            dx, grads = layer.backward(cache, dy)
        return [y, dx, *grads.values()]

    return forward_and_backward


def updates(rule: Callable[..., Any]) -> Callable[[], list[Any]]:
    numbers = rng.standard_normal((4, 5000)).astype(np.float32) ** 2

    def update() -> list[Any]:
        p, g, *state = numbers.copy()
        rule(cr.Adam(0.1), p.dtype)(p, g, cr.Adam().state(*state), 3, False)
        return [p, *state]

    return update


def predictions() -> Callable[[], list[Any]]:
    network = cr.Network.mlp([30, 40, 3])
    X = rng.standard_normal((200, 30)).astype(np.float32)
    return lambda: [network.predict(X)]


def floats(*shape: int) -> Any:
    return rng.standard_normal(shape).astype(np.float32)


WORK: dict[str, Callable[[], list[Any]]] = {
    "convolution": passes(cr.Conv2D(5, 3), floats(33, 9, 8, 3)),
    "convolution, stride 2": passes(cr.Conv2D(5, 3, stride=2), floats(33, 9, 8, 3)),
    "depthwise": passes(cr.Conv2D(3, 3, groups=3), floats(33, 9, 8, 3)),
    "pooling": passes(cr.MaxPool(2), floats(33, 8, 8, 3)),
    "product by rows": passes(cr.Dense(7), floats(130, 30)),
    "product by columns": passes(cr.Dense(130), floats(9, 30)),
    "product at every step": passes(cr.Dense(7), floats(20, 11, 30)),
    "recurrent": passes(cr.LSTM(8), floats(20, 11, 30)),
    "update": updates(numpy_rule),
    "compiled update": updates(compile_rule),
    "prediction": predictions(),
}


@pytest.mark.parametrize("work", WORK)
def test_all_workers_take_parts_and_every_bit_stays(work: str) -> None:
    expected = None
    for workers in WORKERS:
        with machine_with(workers) as seen:
            numbers = WORK[work]()
        assert seen and max(seen) == workers, f"{max(seen)} threads of {workers} took parts"
        expected = expected or numbers
        for a, b in zip(numbers, expected, strict=True):
            np.testing.assert_array_equal(a, b)


def test_training_and_scores_do_not_depend_on_the_threads_of_blas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "CUT", 2**24)
    monkeypatch.setattr(machine, "MULTIPLIED", 2**22)
    monkeypatch.setattr(machine, "PASS_ROWS", 128)
    X, y = rng.standard_normal((736, 453)), rng.integers(3, size=736)
    runs, alone = [], []
    for number in WORKERS:
        with BLAS.limit(limits=number):
            alone.append(X[:368].astype(np.float32) @ X[:453, :448].astype(np.float32))
            network = cr.Network.mlp([453, 448, 3])
            network.fit(X, y, batch_size=368, epochs=1, validation_split=0.1, verbose=False)
            few = network.predict(X[:100])
            scores = [*network.evaluate(X, y).values(), *network.history.rows[-1].values()]
            runs.append([few, network.predict(X), np.array(scores[:4]), *(p for _, p in leaves(network.params))])
            assert blas_threads() == {number}
    assert not np.array_equal(alone[0], alone[-1]), "BLAS's own threads leave the bits here, so this shows nothing"
    for run in runs[1:]:
        for a, b in zip(run, runs[0], strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_user_that_keeps_blas_to_fewer_threads_keeps_the_package_to_them() -> None:
    with machine_with(4) as seen:
        two = SimpleNamespace(get_num_threads=lambda: 2, set_num_threads=lambda _: None)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(threads, "_blas", lambda: [two])
            with threads.one_blas_thread():
                assert threads._allowed.get() == 2
    assert not seen


def test_products_are_left_to_blas_where_it_has_its_threads_and_to_jax() -> None:
    A, B = floats(130, 30), floats(30, 7)
    with machine_with(2) as seen:
        np.testing.assert_array_equal(threads.product(A, B), A @ B)
        with threads.one_blas_thread():
            assert not isinstance(threads.product(jnp.asarray(A), jnp.asarray(B)), np.ndarray)
    assert not seen


def test_parts_inside_of_parts_run_in_the_same_thread() -> None:
    def inner(_: slice) -> list[int]:
        return in_parts(lambda _: threading.get_ident(), cut(4, 1))

    with machine_with(4):
        for idents in threads.in_parts(inner, cut(8, 1)):
            assert len(set(idents)) == 1


@pytest.mark.parametrize("n", [0, 1, 7, 16, 100])
@pytest.mark.parametrize("step", [1, 3, 16])
def test_parts_hold_everything_once(n: int, step: int) -> None:
    assert [i for part in cut(n, step) for i in range(n)[part]] == list(range(n))


@pytest.mark.parametrize(("n", "work", "parts"), [(64, 10, 1), (64, 250, 2), (64, 10**6, 16), (3, 10**6, 3), (0, 0, 1)])
def test_work_is_cut_by_its_size(n: int, work: int, parts: int) -> None:
    assert len(cut(n, machine.step(n, work, least=100))) == parts


def test_other_threads_see_the_same_error_state() -> None:
    both = threading.Barrier(2)

    def infinite(part: slice) -> Any:
        both.wait(20)
        return np.ones(2, np.float32)[part] / 0

    def infinite_in_another(part: slice) -> Any:
        both.wait(20)
        return None if threading.current_thread() is threading.main_thread() else np.ones(1) / 0

    token = threads._allowed.set(2)
    try:
        with np.errstate(divide="ignore"):
            assert [a.tolist() for a in in_parts(infinite, cut(2, 1))] == [[np.inf], [np.inf]]
        with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
            in_parts(infinite_in_another, cut(2, 1))
    finally:
        threads._allowed.reset(token)


def in_a_thread(function: Callable[[], Any]) -> Any:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result(20)


def test_blas_gets_its_threads_back_whatever_order_fits_in_python_threads_end_in() -> None:
    with BLAS.limit(limits=2):
        assert blas_threads() == {2}
        for first, second in itertools.product([lambda f: f(), in_a_thread], repeat=2):
            first(threads._blas_limit.__enter__)
            assert blas_threads() == {1}
            second(threads._blas_limit.__enter__)
            first(threads._blas_limit.__exit__)
            assert blas_threads() == {1}
            second(threads._blas_limit.__exit__)
            assert blas_threads() == {2}


def test_a_fit_in_another_thread_has_the_same_bits() -> None:
    X, y = rng.standard_normal((368, 453)), rng.integers(3, size=368)

    def fit() -> Any:
        network = cr.Network.mlp([453, 448, 3])
        network.fit(X, y, batch_size=368, epochs=1, verbose=False)
        return network.params[0]["W"]

    with BLAS.limit(limits=2):
        here = fit()
        np.testing.assert_array_equal(in_a_thread(fit), here)
        np.testing.assert_array_equal(fit(), here)
        assert blas_threads() == {2}


def test_first_parameters_do_not_depend_on_the_threads_of_blas() -> None:
    drawn = []
    for number in (1, 2):
        with BLAS.limit(limits=number):
            drawn.append(cr.initializers.orthogonal(np.random.default_rng(0), (300, 300)))
    np.testing.assert_array_equal(*drawn)


def test_after_an_error_no_part_is_begun_and_none_runs_on() -> None:
    begun, ended = [], []
    both = threading.Barrier(2)

    def part(place: slice) -> None:
        begun.append(place.start)
        if place.start < 2:
            both.wait(20)
        if place.start == 0:
            raise ValueError("the first")
        time.sleep(0.2)
        ended.append(place.start)

    token = threads._allowed.set(2)
    try:
        with pytest.raises(ValueError, match="the first"):
            in_parts(part, cut(20, 1))
        assert begun == [0, 1] and ended == [1]
    finally:
        threads._allowed.reset(token)


def test_one_row_without_an_axis_is_a_product_too() -> None:
    x, W = floats(130), floats(130, 7)
    with threads.one_blas_thread():
        np.testing.assert_array_equal(threads.product(x, W), x @ W)


@pytest.mark.parametrize("stored", [False, True])
def test_a_thread_may_go_on_training_after_the_main_thread_has_ended(stored: bool, tmp_path: Path) -> None:
    np.save(tmp_path / "X.npy", floats(400, 30))
    code = (
        f"import threading, time, numpy as np, chainrule as cr; from chainrule.arrays import machine\n"
        f"machine.PASS_ROWS = 10; X = np.load({str(tmp_path / 'X.npy')!r}, mmap_mode={'r' if stored else None!r})\n"
        "def work():\n"
        "    threading.main_thread().join(); network = cr.Network.mlp([30, 20, 2])\n"
        "    network.fit(X, np.arange(400) % 2, epochs=1, verbose=False); print(network.predict(X).shape)\n"
        "threading.Thread(target=work).start()"
    )
    assert told(code) == "(400, 2)"


def test_a_thread_may_save_after_the_main_thread_has_ended(tmp_path: Path) -> None:
    path = str(tmp_path / "large.safetensors")
    code = (
        "import threading, chainrule as cr\n"
        "def work():\n"
        "    threading.main_thread().join()\n"
        f"    cr.save(cr.Network.mlp([3000, 200, 2]), {path!r}); print(cr.load({path!r}).input_shape)\n"
        "threading.Thread(target=work).start()"
    )
    assert told(code) == "(3000,)"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_forked_during_a_fit_of_another_thread_has_its_threads() -> None:
    code = (
        "import os, threading, time\n"
        "from threadpoolctl import ThreadpoolController\n"
        "from chainrule.arrays import threads\n"
        "blas = ThreadpoolController().select(user_api='blas'); limit = blas.limit(limits=2)\n"
        "worker = threading.Thread(target=lambda: (threads._blas_limit.__enter__(), time.sleep(2)), daemon=True)\n"
        "worker.start(); time.sleep(0.5)\n"
        "if not os.fork():\n"
        "    with threads.one_blas_thread(): pass\n"
        "    print(blas.info()[0]['num_threads'], flush=True); os._exit(0)\n"
        "os.wait()"
    )
    assert told(code) == "2"


# The machine.


def blas_threads() -> set[int]:
    return {library["num_threads"] for library in BLAS.info()}


def told(code: str) -> str:
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return run.stdout.strip()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs a system with CPU affinity")
def test_only_cores_that_may_be_used_count() -> None:
    code = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); from chainrule.arrays import machine"
    assert told(f"{code}; print(machine.cores())") == "1"


def test_the_cache_gives_a_chunk_of_a_size_that_is_sane() -> None:
    assert told("from chainrule.arrays import machine; print(2**14 <= machine.ELEMENTS <= 2**17)") == "True"


@pytest.mark.skipif(sys.platform != "linux", reason="is about the malloc of Linux")
def test_freed_memory_is_kept_for_the_next_step() -> None:
    """Without it, the arrays of every step bring in their pages anew: 12,000 faults for 48 MB."""
    code = (
        "import resource, numpy as np; from chainrule.arrays import machine; {}\n"
        "faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "for i in range(20):\n"
        "    before = faults(); [np.ones(2**19, np.float32) for _ in range(24)]; new = faults() - before\n"
        "print(new)"
    )
    if int(told(code.format(""))) < 1000:
        pytest.skip("this malloc keeps memory by itself")
    assert int(told(code.format("machine.keep_freed_memory()"))) < 100
