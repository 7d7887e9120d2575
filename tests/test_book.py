"""The book's functions, its answer, its shapes, and messages for networks that do not fit."""

import re

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule.common.errors import InputError
from chainrule.lessons.book import (
    forward,
    identity_function,
    init_network,
    predict,
    relu,
    sigmoid,
    softmax,
    step_function,
)
from chainrule.lessons.stepwise import Array


def digits_network() -> dict[str, Array]:
    """A network of the shapes of the book's digit weights."""
    rng = np.random.default_rng(0)
    network = {}
    for layer, (n_in, n_out) in enumerate([(784, 50), (50, 100), (100, 10)], start=1):
        network[f"W{layer}"] = rng.normal(size=(n_in, n_out), scale=n_in**-0.5).astype(np.float32)
        network[f"b{layer}"] = rng.normal(size=n_out).astype(np.float32)
    return network


def test_forward_gives_the_answer_of_the_book() -> None:
    assert_allclose(forward(init_network(), np.array([1.0, 0.5])), [0.31682708, 0.69627909], rtol=0, atol=5e-9)


def test_forward_passes_the_activations_on() -> None:
    network, x = init_network(), np.array([0.1, 0.5])
    z1 = 1 / (1 + np.exp(-(x @ network["W1"] + network["b1"])))
    z2 = 1 / (1 + np.exp(-(z1 @ network["W2"] + network["b2"])))
    assert_allclose(forward(network, x), z2 @ network["W3"] + network["b3"], rtol=1e-15)


def test_predict_is_softmax_of_the_scores() -> None:
    network, x = init_network(), np.array([1.0, 0.5])
    assert_allclose(predict(network, x), np.exp([0.31682708, 0.69627909]) / np.exp([0.31682708, 0.69627909]).sum())


@pytest.mark.parametrize("m", [1, 100])
def test_batch_has_the_printed_shapes_and_the_rows_of_single_images(m: int) -> None:
    network = digits_network()
    images = np.random.default_rng(1).random((m, 784), dtype=np.float32)
    probabilities = predict(network, images)
    assert probabilities.shape == (m, 10)
    assert probabilities.dtype == np.float32
    assert_allclose(probabilities, [predict(network, image) for image in images], rtol=1e-5)
    assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)


def test_functions_on_plain_values() -> None:
    x = np.array([-1.0, 0.0, 2.0])
    assert_array_equal(step_function(x), [0, 0, 1])
    assert_array_equal(relu(x), [0, 0, 2])
    assert identity_function(x) is x
    assert_allclose(sigmoid(x), 1 / (1 + np.exp(-x)), rtol=1e-15)
    assert_allclose(softmax(x), np.exp(x) / np.exp(x).sum(), rtol=1e-15)
    assert_allclose(softmax(np.array([x, x + 1000])), [softmax(x), softmax(x)], rtol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_overflow_for_any_finite_input(dtype: type) -> None:
    x: Array = np.array([-np.finfo(dtype).max, -1000, 710, np.finfo(dtype).max], dtype=dtype)
    assert_array_equal(sigmoid(x), [0, 0, 1, 1])
    assert_array_equal(softmax(x), [0, 0, 0, 1])
    assert sigmoid(x).dtype == softmax(x).dtype == dtype


@pytest.mark.parametrize(
    ("change", "x", "message"),
    [
        ({"b2": None}, np.ones(2), "The network has no 'b2'; it has ['W1', 'W2', 'W3', 'b1', 'b3']."),
        (
            {},
            np.ones((2, 28, 28)),
            "W1 has shape (2, 3), read as (n_in, n_out), so an example is a flat row of 2 numbers, "
            "but the input has shape (2, 28, 28).",
        ),
        ({}, np.ones(3), "but the input has shape (3,)."),
        ({}, np.array(1.0), "but the input has shape ()."),
        (
            {"W2": np.ones((4, 2))},
            np.ones(2),
            "W2 has shape (4, 2) and b2 (2,), but layer 2 takes 3 inputs: W2 must be (3, n_out) and b2 (n_out,).",
        ),
        ({"b1": np.ones((1, 3))}, np.ones(2), "W1 has shape (2, 3) and b1 (1, 3), but layer 1 takes 2 inputs"),
        ({"b3": np.ones(3)}, np.ones(2), "W3 has shape (2, 2) and b3 (3,), but layer 3 takes 2 inputs"),
    ],
)
def test_networks_that_do_not_fit_are_named(change: dict[str, Array | None], x: Array, message: str) -> None:
    network = {name: p for name, p in (init_network() | change).items() if p is not None}
    for function in (forward, predict):
        with pytest.raises(InputError, match=re.escape(message)):
            function(network, x)
