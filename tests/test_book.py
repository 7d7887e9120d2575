"""The book's functions, its answer, its shapes, and messages for networks that do not fit."""

import re
from collections.abc import Callable
from decimal import Decimal

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


def test_the_network_of_the_note_with_random_numbers() -> None:
    network = init_network(random=True, seed=5)
    np.random.seed(5)
    note = {name: np.random.random(p.shape) for name, p in network.items()}
    assert [p.shape for p in note.values()] == [(2, 3), (1, 3), (3, 2), (2,), (2, 2), (2,)]
    for name, p in note.items():
        assert_array_equal(network[name], p)
    np.random.seed(5)
    assert_array_equal(init_network(random=True)["W3"], note["W3"])
    flat = network | {"b1": network["b1"].ravel()}
    for x in (np.array([0.1, 0.5]), np.array([[0.1, 0.5], [2.0, 3.0]])):
        assert_array_equal(forward(network, x), forward(flat, x))


def test_lists_and_plain_numbers_are_read_as_arrays() -> None:
    network, x = init_network(), [[1.0, 0.5], [0.0, 2.0]]
    for function in (step_function, sigmoid, relu, identity_function, softmax):
        assert_array_equal(function(x), function(np.array(x)))
        assert function(3.0 if function is not softmax else [3.0]) == function(np.array([3.0]))[0]
    lists = {name: p.tolist() for name, p in network.items()}
    for run in (forward, predict):
        assert_array_equal(run(lists, x), run(network, np.array(x)))


@pytest.mark.parametrize("x", [-745.0, -740.0, -709.0, -400.0, -50.0, -37.0, -20.0, -1.0, -1e-9, 0.0, 1.0, 40.0, 800.0])
def test_sigmoid_is_right_to_the_last_digit(x: float) -> None:
    with np.errstate(all="raise"):
        y = float(sigmoid(np.array([x]))[0])
    exact = 1 / (1 + Decimal(-x).exp())
    assert abs(Decimal(y) - exact) <= Decimal("4e-16") * exact + Decimal(2) ** -1075


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, bool])
def test_small_integers_are_computed_as_floats(dtype: type) -> None:
    x: Array = np.array([0, 1, 100]).astype(dtype)
    for function in (sigmoid, softmax):
        assert function(x).dtype == np.float64
        assert_array_equal(function(x), function(x.astype(float)))


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (
            lambda: init_network(seed=3),
            "init_network: seed (3) is for random numbers: init_network(random=True, seed=3).",
        ),
        (lambda: softmax(2.0), "softmax: x has one score per class in each row, but its shape is ()."),
        (lambda: sigmoid(["a"]), "sigmoid: x holds numbers, but it has shape (1,) and type list."),
        (
            lambda: forward({**init_network(), "W1": 3.0}, [1.0, 2.0]),
            "W1 has shape () and b1 (3,), but layer 1 takes 1",
        ),
    ],
)
def test_mistakes_are_named(mistake: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        mistake()


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
        ({"b1": np.ones((3, 1))}, np.ones(2), "W1 has shape (2, 3) and b1 (3, 1), but layer 1 takes 2 inputs"),
        ({"b1": np.array(["a"] * 3)}, np.ones(2), "book: b1 holds numbers, but it has shape (3,) and type <U1."),
        ({"b3": np.ones(3)}, np.ones(2), "W3 has shape (2, 2) and b3 (3,), but layer 3 takes 2 inputs"),
    ],
)
def test_networks_that_do_not_fit_are_named(change: dict[str, Array | None], x: Array, message: str) -> None:
    network = {name: p for name, p in (init_network() | change).items() if p is not None}
    for function in (forward, predict):
        with pytest.raises(InputError, match=re.escape(message)):
            function(network, x)
