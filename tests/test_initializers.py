"""First values of the weights."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule.common.errors import InputError
from chainrule.equations.initializers import INITIALIZERS, SUITED, he, lecun, normal, orthogonal, xavier, zeros


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


SPREAD = {"normal": 0.01, "lecun": 400**-0.5, "xavier": (2 / 700) ** 0.5, "glorot": (2 / 700) ** 0.5, "he": 200**-0.5}


@pytest.mark.parametrize("name", SPREAD)
def test_spread_is_the_formula(name: str) -> None:
    W = INITIALIZERS[name](rng(), (400, 300))
    assert W.shape == (400, 300)
    assert W.std() == pytest.approx(SPREAD[name], rel=0.01)
    assert abs(W.mean()) < 0.02 * SPREAD[name]


def test_windows_count_their_positions() -> None:
    assert he(rng(), (3, 3, 40, 50)).std() == pytest.approx((2 / (9 * 40)) ** 0.5, rel=0.02)
    assert lecun(rng(), (3, 3, 40, 50)).std() == pytest.approx((1 / (9 * 40)) ** 0.5, rel=0.02)
    assert xavier(rng(), (3, 3, 40, 50)).std() == pytest.approx((2 / (9 * 90)) ** 0.5, rel=0.02)


def test_he_keeps_the_size_of_relu_signals_and_0_01_does_not() -> None:
    def depth_20(initializer: str) -> float:
        A = rng().standard_normal((100, 200))
        for i in range(20):
            W = INITIALIZERS[initializer](np.random.default_rng(i), (200, 200))
            A = cr.activations.relu(A @ W)
        return float((A**2).mean())

    assert 0.2 < depth_20("he") < 5
    assert depth_20("normal") < 1e-20


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (5, 5), (3, 2, 4)])
def test_orthogonal(shape: tuple[int, ...]) -> None:
    W = orthogonal(rng(), shape)
    assert W.shape == shape
    M = W.reshape(-1, shape[-1])
    gram = M.T @ M if M.shape[0] >= M.shape[1] else M @ M.T
    np.testing.assert_allclose(gram, np.eye(len(gram)), atol=1e-12)


def test_zeros_and_scale() -> None:
    assert not zeros(rng(), (2, 3)).any()
    np.testing.assert_allclose(normal(rng(), (2, 3), scale=1.0), 100 * normal(rng(), (2, 3)))


def test_same_seed_gives_the_same_network_in_both_precisions() -> None:
    narrow, wide = (cr.Network.mlp([5, 4, 3], seed=3, dtype=dtype) for dtype in (np.float32, np.float64))
    np.testing.assert_array_equal(narrow.params[0]["W"], wide.params[0]["W"].astype(np.float32))
    other = cr.Network.mlp([5, 4, 3], seed=4)
    assert not np.array_equal(narrow.params[0]["W"], other.params[0]["W"])


@pytest.mark.parametrize(("hidden", "initializer"), [("relu", "he"), ("tanh", "xavier"), ("sigmoid", "xavier")])
def test_mlp_starts_as_suits_its_activation(hidden: str, initializer: str) -> None:
    assert SUITED.get(hidden, "he") == initializer
    assert cr.Network.mlp([5, 4, 3], hidden).body.layers[0] == cr.Dense(4, initializer)


@pytest.mark.parametrize("units", [10**18, 10**19, 10**30])
@pytest.mark.parametrize("layer", [cr.layers.Dense, cr.layers.NTKDense])
def test_what_no_array_can_hold_is_refused_before_numpy_does(layer: type, units: int) -> None:
    with pytest.raises(InputError, match=r"would have .* numbers, and no array has so many. Take fewer units"):
        cr.Network([layer(units)], "huber", input_shape=(5,))
