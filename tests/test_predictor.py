"""`Network.predictor`: the bits of `predict`, whatever the layers and the batch; errors and later training too."""

from __future__ import annotations

import copy
import pickle
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.common.errors import InputError, NotFiniteError
from chainrule.engines.prepared import IN_PLACE
from chainrule.equations.activations import ACTIVATIONS

pytestmark = pytest.mark.usefixtures("no_type_checks")


def random_network(rng: np.random.Generator, dtype: str) -> cr.Network:
    """Return a network of dense layers and what may stand between them."""
    between: list[Callable[[], Any]] = [
        lambda: cr.Activation(str(rng.choice(["relu", "tanh", "sigmoid", "softmax", "gelu", "identity"])))
    ]
    between += [lambda: cr.Dropout(0.2), cr.BatchNorm, lambda: cr.Residual([cr.Dense(sizes[-1]), cr.ReLU()])]
    sizes, layers = [int(rng.integers(1, 300))], list[Any]()
    for _ in range(rng.integers(1, 5)):
        sizes.append(int(rng.integers(1, 200)))
        layers.append(cr.Dense(sizes[-1], bias=bool(rng.integers(2))))
        layers += [between[i]() for i in rng.permutation(4)[: rng.integers(4)] if i < 3 or sizes[-1] > 1]
    loss = str(rng.choice(["binary_cross_entropy", "categorical_cross_entropy", "mean_squared_error", "poisson"]))
    outputs = 2 if loss == "categorical_cross_entropy" else int(rng.integers(1, 4))
    layers.append(cr.Dense(outputs))
    return cr.Network(layers, loss, input_shape=(sizes[0],), seed=int(rng.integers(99)), dtype=dtype)


@pytest.mark.filterwarnings("ignore::chainrule.errors.NetworkWarning")
@pytest.mark.parametrize("seed", range(60))
def test_the_bits_are_those_of_predict(seed: int) -> None:
    rng = np.random.default_rng(seed)
    network = random_network(rng, "float64" if seed % 4 == 3 else "float32")
    predict = network.predictor(40)
    assert network.input_shape is not None
    for rows in (1, 2, 3, 8, 31, 40, 41, 1):
        X = rng.standard_normal((rows, *network.input_shape)).astype(network.dtype)
        kept = X.copy()
        np.testing.assert_array_equal(predict(X), network.predict(X), strict=True)
        np.testing.assert_array_equal(X, kept)


@pytest.mark.parametrize("rows", [1, 2, 3, 32, 300, 1024])
def test_the_bits_are_those_of_predict_where_blas_has_threads(rows: int) -> None:
    network = cr.Network.mlp([784, 300, 10], seed=1)
    X = np.random.default_rng(0).standard_normal((rows, 784), np.float32)
    np.testing.assert_array_equal(network.predictor(rows)(X), network.predict(X))


OTHERS: dict[str, tuple[tuple[int, ...], list[Any]]] = {
    "convolution": ((8, 8, 1), [cr.Conv2D(3, 3), cr.ReLU(), cr.Flatten(), cr.Dense(2)]),
    "flat pictures": ((4, 4, 1), [cr.Flatten(), cr.ReLU(), cr.Dense(2)]),
    "sequence": ((5, 3), [cr.LSTM(4), cr.Dense(2)]),
    "steps": ((5, 3), [cr.Dense(4), cr.ReLU(), cr.Flatten(), cr.Dense(2)]),
    "nothing learned": ((2,), [cr.ReLU()]),
}


@pytest.mark.parametrize("name", OTHERS)
def test_layers_without_a_prepared_form_compute_as_ever(name: str) -> None:
    shape, layers = OTHERS[name]
    network = cr.Network(layers, "categorical_cross_entropy", input_shape=shape)
    X = np.random.default_rng(0).standard_normal((3, *shape), np.float32)
    kept = X.copy()
    np.testing.assert_array_equal(network.predictor()(X), network.predict(X))
    np.testing.assert_array_equal(X, kept)


def test_whole_numbers_are_looked_up() -> None:
    network = cr.Network([cr.Embedding(5, 3), cr.Flatten(), cr.Dense(2)], "categorical_cross_entropy", input_shape=(4,))
    for X in (np.array([[0, 4, 1, 2]]), np.array([[0, 4, 1, 2]], np.float32)):
        np.testing.assert_array_equal(network.predictor()(X), network.predict(X))


