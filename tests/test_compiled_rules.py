"""Rules that run in place give the numbers of the formula they were traced from."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

import chainrule as cr
from chainrule.arrays import machine
from chainrule.common.errors import InputError, MissingExtraError
from chainrule.engines.compiled import _Source, _Trace, compile_rule, fast_rule, numpy_rule
from chainrule.equations.optimizers import OPTIMIZERS, Optimizer

N = 700


@pytest.fixture(autouse=True)
def short_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "ELEMENTS", 200)


def check(make: Any, optimizer: Optimizer, dtype: Any, ulp: int) -> None:
    """Compare six steps in place with six steps of the formula."""
    rng = np.random.default_rng(0)
    apply = make(optimizer, np.dtype(dtype))
    for decay in (True, False):
        p, *memory = rng.random((1 + len(optimizer.state._fields), N)).astype(dtype)
        state = optimizer.state(*memory)
        expected_p, expected = p.copy(), optimizer.state(*(a.copy() for a in state))
        for t in range(1, 7):
            gradient = rng.standard_normal(N).astype(dtype)
            g = gradient.copy()
            expected_p, expected = optimizer.rule(expected_p, g, expected, t, decay=decay)
            apply(p, g, state, t, decay)
            np.testing.assert_array_equal(g, gradient)
        for a, b in zip((p, *state), (expected_p, *expected), strict=True):
            np.testing.assert_array_max_ulp(a, b, ulp)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_numpy_calls_in_place_are_exactly_the_rule(name: str, dtype: Any) -> None:
    check(numpy_rule, OPTIMIZERS[name](lr=cr.Warmup(3, cr.Cosine(0.1, 20)), weight_decay=0.1), dtype, ulp=0)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_numba_loop_is_the_rule(name: str) -> None:
    pytest.importorskip("numba")
    check(compile_rule, OPTIMIZERS[name](lr=cr.Warmup(3, cr.Cosine(0.1, 20)), weight_decay=0.1), np.float32, ulp=4)


class Memory(NamedTuple):
    a: Any
    b: Any
    c: Any
    d: Any


@dataclass(frozen=True)
class Custom(Optimizer):
    """A rule made of whatever function it is given."""

    lr: float = 0.1
    function: Callable[[Any, Memory], tuple[Any, Memory]] = lambda g, s: (g, s)
    state = Memory

    def step(self, g: Any, state: Memory, rate: Any) -> tuple[Any, Memory]:
        step, state = self.function(g, state)
        return rate * step, state


def swapped(g: Any, s: Memory) -> tuple[Any, Memory]:
    return np.maximum(g, 0) - s.a, Memory(s.b, s.a, g, s.d)


def read_after_the_new_value_is_known(g: Any, s: Memory) -> tuple[Any, Memory]:
    a = 0.5 * s.a + g
    b = 0.25 * s.b - a
    return (a - s.a) * (b + s.b) + s.a, Memory(a, b, a, np.abs(s.d - s.b) ** 0.5)


def crossed(g: Any, s: Memory) -> tuple[Any, Memory]:
    b = 0.5 * s.a
    return g, s._replace(a=b + 0.25 * s.b, b=b)


def augmented(g: Any, s: Memory) -> tuple[Any, Memory]:
    a = 2.0 * s.a
    a += np.sign(g) * (g > 0.5)
    return -a, s._replace(a=a, d=a)


@pytest.mark.parametrize("make", [numpy_rule, compile_rule])
@pytest.mark.parametrize("function", [swapped, read_after_the_new_value_is_known, crossed, augmented])
def test_no_value_is_overwritten_before_it_was_read(function: Any, make: Any) -> None:
    if make is compile_rule:
        pytest.importorskip("numba")
    check(make, Custom(function=function), np.float64, ulp=4)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_step_makes_no_arrays(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "ELEMENTS", 2**16)
    optimizer, p, g = OPTIMIZERS[name](weight_decay=0.1), np.ones(100_000), np.ones(100_000)
    apply, state = numpy_rule(optimizer, p.dtype), optimizer.init(p)
    apply(p, g, state, 1, True)
    tracemalloc.start()
    apply(p, g, state, 2, True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000


@pytest.mark.parametrize(
    ("function", "named"),
    [
        (lambda g, s: (np.where(g, g, 0), s), "where"),
        (lambda g, s: (g / np.linalg.norm(g), s), "norm"),
        (lambda g, s: (g / np.add.reduce(g), s), "add.reduce"),
        (lambda g, s: (g if g > 0 else -g, s), "an if"),
    ],
)
def test_a_rule_that_is_not_elementwise_is_refused(function: Any, named: str) -> None:
    with pytest.raises(InputError, match=f"made of arithmetic and ufuncs such as np.maximum, but this one has {named}"):
        numpy_rule(Custom(function=function), np.dtype(np.float32))


def test_without_numba_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(MissingExtraError, match=r"needs numba, which is not .* pip install 'chainrule\[fast\]'"):
        fast_rule(cr.SGD(), np.dtype(np.float32), parameters=4)


def test_numba_compiles_for_networks_that_gain_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("numba")
    compiled = []

    def loop(trace: _Trace) -> Callable[..., None]:
        compiled.append(trace)
        return lambda *_: None

    monkeypatch.setattr(_Trace, "numba_loop", loop)
    network = cr.Network.mlp([20, 4, 2])
    X, y = np.ones((8, 20)), np.arange(8) % 2
    network.fit(X, y, epochs=1, engine="fast", verbose=False)
    assert not compiled
    monkeypatch.setattr(machine, "COMPILED", 94)  # as many as it has
    network.fit(X, y, epochs=1, engine="fast", verbose=False)
    assert compiled


@pytest.mark.parametrize("make", [numpy_rule, compile_rule])
def test_a_rule_without_decay_is_traced_once(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("numba")
    traced, update = [], cr.SGD.update

    def traced_update(*args: Any, decay: bool) -> Any:
        traced.append(decay)
        return update(*args, decay=decay)

    monkeypatch.setattr(cr.SGD, "update", traced_update)
    make(cr.SGD(), np.dtype(np.float32))
    assert traced == [False]
    make(cr.SGD(weight_decay=0.1), np.dtype(np.float32))
    assert traced == [False, False, True]


@pytest.mark.parametrize("make", [numpy_rule, compile_rule])
def test_a_rule_is_compiled_once_for_all_rates_and_anew_for_other_constants(make: Any, monkeypatch: Any) -> None:
    pytest.importorskip("numba")
    compiled = []

    def function(source: _Source, number: Any) -> Callable[..., None]:
        compiled.append(source)
        return lambda *_: None

    monkeypatch.setattr(_Source, "function", function)
    rules = [cr.Momentum(lr, beta=beta) for lr in (0.1, 0.2) for beta in (0.123, 0.456)]
    for optimizer in rules:
        make(optimizer, np.dtype(np.float32))
    assert len(compiled) == 2
