"""Random small networks of every kind, with a batch for each, for the tests of traces."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import hypothesis.strategies as st
import numpy as np

import chainrule as cr
from chainrule.arrays import Array
from chainrule.layers.own import OwnLayer


class Scale:
    """A user's own layer, without the base class."""

    def init(self, rng: Any, input_shape: Any) -> Any:
        return {"s": np.ones(input_shape[-1])}, input_shape

    def forward(self, params: Any, x: Any) -> Any:
        return x * params["s"], {"x": x, "s": params["s"], "twice": 2 * x}

    def backward(self, cache: Any, dy: Any) -> Any:
        return dy * cache["s"], {"s": (dy * cache["x"]).reshape(-1, dy.shape[-1]).sum(axis=0)}


class Net(NamedTuple):
    """A network and a batch for it."""

    network: cr.Network
    X: Array
    y: Array
    mask: Array | None = None


def batch(seed: int, *shape: int) -> tuple[np.random.Generator, Array]:
    rng = np.random.default_rng(seed)
    return rng, rng.standard_normal(shape)


Made = Callable[[], Net]
"""Makes the network in the test, as checks of types draw numbers of their own."""


def vectors(body: list[Any], examples: int, seed: int) -> Net:
    rng, X = batch(seed, examples, 4)
    network = cr.Network([*body, cr.Dense(3)], "categorical_cross_entropy", input_shape=(4,), dtype="float64")
    return Net(network, X, rng.integers(3, size=examples))


FEW, SEEDS = st.integers(2, 5), st.integers(0, 99)
ACTIVATIONS = st.sampled_from(["relu", "tanh", "sigmoid", "gelu"])


def mlp(hidden: list[tuple[int, str]], examples: int, seed: int) -> Net:
    body = [layer for units, name in hidden for layer in (cr.Dense(units), cr.Activation(name))]
    return vectors([cr.Dropout(0.3), *body, OwnLayer(Scale())], examples, seed)


def convolutional(channels: int, filters: int, padding: str, seed: int) -> Net:
    rng, X = batch(seed, 3, 5, 4, channels)
    layers = [
        cr.Conv2D(filters, 3, padding=padding),
        cr.BatchNorm(),
        cr.ReLU(),
        cr.MaxPool(2),
        cr.Flatten(),
        cr.Dense(1),
    ]
    network = cr.Network(layers, "binary_cross_entropy", input_shape=X.shape[1:], dtype="float64")
    return Net(network, X, rng.integers(2, size=3))


def recurrent(name: str, reverse: bool, both: bool, masked: bool, seed: int) -> Net:
    rng, X = batch(seed, 3, 4, 3)
    layer = getattr(cr, name)(3, sequence=True, reverse=reverse)
    layers = [cr.Bidirectional(cr.GRU(2, sequence=True)) if both else layer, cr.LSTM(2), cr.Dense(2)]
    network = cr.Network(layers, "mean_squared_error", input_shape=(4, 3), dtype="float64")
    mask = (np.arange(4) < rng.integers(1, 5, size=(3, 1))).astype(float) if masked else None
    return Net(network, X, rng.standard_normal((3, 2)), mask)


NODES = {
    "a": (cr.Dense(4), "input"),
    "b": (cr.Tanh(), "a"),
    "sum": ("add", ["a", "b", "input"]),
    "join": ("concatenate", ["sum", "input", "b"]),
}
CONNECTED = [
    cr.Residual([cr.Dense(3), cr.Tanh(), cr.Dense(4)]),
    cr.Residual(cr.Dense(2), shortcut=[cr.Dense(2), cr.ReLU()]),
    cr.Dense(4),
    cr.Graph(NODES),
    cr.Concatenate([None, [cr.Dense(2), cr.Tanh()]]),
]


def connected(order: list[int], examples: int, seed: int) -> Net:
    fitting = [layer for i in order for layer in (cr.Dense(4), CONNECTED[i])]
    return vectors(fitting, examples, seed)


NETS: st.SearchStrategy[Made] = st.one_of(
    st.builds(partial, st.just(mlp), st.lists(st.tuples(FEW, ACTIVATIONS), min_size=1, max_size=3), FEW, SEEDS),
    st.builds(
        partial, st.just(convolutional), st.integers(1, 2), st.integers(1, 3), st.sampled_from(["same", "valid"]), SEEDS
    ),
    st.builds(
        partial,
        st.just(recurrent),
        st.sampled_from(["RNN", "LSTM", "GRU"]),
        st.booleans(),
        st.booleans(),
        st.booleans(),
        SEEDS,
    ),
    st.builds(partial, st.just(connected), st.lists(st.integers(0, 4), min_size=1, max_size=3), FEW, SEEDS),
)
