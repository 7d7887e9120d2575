"""Embedding, layers that only rearrange, and spatial dropout."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import chainrule as cr
from chainrule.arrays import Mode, scatter_add
from chainrule.common.errors import InputError
from chainrule.layers import Layer
from chainrule.layers.dropout import SpatialDropout
from chainrule.layers.embedding import Embedding
from chainrule.layers.pooling import GlobalAveragePool
from chainrule.layers.shape import Reshape, Upsample, ZeroPad
from tests.reference.compare import assert_equals_pytorch

RNG = np.random.default_rng(0)


def test_embedding_equals_pytorch() -> None:
    assert_equals_pytorch("layers.npz", "embedding", Embedding(7, 3))


@pytest.mark.parametrize("engine", [np, jnp])
def test_scatter_add_adds_up_what_is_repeated(engine: Any) -> None:
    rows = engine.asarray([[1.0, 2.0], [10.0, 20.0], [100.0, 200.0]], dtype=np.float32)
    total = scatter_add(engine.zeros((4, 2), np.float32), engine.asarray([3, 0, 3]), rows)
    assert total.dtype == np.float32
    np.testing.assert_array_equal(total, [[10, 20], [0, 0], [0, 0], [101, 202]])


def test_a_network_learns_which_words_matter() -> None:
    words = RNG.integers(0, 5, (100, 4))
    y = (words == 4).any(axis=1).astype(int)
    net = cr.Network([Embedding(6, 3), GlobalAveragePool(), cr.Dense(1)], "binary_cross_entropy", input_shape=(4,))
    unused = net.params[0]["W"][5].copy()
    history = net.fit(words, y, epochs=20, optimizer=cr.Adam(0.05), verbose=False)
    assert history["accuracy"][0] < 0.8 and history["accuracy"][-1] > 0.95
    np.testing.assert_array_equal(net.params[0]["W"][5], unused)


@pytest.mark.parametrize(("x", "text"), [([[0, 7]], "7"), ([[-1, 0]], "-1"), ([[1.5, 0.0]], "1.5")])
def test_a_word_outside_the_vocabulary(x: Any, text: str) -> None:
    params, _ = Embedding(7, 2).init(RNG, (2,))
    message = rf"whole numbers from 0 to 6 \(the vocabulary is 7\), but the input holds {text}\. Take a larger"
    with pytest.raises(InputError, match=message):
        Embedding(7, 2).forward(params, np.array(x))


def test_reshape_works_out_one_axis() -> None:
    assert Reshape((2, -1)).init(RNG, (3, 4)) == ({}, (2, 6))
    x = RNG.standard_normal((5, 3, 4))
    y, _ = Reshape((2, -1)).forward({}, x)
    np.testing.assert_array_equal(y[4].ravel(), x[4].ravel())


def test_zero_pad_and_upsample_say_the_shape_of_their_output() -> None:
    x = RNG.standard_normal((2, 3, 4, 5))
    layers: list[Layer] = [ZeroPad(1), ZeroPad(((0, 1), (2, 3))), Upsample(2), Upsample((1, 3))]
    for layer in layers:
        _, shape = layer.init(RNG, x.shape[1:])
        assert layer.forward({}, x)[0].shape == (2, *shape)


def test_zeros_lie_around_and_neighbors_are_copies() -> None:
    x = np.array([[[1.0], [2.0]]])
    np.testing.assert_array_equal(ZeroPad(((1, 2),)).forward({}, x)[0].ravel(), [0, 1, 2, 0, 0])
    np.testing.assert_array_equal(Upsample(2).forward({}, x)[0].ravel(), [1, 1, 2, 2])


def test_spatial_dropout_drops_whole_channels() -> None:
    y, _ = SpatialDropout(0.5).forward({}, np.ones((8, 3, 2, 16)), Mode(training=True, key=(0,)))
    assert set(np.unique(y)) == {0.0, 2.0}
    assert (y == y[:, :1, :1]).all()
    assert 0.3 < (y[:, 0, 0] == 0).mean() < 0.7


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Embedding(0, 3), "Embedding takes vocabulary as a whole number of at least 1, but vocabulary=0"),
        (lambda: Reshape((-1, -1)), r"-1 at most once, but shape=\(-1, -1\)"),
        (lambda: Reshape((5, -1)).init(RNG, (3, 4)), r"cannot arrange the 12 numbers .* shape \(3, 4\) as \(5, -1\)"),
        (lambda: ZeroPad(-1), "ZeroPad takes padding as a whole number of at least 0, or a pair .*, but padding=-1"),
        (lambda: ZeroPad(((1, 1),)).init(RNG, (4, 4, 1)), r"a pair \(before, after\) for each of the 2 axes"),
        (lambda: ZeroPad(1).init(RNG, (4,)), r"ZeroPad takes inputs of shape \(batch, time, channels\) or"),
        (
            lambda: Upsample(0),
            "Upsample takes factor as a whole number of at least 1, or one for each axis, but factor=0",
        ),
        (lambda: Upsample((2, 2)).init(RNG, (4, 1)), "Upsample's factor must be one number or one for each of the 1"),
        (lambda: SpatialDropout(1.0), r"SpatialDropout takes rate, the share .*, but rate=1\.0"),
        (
            lambda: SpatialDropout(0.5).forward({}, np.ones((1, 2, 3)), Mode(training=True)),
            "SpatialDropout draws random numbers in training: give a key",
        ),
    ],
)
def test_settings_and_shapes_that_do_not_fit(make: Any, text: str) -> None:
    with pytest.raises(InputError, match=text):
        make()