@pytest.mark.parametrize("function", IN_PLACE)
def test_an_activation_in_place_has_the_bits_of_its_equation(function: str) -> None:
    for dtype in map(np.dtype, (np.float32, np.float64)):
        for scale in (1, 30, 1e30):
            Z = (scale * np.random.default_rng(0).standard_normal((7, 33))).astype(dtype)
            expected = ACTIVATIONS[function].value(Z)
            np.testing.assert_array_equal(IN_PLACE[function](Z.shape, dtype)(Z), expected, strict=True)


def test_other_inputs_are_taken_and_refused_as_by_predict() -> None:
    network = cr.Network.mlp([3, 8, 2], hidden="tanh")
    predict, X = network.predictor(4), np.random.default_rng(0).standard_normal((4, 3), np.float32)
    for other in (X.tolist(), X.astype(np.float64), X[::2], np.asfortranarray(X), X[:0].reshape(0, 3)):
        if len(other):
            np.testing.assert_array_equal(predict(other), network.predict(other))
    for wrong, match in ((X[:, :2], "shape"), (X[0], "shape"), (X[:0], "at least one"), (X * np.nan, "NaN")):
        with pytest.raises(InputError, match=match):
            predict(wrong)
    X[0, 0] = np.inf  # which tanh makes 1
    with pytest.raises(InputError, match="inf"):
        predict(X)


def test_outputs_that_blow_up_are_refused_as_by_predict() -> None:
    network = cr.Network.mlp([3, 2], loss="mean_squared_error")
    network.params[0]["W"][:] = 3e38
    with pytest.raises(NotFiniteError, match="blew up first"):
        network.predictor()(np.full((1, 3), 9, np.float32))


def test_parameters_are_those_of_when_it_was_made_and_results_are_the_callers() -> None:
    network, X = cr.Network.mlp([3, 8, 2]), np.ones((1, 3), np.float32)
    predict, before = network.predictor(2), network.predict(X)
    network.fit(np.eye(3), [0, 1, 1], epochs=3, verbose=False)
    first = predict(X)
    for rows in (X, np.ones((9, 3), np.float32)):  # also what it is not prepared for
        np.testing.assert_array_equal(predict(rows)[:1], before)
    assert not np.array_equal(network.predict(X), before)
    predict(-X)
    np.testing.assert_array_equal(first, before)


def test_threads_may_share_one() -> None:
    network = cr.Network.mlp([64, 256, 10])
    predict, X = network.predictor(4), np.random.default_rng(0).standard_normal((400, 4, 64), np.float32)
    with ThreadPoolExecutor(4) as pool:
        for P, rows in zip(pool.map(predict, X), X, strict=True):
            np.testing.assert_array_equal(P, network.predict(rows))


@pytest.mark.parametrize("copied", [copy.deepcopy, copy.copy, lambda predict: pickle.loads(pickle.dumps(predict))])
def test_a_copy_predicts_the_same_in_memory_of_its_own(copied: Any) -> None:
    network, X = cr.Network.mlp([3, 8, 2]), np.random.default_rng(0).standard_normal((4, 3), np.float32)
    predict, expected = network.predictor(4), network.predict(X)
    predict(X)
    again = copied(predict)
    network.fit(np.eye(3), [0, 1, 1], epochs=1, verbose=False)
    with ThreadPoolExecutor(2) as pool:
        for P in pool.map(lambda which: which(X), [predict, again] * 20):
            np.testing.assert_array_equal(P, expected)
    np.testing.assert_array_equal(again(np.ones((9, 3), np.float32)), predict(np.ones((9, 3), np.float32)))


def test_a_pass_takes_no_memory_but_for_its_result() -> None:
    network, X = cr.Network.mlp([784, 512, 10]), np.ones((8, 784), np.float32)
    predict = network.predictor(8)
    predict(X)
    tracemalloc.start()
    predict(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * 512 * 4 / 2  # the hidden layer alone would be twice as large


def test_what_it_takes() -> None:
    with pytest.raises(InputError, match="batch_size as a whole number of at least 1"):
        cr.Network.mlp([3, 2]).predictor(0)
    with pytest.raises(InputError, match="no parameters yet"):
        cr.Network([cr.Dense(2)], "mean_squared_error").predictor()
