"""The other weeks of the course: every gradient against central differences, planted mistakes, and messages."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import book, gradient_checking, initialization, logistic, optimization, planar, regularization, stepwise
from chainrule.common.errors import InputError
from chainrule.lessons.checks import Array

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(4, 6)), np.array([[0, 1, 1, 0, 1, 0]])
THREE = {
    name: rng.normal(size=p.shape) for name, p in initialization.initialize_parameters_zeros([4, 5, 3, 1]).items()
}  # random biases too
TWO = {name: rng.normal(size=p.shape) for name, p in planar.initialize_parameters(4, 3, 2).items()}
TWO_Y = np.array([[0, 1, 1, 0, 1, 0], [1, 1, 0, 0, 0, 1]])


def numeric(f: Callable[[Array], float], x: Array, h: float = 1e-6) -> Array:
    """Central differences of ``f`` at ``x``."""
    steps = h * np.eye(x.size).reshape(-1, *x.shape)
    return np.reshape([(f(x + step) - f(x - step)) / (2 * h) for step in steps], x.shape)


# --- gradients ----------------------------------------------------------------------------------------------------

Cost = Callable[[dict[str, Array]], float]
Case = tuple[dict[str, Array], dict[str, Any], Cost]  # a point, the gradients there, and the cost to differentiate


def logistic_case() -> Case:
    start = {"w": rng.normal(size=(4, 1)), "b": np.array(0.3)}
    grads, _ = logistic.propagate(start["w"], start["b"], X, Y)
    return start, grads, lambda p: float(logistic.propagate(p["w"], p["b"], X, Y)[1])


def planar_case() -> Case:
    _, cache = planar.forward_propagation(X, TWO)
    grads = planar.backward_propagation(TWO, cache, X, TWO_Y)
    return TWO, grads, lambda p: planar.compute_cost(planar.forward_propagation(X, p)[0], TWO_Y)


def plain_case() -> Case:
    _, cache = gradient_checking.forward_propagation_n(X, Y, THREE)
    grads = gradient_checking.backward_propagation_n(X, Y, cache)
    return THREE, grads, lambda p: float(gradient_checking.forward_propagation_n(X, Y, p)[0])


def l2_case() -> Case:
    def cost(p: dict[str, Array]) -> float:
        A3, _ = regularization.forward_propagation(X, p)
        return float(regularization.compute_cost_with_regularization(A3, Y, p, 0.7))

    _, cache = regularization.forward_propagation(X, THREE)
    return THREE, regularization.backward_propagation_with_regularization(X, Y, cache, 0.7), cost


def dropout_case() -> Case:
    def cost(p: dict[str, Array]) -> float:
        A3, _ = regularization.forward_propagation_with_dropout(X, p, 0.6, seed=2)
        return float(regularization.compute_cost_with_regularization(A3, Y, p, 0))

    _, cache = regularization.forward_propagation_with_dropout(X, THREE, 0.6, seed=2)
    return THREE, regularization.backward_propagation_with_dropout(X, Y, cache, 0.6), cost


@pytest.mark.usefixtures("no_type_checks")
@pytest.mark.parametrize("case", [logistic_case, planar_case, plain_case, l2_case, dropout_case])
def test_gradients_are_the_slopes_of_the_cost(case: Callable[[], Case]) -> None:
    start, grads, cost = case()
    for name, p in start.items():
        slope = numeric(lambda p, name=name: cost(start | {name: p}), p)  # type: ignore[misc]
        assert np.abs(slope).max() > 1e-4, name  # a slope of nothing proves nothing
        assert_allclose(grads["d" + name], slope, atol=1e-8, err_msg=name)


def test_l2_adds_its_term_to_the_cost_and_to_the_weights_alone() -> None:
    A3, cache = regularization.forward_propagation(X, THREE)
    plain, l2 = (regularization.compute_cost_with_regularization(A3, Y, THREE, lambd) for lambd in (0, 0.7))
    squares = sum(float(np.sum(THREE[name] ** 2)) for name in ("W1", "W2", "W3"))
    assert_allclose(l2 - plain, 0.7 / (2 * 6) * squares, rtol=1e-12)
    gradients = regularization.backward_propagation(X, Y, cache)
    for name, gradient in regularization.backward_propagation_with_regularization(X, Y, cache, 0.7).items():
        term = 0.7 / 6 * THREE[name[1:]] if name in ("dW1", "dW2", "dW3") else 0
        assert_allclose(gradient, gradients[name] + term, rtol=1e-12)


def test_dropout_drops_by_its_probability_and_keeps_the_expectation() -> None:
    wide = initialization.initialize_parameters_he([4, 400, 300, 1])
    Z1, D1, A1, _, _, Z2, D2, A2, W2, b2, *_ = regularization.forward_propagation_with_dropout(X, wide, 0.7)[1]
    for Z, D, A in ((Z1, D1, A1), (Z2, D2, A2)):
        assert_allclose(np.mean(D), 0.7, atol=0.03)
        assert_allclose(np.mean(D.all(axis=1)), 0.7**6, atol=0.05)  # each example has a draw of its own
        assert_allclose(A, np.where(D, np.maximum(0, Z) / 0.7, 0))
        assert_allclose(np.mean(A), np.mean(np.maximum(0, Z)), rtol=0.05)
    assert_allclose(Z2, W2 @ A1 + b2)


def test_dropout_draws_the_same_masks_by_default_and_new_ones_from_the_global_stream() -> None:
    def mask(**settings: Any) -> Any:
        return regularization.forward_propagation_with_dropout(X, THREE, 0.5, **settings)[1][1]

    assert_array_equal(mask(), mask())
    assert not np.array_equal(mask(), mask(seed=2))
    np.random.seed(1)
    first, second = mask(seed=None), mask(seed=None)
    assert_array_equal(first, mask())
    assert not np.array_equal(first, second)


def test_everything_kept_is_the_network_without_dropout() -> None:
    A3, _ = regularization.forward_propagation(X, THREE)
    assert_array_equal(regularization.forward_propagation_with_dropout(X, THREE, 1)[0], A3)


# --- gradient checking finds what is planted --------------------------------------------------------------------------

GRADS = plain_case()[1]
MISTAKES_OF_THE_COURSE = {"dW2": GRADS["dW2"] * 2, "db1": GRADS["db1"] * 4}  # what its backward_propagation_n plants
PLANTED = {
    **{name: {name: value} for name, value in MISTAKES_OF_THE_COURSE.items()},
    "both": MISTAKES_OF_THE_COURSE,
    "zeros": {"dW3": np.zeros_like(GRADS["dW3"])},
    "one entry": {"db2": GRADS["db2"] + [[1e-4], [0], [0]]},
    "sign": {"db3": -GRADS["db3"]},
    "NaN": {"dW1": np.nan * GRADS["dW1"]},
}


@pytest.mark.usefixtures("no_type_checks")
@pytest.mark.parametrize("planted", PLANTED.values(), ids=PLANTED)
def test_gradient_check_n_rejects_planted_mistakes(
    planted: dict[str, Array], capsys: pytest.CaptureFixture[str]
) -> None:
    difference = gradient_checking.gradient_check_n(THREE, GRADS | planted, X, Y, print_msg=True)
    assert not difference <= 2e-7
    assert capsys.readouterr().out == f"There is a mistake in the backward propagation: difference = {difference}\n"


@pytest.mark.usefixtures("no_type_checks")
def test_gradient_check_n_accepts_the_right_gradients(capsys: pytest.CaptureFixture[str]) -> None:
    difference = gradient_checking.gradient_check_n(THREE, GRADS, X, Y, print_msg=True)
    assert difference < 2e-7
    assert capsys.readouterr().out == f"The backward propagation is right: difference = {difference}\n"
    assert gradient_checking.gradient_check_n(THREE, GRADS, X, Y) == difference
    assert capsys.readouterr().out == ""


def test_two_zeros_do_not_differ() -> None:
    assert gradient_checking.gradient_check(0, 4) == 0


def test_vectors_go_both_ways_and_say_where_each_number_belongs() -> None:
    theta, names = gradient_checking.dictionary_to_vector(THREE)
    assert theta.shape == (47, 1)
    assert [names.count(name) for name in THREE] == [p.size for p in THREE.values()]
    for name, p in gradient_checking.vector_to_dictionary(theta).items():  # the course's shapes are those of THREE
        assert_array_equal(p, THREE[name])
    deep = initialization.initialize_parameters_he([2, 3, 4, 2, 1])
    back = gradient_checking.vector_to_dictionary(gradient_checking.dictionary_to_vector(deep)[0], deep)
    assert back.keys() == deep.keys()
    for name, p in deep.items():
        assert_array_equal(back[name], p)
    column = gradient_checking.gradients_to_vector({"d" + name: p for name, p in deep.items()} | {"dA1": X})
    assert_array_equal(column, gradient_checking.dictionary_to_vector(deep)[0])


# --- optimization -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("m", "size"), [(148, 64), (7, 2), (6, 3), (5, 64), (1, 1)])
def test_mini_batches_hold_every_example_once_with_its_label(m: int, size: int) -> None:
    columns = np.arange(m)
    batches = optimization.random_mini_batches(np.stack([columns, -columns]), columns, size, seed=3)
    assert [batch_X.shape[1] for batch_X, _ in batches] == [size] * (m // size) + [m % size] * (m % size > 0)
    for batch_X, batch_Y in batches:
        assert_array_equal(batch_X, np.vstack([batch_Y, -batch_Y]))
    assert_array_equal(np.sort(np.concatenate([batch_Y[0] for _, batch_Y in batches])), columns)


def test_momentum_and_adam_are_the_library_s_own_rules_step_by_step() -> None:
    p, v, s = {"W1": np.array([[1.0, -2.0]]), "b1": np.array([[0.5]])}, None, None
    q, u = p, optimization.initialize_velocity(p)
    v, s = optimization.initialize_adam(p)
    m_by_hand = v_by_hand = 0.0
    w, x, velocity = 1.0, 1.0, 0.0
    for t in range(1, 6):
        g = float(np.cos(t))
        grads = {"dW1": np.full((1, 2), g), "db1": np.full((1, 1), g)}
        p, v, s, v_corrected, s_corrected = optimization.update_parameters_with_adam(p, grads, v, s, t, 0.1)
        q, u = optimization.update_parameters_with_momentum(q, grads, u, 0.9, 0.1)
        m_by_hand, v_by_hand = 0.9 * m_by_hand + 0.1 * g, 0.999 * v_by_hand + 0.001 * g * g
        m_hat, v_hat = m_by_hand / (1 - 0.9**t), v_by_hand / (1 - 0.999**t)
        w -= 0.1 * m_hat / (v_hat**0.5 + 1e-8)
        velocity = 0.9 * velocity + 0.1 * g
        x -= 0.1 * velocity
        assert_allclose([v_corrected["dW1"][0, 0], s_corrected["db1"][0, 0]], [m_hat, v_hat], rtol=1e-12)
    assert_allclose(p["W1"], [[w, w - 3]], rtol=1e-12)
    assert_allclose(q["W1"], [[x, x - 3]], rtol=1e-12)


@pytest.mark.usefixtures("no_type_checks")
@pytest.mark.parametrize("settings", [{"lambd": 0.1}, {"keep_prob": 0.9}, {}], ids=str)
def test_the_regularized_model_learns(settings: dict[str, float], capsys: pytest.CaptureFixture[str]) -> None:
    points = np.random.default_rng(1).normal(size=(2, 60))
    labels = (points[:1] * points[1:] > 0).astype(int)
    parameters = regularization.model(points, labels, num_iterations=1500, **settings)  # type: ignore[arg-type]
    A3, _ = regularization.forward_propagation(points, parameters)
    assert np.mean((A3 > 0.5) == labels) > 0.9
    assert capsys.readouterr().out.startswith("Cost after iteration 0: ")


def test_the_cost_that_the_regularized_model_prints_has_the_l2_term(capsys: pytest.CaptureFixture[str]) -> None:
    costs = []
    for lambd in (0.0, 0.7):
        regularization.model(X, Y, num_iterations=1, lambd=lambd)
        costs.append(float(capsys.readouterr().out.split()[-1]))
    assert costs[1] > costs[0] + 0.1


def test_float32_stays_float32() -> None:
    three = {name: p.astype(np.float32) for name, p in THREE.items()}
    x, grads = X.astype(np.float32), {"d" + name: p for name, p in three.items()}
    A3, cache = regularization.forward_propagation_with_dropout(x, three, 0.5)
    v, s = optimization.initialize_adam(three)
    two = {name: p.astype(np.float32) for name, p in TWO.items()}
    A2, two_cache = planar.forward_propagation(x, two)
    w_grads, _ = logistic.propagate(x[:, :1], np.float32(0.5), x, Y)
    arrays = [
        *(A3, A2, w_grads["dw"], *cache[2:5]),
        *regularization.backward_propagation_with_dropout(x, Y, cache, 0.5).values(),
        *planar.backward_propagation(two, two_cache, x, TWO_Y).values(),
        *optimization.update_parameters_with_momentum(three, grads, v, 0.9, 0.1)[1].values(),
        *optimization.update_parameters_with_adam(three, grads, v, s, 1)[0].values(),
    ]
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}


# --- messages -----------------------------------------------------------------------------------------------------

_, CACHE = regularization.forward_propagation(X, THREE)
V = optimization.initialize_velocity(THREE)
MISTAKES: list[tuple[Callable[[], object], str]] = [
    (
        lambda: logistic.propagate(np.zeros((3, 1)), 0.0, X, Y),
        "propagate: w.T has shape (1, 3), read as (n, n_prev), but X has shape (4, 6), so 4 rows instead of 3",
    ),
    (
        lambda: logistic.predict(np.zeros((1, 4)), 0.0, X),
        "predict: w has shape (n_x, 1), one weight for each row of X, but it has shape (1, 4).",
    ),
    (
        lambda: logistic.propagate(np.zeros(4), 0.0, X, Y.T),
        "propagate: Y has one label for each entry of the prediction, which has shape (1, 6), but Y has shape (6, 1).",
    ),
    (lambda: logistic.optimize(np.zeros(4), 0.0, np.nan * X, Y), "optimize: X holds NaN or infinite values"),
    (
        lambda: logistic.initialize_with_zeros(0),
        "initialize_with_zeros: dim is an integer of 1 or more; it is 0.",
    ),
    (
        lambda: planar.forward_propagation(X, {"W1": TWO["W1"], "b1": TWO["b1"]}),
        "forward_propagation: parameters has no 'W2'; it has ['W1', 'b1'].",
    ),
    (
        lambda: planar.forward_propagation(X, TWO | {"W2": TWO["W2"].T}),
        "forward_propagation: W2 has shape (3, 2), read as (n, n_prev), but A1 has shape (3, 6)",
    ),
    (
        lambda: planar.compute_cost([0.5, 1.5], [0, 1]),
        "compute_cost: A2 holds probabilities from 0 to 1, but it holds 1.5;",
    ),
    (
        lambda: planar.backward_propagation(TWO, {"A1": X}, X, TWO_Y),
        "backward_propagation: cache is the dictionary that forward_propagation returned, with 'A2' in it.",
    ),
    (
        lambda: initialization.model(X, Y, initialization="xavier"),
        "model: initialization is one of zeros, random, he; it is 'xavier'.",
    ),
    (
        lambda: regularization.forward_propagation(X, THREE | {"W3": THREE["W2"]}),
        "forward_propagation: W3 has shape (3, 5), read as (n, n_prev), but A2 has shape (3, 6)",
    ),
    (
        lambda: regularization.backward_propagation_with_dropout(X, Y, CACHE, 0.5),
        "cache is (Z1, D1, A1, W1, b1, Z2, D2, A2, W2, b2, Z3, A3, W3, b3), as forward_propagation_with_dropout "
        "returned it, but it has 12 entries.",
    ),
    (
        lambda: regularization.forward_propagation_with_dropout(X, THREE, 0),
        "forward_propagation_with_dropout: keep_prob is above 0 and at most 1; it is 0.",
    ),
    (
        lambda: regularization.compute_cost_with_regularization([0.5], [1], THREE, -1),
        "compute_cost_with_regularization: lambd is 0 or more; it is -1.",
    ),
    (
        lambda: regularization.model(X, Y, lambd=0.1, keep_prob=0.5),
        "model: lambd (0) or keep_prob (1) is left as it is; they are 0.1 and 0.5.",
    ),
    (
        lambda: gradient_checking.vector_to_dictionary(np.zeros(46)),
        "vector_to_dictionary: theta has 46 numbers, but the parameters have 47 (W1 (5, 4), b1 (5, 1), W2 (3, 5), "
        "b2 (3, 1), W3 (1, 3), b3 (1, 1)); for another network give its parameters as the second argument.",
    ),
    (
        lambda: gradient_checking.gradient_check_n(THREE, GRADS | {"dW3": X}, X, Y),
        "gradient_check_n: dW3 has shape (4, 6), but W3 has shape (1, 3).",
    ),
    (
        lambda: gradient_checking.gradient_check_n(THREE, GRADS | {"db1": 0.5}, X, Y),
        "gradient_check_n: db1 has 1 numbers, but b1 has 5.",
    ),
    (
        lambda: gradient_checking.gradients_to_vector({"dW1": X}),
        "gradients_to_vector: gradients has no 'db1'; it has ['dW1'].",
    ),
    (
        lambda: optimization.update_parameters_with_gd(THREE, GRADS | {"dW1": 0.5}, 0.1),
        "update_parameters: dW1 has shape (), but W1 has shape (5, 4).",
    ),
    (
        lambda: gradient_checking.gradient_check(1, 1, epsilon=0),
        "gradient_check: epsilon is a finite number above 0; it is 0.",
    ),
    (
        lambda: optimization.random_mini_batches(X, Y[:, :5]),
        "random_mini_batches: X and Y have one column per example, but X is (4, 6) and Y is (1, 5).",
    ),
    (
        lambda: optimization.random_mini_batches(X, Y, 0),
        "random_mini_batches: mini_batch_size is an integer of 1 or more; it is 0.",
    ),
    (
        lambda: optimization.update_parameters_with_momentum(THREE, V, {"dW1": V["dW1"]}, 0.9, 0.1),
        "update_parameters_with_momentum: v has no 'db1'; it has ['dW1'].",
    ),
    (
        lambda: optimization.update_parameters_with_momentum(THREE, V, V, 1.5, 0.1),
        "update_parameters_with_momentum: beta is from 0 to below 1; it is 1.5.",
    ),
    (
        lambda: optimization.update_parameters_with_adam(THREE, V, V, V, 0),
        "update_parameters_with_adam: t is an integer of 1 or more; it is 0.",
    ),
    (
        lambda: optimization.model(X, Y, [4, 5, 2, 1], "rmsprop"),
        "model: optimizer is one of gd, momentum, adam; it is 'rmsprop'.",
    ),
    (
        lambda: optimization.schedule_lr_decay(0.1, 5, -1.0),
        "schedule_lr_decay: decay_rate is 0 or more; it is -1.0.",
    ),
]


@pytest.mark.parametrize(("mistake", "message"), MISTAKES, ids=[message[:50] for _, message in MISTAKES])
def test_mistakes_are_named(mistake: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        mistake()


def test_lessons_use_no_number_that_a_mask_hides() -> None:
    hidden = np.ma.masked_array([[1.0, 2.0]], [[False, True]])
    parameters = {"W1": [[0.5]], "b1": [[0.0]]}
    with pytest.raises(InputError, match=r"X is a masked array that hides 1 values.* with .filled\(0\)"):
        stepwise.trace(hidden, [[0, 1]], parameters)
    with pytest.raises(InputError, match="the input is a masked array that hides 1 values"):
        book.trace(book.init_network(), hidden)
    assert stepwise.trace(np.ma.masked_array([[1.0, 2.0]]), [[0, 1]], parameters)["A0"].tolist() == [[1, 2]]


def test_a_trace_of_a_lesson_needs_an_example() -> None:
    with pytest.raises(InputError, match=r"the input has shape \(0, 2\): give one or more"):
        book.trace(book.init_network(), np.zeros((0, 2)))
    with pytest.raises(InputError, match="holds no example"):
        stepwise.trace(np.zeros((1, 0)), np.zeros((1, 0)), {"W1": [[0.5]], "b1": [[0.0]]})
