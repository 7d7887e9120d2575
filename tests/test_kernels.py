"""The kernels of engine "fast" against the equations whose place they take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.arrays import kernels as place
from chainrule.arrays import leaves, machine, map_leaves
from chainrule.arrays.kernels import EQUATIONS, has_kernel, kernels
from chainrule.arrays.places import Window
from tests.cases import LAYER_CASES
from tests.cases.form import LayerCase

compiled_kernels = pytest.importorskip("chainrule.arrays.compiled_kernels", exc_type=ImportError)

SIZES = [(1, 1), (3, 5), (8, 16), (2, 33)]
Arrays = tuple[Any, ...]


def numbers(*shape: int) -> Any:
    return np.random.default_rng(shape).standard_normal(shape, dtype=np.float32)


def in_float32(array: Any) -> Any:
    return array.astype(np.float32) if array.dtype.kind == "f" else array


def lstm_kept(batch: int, units: int) -> Arrays:
    C = numbers(batch, units)
    return (C, *EQUATIONS["lstm_step"](numbers(batch, 4 * units), C)[2:], numbers(batch, units), -C)


def gru_kept(batch: int, units: int) -> Arrays:
    H = numbers(batch, units)
    return (H, *EQUATIONS["gru_step"](numbers(batch, 3 * units), -numbers(batch, 3 * units), H)[1:], -H)


ARGUMENTS: dict[str, Callable[[int, int], Arrays]] = {
    "where_positive": lambda batch, units: (
        numbers(batch, units, 3),
        np.maximum(numbers(units, batch, 3), 0).transpose(1, 0, 2),
    ),
    "rows_added": lambda batch, units: (numbers(4, units), np.arange(3 * batch) ** 2 % 4, numbers(3 * batch, units)),
    "lstm_step": lambda batch, units: (numbers(batch, 4 * units), numbers(batch, units)),
    "lstm_step_backward": lstm_kept,
    "gru_step": lambda batch, units: (numbers(batch, 3 * units), -numbers(batch, 3 * units), numbers(batch, units)),
    "gru_step_backward": gru_kept,
}


WINDOW = Window((2, 1), ((0, 0), (0, 0)), (1, 2), 7)
SEEN, KERNEL = (7, 9), (2, 3)
WINDOWS = WINDOW.output(SEEN, KERNEL)
ADDING: dict[str, Callable[[int, int], Arrays]] = {  # to their third argument
    "add_shifted": lambda batch, units: (
        numbers(batch, *SEEN, units),
        numbers(*KERNEL, 1, units),
        numbers(batch, *WINDOWS, units),
    ),
    "add_shifted_dW": lambda batch, units: (
        numbers(batch, *SEEN, units),
        numbers(batch, *WINDOWS, units),
        numbers(*KERNEL, 1, units),
    ),
    "add_shifted_dx": lambda batch, units: (
        numbers(batch, *WINDOWS, units),
        numbers(*KERNEL, 1, units),
        numbers(batch, *SEEN, units),
    ),
}


def test_every_equation_with_a_kernel_is_tried() -> None:
    assert EQUATIONS.keys() == ARGUMENTS.keys() | ADDING.keys() | {"add_at_maxima"}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ADDING)
def test_a_kernel_adds_what_its_equation_adds(name: str, size: tuple[int, int]) -> None:
    *inputs, total = ADDING[name](*size)
    for array in inputs:
        array.flags.writeable = False
    expected, got = total.copy(), total.copy()
    EQUATIONS[name](*inputs, expected, WINDOW)
    getattr(compiled_kernels, name)(*inputs, got, WINDOW)
    assert not np.array_equal(got, total)
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5)


POOLED = [
    (cr.MaxPool(2), (3, 8, 6, 9)),
    (cr.MaxPool(2), (3, 8, 6, 2)),
    (cr.MaxPool((3, 2), stride=(2, 1), padding="same"), (2, 7, 8, 16)),
    (cr.MaxPool(3, stride=2), (2, 9, 8)),
    (cr.MaxPool(2, padding="same"), (2, 5, 33)),
]


@pytest.mark.parametrize(("layer", "shape"), POOLED, ids=str)
def test_the_kernel_of_max_pooling_finds_the_first_of_equal_maxima(layer: Any, shape: tuple[int, ...]) -> None:
    x = np.round(numbers(*shape))  # many are equal
    y, cache = layer.forward({}, x)
    expected, _ = layer.backward(cache, numbers(*y.shape))
    with kernels():
        got, _ = layer.backward(cache, numbers(*y.shape))
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ARGUMENTS)
def test_a_kernel_gives_what_its_equation_gives(name: str, size: tuple[int, int]) -> None:
    arguments = ARGUMENTS[name](*size)
    for array in arguments:
        array.flags.writeable = False
    expected, got = EQUATIONS[name](*arguments), getattr(compiled_kernels, name)(*arguments)
    if not isinstance(expected, tuple):
        expected, got = (expected,), (got,)
    for right, array in zip(expected, got, strict=True):
        assert array.dtype == np.float32
        if name == "rows_added":  # which adds up in another order
            np.testing.assert_allclose(array, right, rtol=1e-5, atol=1e-6)
        else:
            np.testing.assert_array_equal(array, right)


def test_a_look_up_without_rows_adds_nothing() -> None:
    arguments = numbers(4, 3), np.arange(0), numbers(0, 3)
    np.testing.assert_array_equal(compiled_kernels.rows_added(*arguments), np.zeros((4, 3)))


@pytest.mark.parametrize("case", LAYER_CASES, ids=lambda case: case.name)
def test_layers_give_the_same_with_kernels(case: LayerCase) -> None:
    params, x = (map_leaves(in_float32, tree) for tree in (case.params(), case.input()))

    def both() -> list[Any]:
        y, cache = case.layer.forward(params, x, case.mode)
        dy = np.random.default_rng(2).standard_normal(y.shape, dtype=np.float32)
        return [y, *(array for _, array in leaves(case.layer.backward(cache, dy)) if array is not None)]

    expected = both()
    with kernels():
        got = both()
    for right, array in zip(expected, got, strict=True):
        np.testing.assert_allclose(array, right, rtol=1e-5, atol=1e-5)


def test_kernels_run_where_they_are_allowed_and_numbers_are_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EQUATIONS, "doubled", None)

    class Compiled:
        doubled = staticmethod(lambda x: "the kernel")

    monkeypatch.setattr(place, "_compiled", lambda: Compiled)

    @has_kernel
    def doubled(x: Any) -> Any:
        return "the equation"

    one = np.ones(3, np.float32)
    assert doubled(one) == "the equation"
    with kernels():
        assert doubled(one) == "the kernel"
        assert doubled(np.ones(3)) == "the equation"
    assert doubled(one) == "the equation"


@pytest.mark.parametrize("layer", [cr.LSTM(4), cr.GRU(4)])
def test_the_engine_fast_computes_the_losses_of_numpy_with_kernels(layer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "COMPILED", 1)
    used = []
    name = f"{type(layer).__name__.lower()}_step"
    kernel = getattr(compiled_kernels, name)

    def counted(*arrays: Any) -> Any:
        used.append(name)
        return kernel(*arrays)

    monkeypatch.setattr(compiled_kernels, name, counted)
    losses = {}
    for engine in ("numpy", "fast"):
        network = cr.Network([layer, cr.ReLU(), cr.Dense(2)], "categorical_cross_entropy", input_shape=(5, 3))
        X, y = numbers(20, 5, 3), np.arange(20) % 2
        losses[engine] = network.fit(X, y, epochs=3, engine=engine, verbose=False)["loss"]
        assert bool(used) is (engine == "fast")
    np.testing.assert_allclose(losses["fast"], losses["numpy"], rtol=1e-6)
