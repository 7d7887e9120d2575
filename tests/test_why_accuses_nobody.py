"""Where rounding, parts or randomness keep a number from being checked, why says so and accuses no right backward."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.common.errors import InputError
from chainrule.layers.own import OwnLayer
from chainrule.trace.trace import Trace, Why
from tests.traced_nets import batch


def one(trace: Trace, path: str) -> Why:
    why = trace.why(path, difference=True)
    assert isinstance(why, Why)
    return why


def assert_at_peace(why: Why) -> None:
    text = why.text()
    assert "likely wrong" not in text and "do not add up" not in text, text


@pytest.mark.parametrize("examples", [2, 32])
@pytest.mark.parametrize("seed", [1, 11])
def test_rounding_before_a_normalization_is_no_error(examples: int, seed: int) -> None:
    """The gradient of a bias there is 0, so in float32 it is nothing but rounding."""
    rng, X = batch(seed, examples, 4)
    layers = [cr.Dense(5), cr.BatchNorm(), cr.ReLU(), cr.Dense(3)]
    network = cr.Network(layers, "categorical_cross_entropy", input_shape=(4,), seed=seed)
    trace = network.trace(X, rng.integers(3, size=examples))
    for path in "layer0.b[1]", "layer0.W[1, 2]", "layer0.dZ[1, 3]", "layer1.dX[1, 2]", "layer1.dX[1, 3]":
        assert_at_peace(one(trace, path))


class Lossy:
    """A layer whose gradient of s is off by a thousandth, or not linear, in float32 as in float64."""

    def __init__(self, power: int, factor: float) -> None:
        self.power, self.factor = power, factor

    def init(self, rng: Any, input_shape: Any) -> Any:
        return {"s": np.ones(input_shape[-1])}, input_shape

    def forward(self, params: Any, x: Any) -> Any:
        return x * params["s"], (x, params["s"])

    def backward(self, cache: Any, dy: Any) -> Any:
        x, s = cache
        return dy * s, {"s": self.factor * (dy**self.power * x).sum(axis=0)}


@pytest.mark.parametrize(("power", "factor", "adds_up"), [(1, 1.001, True), (2, 1.0, False)])
def test_an_error_is_found_in_float32_too(power: int, factor: float, adds_up: bool) -> None:
    rng, X = batch(0, 6, 3)
    network = cr.Network([OwnLayer(Lossy(power, factor))], "mean_squared_error", input_shape=(3,))
    why = one(network.trace(X, rng.standard_normal((6, 3))), "layer0.s[1]")
    assert why.adds_up is adds_up and "likely wrong" in why.text()


BOTH = cr.Bidirectional(cr.GRU(2, sequence=True))


@pytest.mark.parametrize(
    ("layers", "path"),
    [
        ([BOTH], "layer0.ahead.dh[0, 1, 1]"),
        ([BOTH], "layer0.back.dWx[0, 1]"),
        ([cr.Dense(3), BOTH], "layer1.ahead.dh[1, 3, 0]"),
        ([cr.Residual([BOTH])], "layer0.0.0.ahead.dh[0, 3, 0]"),
    ],
)
def test_the_slope_of_a_half_is_its_own(layers: list[Any], path: str) -> None:
    why = one(sequences(layers), path)
    assert why.difference is not None and not why.difference.kink and why.difference.doubt < 1e-6
    assert_at_peace(why)


def sequences(layers: list[Any]) -> Trace:
    rng, X = batch(0, 3, 4, 4)
    network = cr.Network([*layers, cr.LSTM(2), cr.Dense(2)], "mean_squared_error", input_shape=(4, 4), dtype="float64")
    return network.trace(X, rng.standard_normal((3, 2)))


def test_what_a_half_adds_to_its_input_is_no_slope() -> None:
    for layers, path in ([BOTH], "layer0"), ([cr.Dense(3), BOTH], "layer1"):
        with pytest.raises(InputError, match=rf"{path}.ahead.x goes to all parts of {path} \(Bidirectional GRU\)"):
            one(sequences(layers), f"{path}.ahead.dx[0, 1, 2]")


class Random:
    """It draws from NumPy's global random numbers."""

    def init(self, rng: Any, input_shape: Any) -> Any:
        return {}, input_shape

    def forward(self, params: Any, x: Any) -> Any:
        kept = np.random.rand(*x.shape) < 0.7
        return x * kept, kept

    def backward(self, cache: Any, dy: Any) -> Any:
        return dy * cache, {}


def test_a_random_layer_has_no_finite_difference() -> None:
    rng, X = batch(0, 8, 4)
    layers = [cr.Dense(6), OwnLayer(Random()), cr.Dense(1)]
    network = cr.Network(layers, "mean_squared_error", input_shape=(4,))
    trace = network.trace(X, rng.standard_normal((8, 1)))
    with pytest.raises(InputError, match=r"came to different losses, because Random is random, or remembers earlier"):
        one(trace, "layer0.W[0, 0]")


def test_an_opened_block_is_not_all_of_the_number() -> None:
    _, X = batch(0, 30, 20, 20, 3)
    layers = [cr.Conv2D(8, 3), cr.ReLU(), cr.Flatten(), cr.Dense(1)]
    network = cr.Network(layers, "mean_squared_error", input_shape=(20, 20, 3))
    why = network.trace(X, np.ones((30, 1))).why("layer0.W[0, 0, 0, 0]")
    assert isinstance(why, Why) and why.terms[0].local is None
    text = why.open().text()
    assert "of its terms, those of one block" in text and "do not add up" not in text
