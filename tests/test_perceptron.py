"""Gates, XOR by composition and by two layers, and the perceptron rule."""

import re
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from chainrule.common.errors import InputError
from chainrule.lessons.perceptron import AND, NAND, OR, XOR, Perceptron, forward, learn, xor, xor_network

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
TRUTH = {"AND": [0, 0, 0, 1], "OR": [0, 1, 1, 1], "NAND": [1, 1, 1, 0]}
XOR_TABLE = [0, 1, 1, 0]


@pytest.mark.parametrize(
    ("gate", "table"), [(AND, TRUTH["AND"]), (OR, TRUTH["OR"]), (NAND, TRUTH["NAND"]), (xor, XOR_TABLE)]
)
def test_truth_tables_of_a_batch_of_single_points_and_of_two_numbers(
    gate: Callable[..., object], table: list[int]
) -> None:
    assert_array_equal(gate(CORNERS), table)
    assert [gate(point) for point in CORNERS.tolist()] == table
    assert [gate(x1, x2) for x1, x2 in CORNERS.tolist()] == table  # the call of the notes
    assert [gate(np.float64(x1), bool(x2)) for x1, x2 in CORNERS] == table


def test_the_book_writes_xor_in_capitals() -> None:
    assert XOR is xor


def test_weights_of_the_notes() -> None:
    assert (AND, OR, NAND) == (
        Perceptron((0.5, 0.5), -0.7),
        Perceptron((0.5, 0.5), -0.2),
        Perceptron((-0.5, -0.5), 0.7),
    )
    assert_array_equal(Perceptron((0.5, 0.5), -0.1)(CORNERS), TRUTH["OR"])  # the note's other OR


def test_step_is_zero_on_the_line() -> None:
    assert Perceptron((1.0,), -1.0)([1.0]) == 0


def test_xor_network_is_or_and_nand_under_and() -> None:
    network = xor_network()
    assert_array_equal(forward(network, CORNERS), np.transpose([XOR_TABLE]))
    assert_array_equal(network["W1"], np.transpose([OR.weights, NAND.weights]))
    assert_array_equal(network["b1"], [OR.bias, NAND.bias])
    assert_array_equal(network["W2"], np.transpose([AND.weights]))
    assert_array_equal(network["b2"], [AND.bias])


@pytest.mark.parametrize("table", TRUTH.values(), ids=TRUTH)
@pytest.mark.parametrize("learning_rate", [1.0, 0.1])
def test_the_rule_learns_every_gate_that_a_line_separates(table: list[int], learning_rate: float) -> None:
    learned = learn(CORNERS, table, learning_rate=learning_rate)
    assert learned.converged
    assert_array_equal(learned.perceptron(CORNERS), table)
    assert learned.mistakes[-1] == 0 and all(learned.mistakes[:-1])


@pytest.mark.parametrize("epochs", [1, 10, 1000])
def test_the_rule_never_learns_xor(epochs: int) -> None:
    learned = learn(CORNERS, XOR_TABLE, epochs=epochs)
    assert not learned.converged
    assert len(learned.mistakes) == epochs
    assert min(learned.mistakes) > 0


def test_each_mistake_moves_the_weights_by_the_rule() -> None:
    points, labels = [[2.0, -1.0], [1.0, 1.0], [0.5, 0.5], [1.0, 0.5]], [1, 0, 1, 1]  # the last one comes out right
    states = [Perceptron((0.0, 0.0), 0.0)]
    for x, t in zip(points, labels, strict=True):
        w, b, error = states[-1].weights, states[-1].bias, t - int(states[-1](x))
        states.append(Perceptron((w[0] + 0.5 * error * x[0], w[1] + 0.5 * error * x[1]), b + 0.5 * error))
    learned = learn(points, labels, learning_rate=0.5, epochs=1)
    assert learned.perceptron == states[-1]
    assert learned.mistakes == [sum(before != after for before, after in pairwise(states))] == [3]
    assert [after.bias - before.bias for before, after in pairwise(states)] == [0.5, -0.5, 0.5, 0.0]


def test_unsigned_pixels_do_not_wrap_around() -> None:
    assert learn(CORNERS.astype(np.uint8), TRUTH["NAND"]).converged


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (
            lambda: AND([1, 0, 1]),
            "Perceptron expects 2 inputs in a point or in each row of a batch, but x has shape (3,).",
        ),
        (lambda: AND(np.array(1)), "but x has shape ()."),
        (lambda: AND(1), "but x has shape ()."),
        (
            lambda: xor(1, 0, 1),
            "Perceptron expects 2 inputs in a point or in each row of a batch, but x has shape (3,).",
        ),
        (lambda: AND(), "but x has shape (0,)."),
        (lambda: AND("0", "1"), "Perceptron: x holds numbers, but it has shape (2,) and type list."),
        (
            lambda: OR([0, 1], [1, 1]),
            "Perceptron takes the numbers of one point one by one; a batch is one array of rows.",
        ),
        (lambda: forward(xor_network(), [1, 0]), "The network expects rows of 2 inputs, but X has shape (2,)."),
        (lambda: learn(CORNERS, [0, 1, 2, 1]), "Labels are 0 or 1, but y holds 2."),
        (lambda: learn(CORNERS, [0, 1]), "y has one label for each of the 4 rows of X, but its shape is (2,)."),
        (
            lambda: learn([0, 1], [0, 1]),
            "X is a table of finite numbers, one point per row; it has shape (2,), type int",
        ),
        (lambda: learn([[np.nan]], [0]), "X is a table of finite numbers, one point per row; it has shape (1, 1)"),
        (
            lambda: learn([["a"]], [0]),
            "X is a table of finite numbers, one point per row; it has shape (1, 1), type <U1.",
        ),
        (
            lambda: learn(CORNERS, XOR_TABLE, learning_rate=0.0),
            "learning_rate is above 0 and epochs at least 1; they are 0.0 and 100.",
        ),
        (lambda: learn(CORNERS, XOR_TABLE, epochs=0), "they are 1.0 and 0."),
    ],
)
def test_mistakes_are_named(mistake: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        mistake()
