"""The lesson's functions: gradients, numbers of the course, purity, messages, and the cats."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import stepwise
from chainrule.common.errors import InputError
from chainrule.lessons.stepwise import Array

ACTIVATIONS = ["sigmoid", "relu", "tanh", "softmax"]

rng = np.random.default_rng(0)
X = rng.normal(size=(5, 6))
Y = np.array([[0, 1, 1, 0, 1, 0]])
PARAMETERS = {
    name: rng.normal(size=p.shape) for name, p in stepwise.initialize_parameters([5, 4, 3, 1]).items()
}  # random biases too


def numeric(f: Callable[[Array], float], x: Array, h: float = 1e-6) -> Array:
    """Central differences of ``f`` at ``x``."""
    steps = h * np.eye(x.size).reshape(-1, *x.shape)
    return np.reshape([(f(x + step) - f(x - step)) / (2 * h) for step in steps], x.shape)


def read_only(*arrays: Array) -> None:
    for array in arrays:
        array.flags.writeable = False


read_only(X, Y, *PARAMETERS.values())  # every test below would fail on a function that changes its arguments


# --- gradients ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_backward_is_the_slope(name: str) -> None:
    forward, backward = getattr(stepwise, name), getattr(stepwise, name + "_backward")
    dA = np.random.default_rng(1).normal(size=X.shape)
    read_only(dA)
    A, cache = forward(X)
    assert cache is X
    assert A.shape == X.shape
    assert_allclose(backward(dA, cache), numeric(lambda Z: np.sum(dA * forward(Z)[0]), X), atol=1e-9)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_linear_activation_backward_is_the_slope(activation: str) -> None:
    W, b = PARAMETERS["W1"], PARAMETERS["b1"]
    A, cache = stepwise.linear_activation_forward(X, W, b, activation)
    dA = np.random.default_rng(2).normal(size=A.shape)
    read_only(dA, A)

    def weighted(A_prev: Array, W: Array, b: Array) -> float:
        return float(np.sum(dA * stepwise.linear_activation_forward(A_prev, W, b, activation)[0]))

    dA_prev, dW, db = stepwise.linear_activation_backward(dA, cache, activation)
    m = X.shape[1]
    assert_allclose(dA_prev, numeric(lambda A_prev: weighted(A_prev, W, b), X), atol=1e-9)
    assert_allclose(dW, numeric(lambda W: weighted(X, W, b), W) / m, atol=1e-9)
    assert_allclose(db, numeric(lambda b: weighted(X, W, b), b) / m, atol=1e-9)


def test_model_backward_is_the_slope_of_the_cost() -> None:
    AL, caches = stepwise.L_model_forward(X, PARAMETERS)
    read_only(AL)
    grads = stepwise.L_model_backward(AL, Y, caches)
    assert set(grads) == {"dA0", "dA1", "dA2", "dW1", "dW2", "dW3", "db1", "db2", "db3"}

    def cost(X: Array, parameters: dict[str, Array]) -> float:
        return float(stepwise.compute_cost(stepwise.L_model_forward(X, parameters)[0], Y))

    for name, p in PARAMETERS.items():
        slope = numeric(lambda p, name=name: cost(X, PARAMETERS | {name: p}), p)  # type: ignore[misc]
        assert_allclose(grads["d" + name], slope, atol=1e-9, err_msg=name)
    assert_allclose(grads["dA0"] / X.shape[1], numeric(lambda X: cost(X, PARAMETERS), X), atol=1e-9)


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)], ids=str)
def test_one_number_for_the_bias_of_all_units_has_its_own_slope(shape: tuple[int, ...]) -> None:
    W, b = PARAMETERS["W1"], np.full(shape, 0.3)
    Z, cache = stepwise.linear_forward(X, W, b)
    assert_allclose(Z, stepwise.linear_forward(X, W, np.full((4, 1), 0.3))[0], rtol=1e-15)
    dZ = np.random.default_rng(3).normal(size=Z.shape)
    _, _, db = stepwise.linear_backward(dZ, cache)
    assert db.shape == shape
    slope = numeric(lambda b: np.sum(dZ * stepwise.linear_forward(X, W, b)[0]), b)
    assert_allclose(db, slope / X.shape[1], atol=1e-9)


def test_soft_labels_have_a_cost_and_its_slope() -> None:
    soft = np.random.default_rng(4).normal(size=(1, 6))  # the course tests itself with normal numbers
    AL, caches = stepwise.L_model_forward(X, PARAMETERS)
    db3 = stepwise.L_model_backward(AL, soft, caches)["db3"]

    def cost(b3: Array) -> float:
        return float(stepwise.compute_cost(stepwise.L_model_forward(X, PARAMETERS | {"b3": b3})[0], soft))

    assert_allclose(db3, numeric(cost, PARAMETERS["b3"]), atol=1e-9)


def test_relu_backward_keeps_the_upstream_gradient() -> None:
    Z = np.array([[-1.0, 0.0, 2.0]])
    assert_array_equal(stepwise.relu_backward(np.array([[5.0, 6.0, 7.0]]), Z), [[0, 0, 7]])


def test_labels_of_any_layout_that_reshapes_give_the_same_gradients() -> None:
    AL, caches = stepwise.L_model_forward(X, PARAMETERS)
    assert_array_equal(
        stepwise.L_model_backward(AL, Y.ravel(), caches)["dW1"], stepwise.L_model_backward(AL, Y, caches)["dW1"]
    )


# --- numbers at the edge --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_activations_are_finite_for_any_finite_input(name: str, dtype: type) -> None:
    largest = np.finfo(dtype).max
    Z: Array = np.array([[-largest, 1000.0], [1000.0, -1000.0], [largest, 0.0]], dtype=dtype)
    A, cache = getattr(stepwise, name)(Z)
    assert np.isfinite(A).all()
    dZ = getattr(stepwise, name + "_backward")(np.ones_like(Z), cache)
    assert np.isfinite(dZ).all()
    assert A.dtype == dZ.dtype == dtype


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "softmax"])
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, bool])
def test_small_integers_are_computed_as_floats(name: str, dtype: type) -> None:
    Z: Array = np.array([[0, 1], [1, 100]]).astype(
        dtype
    )  # minus an unsigned 100 is 156, and a small integer's float is short
    A, _ = getattr(stepwise, name)(Z)
    assert A.dtype == np.float64
    assert_array_equal(A, getattr(stepwise, name)(Z.astype(float))[0])


def test_sigmoid_of_a_thousand() -> None:
    assert_array_equal(stepwise.sigmoid(np.array([-1000.0, 0.0, 1000.0]))[0], [0, 0.5, 1])
    assert_allclose(stepwise.sigmoid(np.array([-50.0]))[0], np.exp(-50.0), rtol=1e-15)


@pytest.mark.parametrize(("dtype", "largest"), [(np.float32, 88), (np.float64, 709), (np.int64, 709)])
def test_certain_and_wrong_costs_a_large_finite_number(dtype: type, largest: float) -> None:
    AL: Array = np.array([[0, 1]], dtype=dtype)
    wrong = np.array([[1, 0]])
    assert 10 < stepwise.compute_cost(AL, wrong) < largest
    assert stepwise.compute_cost(AL, 1 - wrong) < 1e-6
    cache = ((X[:, :2], PARAMETERS["W1"][:1], np.zeros((1, 1))), np.array([[-1000.0, 1000.0]]))
    grads = stepwise.L_model_backward(AL, wrong, [cache])
    assert all(np.isfinite(gradient).all() for gradient in grads.values())


def test_very_small_probability_keeps_its_cost_and_gradient() -> None:
    Z = np.array([[-600.0]])
    AL, _ = stepwise.sigmoid(Z)
    cache = ((np.ones((1, 1)), np.ones((1, 1)), np.zeros((1, 1))), Z)
    assert_allclose(stepwise.compute_cost(AL, np.array([[1]])), 600, rtol=1e-12)
    assert_allclose(stepwise.L_model_backward(AL, np.array([[1]]), [cache])["db1"], -1, rtol=1e-12)


def test_float32_stays_float32() -> None:
    parameters = {name: p.astype(np.float32) for name, p in PARAMETERS.items()}
    AL, caches = stepwise.L_model_forward(X.astype(np.float32), parameters)
    grads = stepwise.L_model_backward(AL, Y, caches)
    updated = stepwise.update_parameters(parameters, grads, np.float64(0.1))
    arrays = [AL, *grads.values(), *updated.values()]
    assert {stepwise.compute_cost(AL, Y).dtype, *(a.dtype for a in arrays)} == {np.dtype(np.float32)}


# --- parameters -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scale", "factor"), [(0.01, lambda n: 0.01), ("lecun", lambda n: 1 / n**0.5), ("he", lambda n: (2 / n) ** 0.5)]
)
def test_initialization_is_the_legacy_stream(scale: float | str, factor: Callable[[int], float]) -> None:
    parameters = stepwise.initialize_parameters_deep([5, 4, 3], scale=scale, seed=3)
    np.random.seed(3)
    assert_allclose(parameters["W1"], np.random.randn(4, 5) * factor(5), rtol=1e-15)
    assert_allclose(parameters["W2"], np.random.randn(3, 4) * factor(4), rtol=1e-15)
    assert_array_equal(parameters["b1"], np.zeros((4, 1)))
    assert_array_equal(parameters["b2"], np.zeros((3, 1)))


def test_initialization_of_the_second_note() -> None:
    W1 = stepwise.initialize_parameters_deep([5, 4, 3], scale=0.01, seed=3)["W1"]
    assert_allclose(W1[0], [0.01788628, 0.0043651, 0.00096497, -0.01863493, -0.00277388], rtol=0, atol=5e-9)


def test_both_calls_of_initialize_parameters() -> None:
    two = stepwise.initialize_parameters(3, 2, 1, seed=1)
    deep = stepwise.initialize_parameters([3, 2, 1], seed=1)
    for name in ("W1", "b1", "W2", "b2"):
        assert_array_equal(two[name], stepwise.initialize_parameters_deep([3, 2, 1], scale=0.01, seed=1)[name])
        assert_array_equal(deep[name], stepwise.initialize_parameters_deep([3, 2, 1], scale="lecun", seed=1)[name])


def test_no_seed_goes_on_with_the_global_stream_as_in_the_course() -> None:
    np.random.seed(0)
    first, second = (stepwise.initialize_parameters(3, 2, 1)["W1"] for _ in range(2))
    assert not np.array_equal(first, second)
    np.random.seed(0)
    assert_array_equal(stepwise.initialize_parameters(3, 2, 1)["W1"], first)
    assert_array_equal(stepwise.initialize_parameters(3, 2, 1, seed=0)["W1"], first)


def test_update_parameters_returns_new_ones() -> None:
    grads = {"d" + name: np.ones_like(p) for name, p in PARAMETERS.items()}
    updated = stepwise.update_parameters(PARAMETERS, grads | {"dA0": X}, 0.5)
    assert updated.keys() == PARAMETERS.keys()
    for name, p in PARAMETERS.items():
        assert_array_equal(updated[name], p - 0.5)


# --- the application ------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("no_type_checks")
def test_l_layer_model_is_the_loop_of_the_lesson(capsys: pytest.CaptureFixture[str]) -> None:
    trained, costs = stepwise.L_layer_model(X, Y, [5, 4, 3, 1], 0.1, 201, print_cost=True, seed=2)
    parameters = stepwise.initialize_parameters_deep([5, 4, 3, 1], seed=2)
    expected = []
    for i in range(201):
        AL, caches = stepwise.L_model_forward(X, parameters)
        if i in (0, 100, 200):
            expected.append(float(stepwise.compute_cost(AL, Y)))
        parameters = stepwise.update_parameters(parameters, stepwise.L_model_backward(AL, Y, caches), 0.1)
    assert costs == expected
    assert capsys.readouterr().out == "".join(
        f"Cost after iteration {i}: {cost:.6f}\n" for i, cost in zip((0, 100, 200), costs, strict=True)
    )
    for name in parameters:
        assert_array_equal(trained[name], parameters[name])


@pytest.mark.usefixtures("no_type_checks")
def test_two_layer_model_starts_small_and_learns_xor() -> None:
    corners, xor = np.array([[0, 0, 1, 1], [0, 1, 0, 1]]), np.array([[0, 1, 1, 0]])
    _, costs = stepwise.two_layer_model(corners, xor, (2, 8, 1), num_iterations=1, seed=0)
    assert_allclose(costs, [np.log(2)], atol=1e-3)
    start = stepwise.initialize_parameters(2, 8, 1, seed=0)
    assert costs == [stepwise.compute_cost(stepwise.L_model_forward(corners, start)[0], xor)]
    parameters, costs = stepwise.two_layer_model(corners, xor, (2, 8, 1), 1.0, 2000, seed=0)
    assert len(costs) == 20
    assert_array_equal(stepwise.predict(corners, parameters), xor)


def test_models_are_quiet_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    stepwise.L_layer_model(X, Y, [5, 1], num_iterations=1, seed=0)
    assert capsys.readouterr().out == ""


def test_both_calls_of_predict(capsys: pytest.CaptureFixture[str]) -> None:
    classes = stepwise.predict(X, PARAMETERS)
    assert_array_equal(stepwise.predict(X, Y, PARAMETERS), classes)
    assert capsys.readouterr().out == f"Accuracy: {np.mean(classes == Y)}\n"
    assert_array_equal(stepwise.predict(X=X, parameters=PARAMETERS, threshold=0.5), classes)
    assert capsys.readouterr().out == ""


def test_predict_uses_the_threshold() -> None:
    AL, _ = stepwise.L_model_forward(X, PARAMETERS)
    for threshold in (0.2, 0.5, 0.8):
        classes = stepwise.predict(X, PARAMETERS, threshold)
        assert classes.dtype.kind == "i"
        assert_array_equal(classes, AL > threshold)


def test_other_names() -> None:
    prediction, caches = stepwise.N_layers_forward(X, PARAMETERS)
    AL, _ = stepwise.L_model_forward(X, PARAMETERS)
    assert_array_equal(prediction, AL)
    assert stepwise.cross_entropy_loss(prediction, Y) == stepwise.compute_cost(AL, Y)
    grads = stepwise.N_layers_backward(prediction, Y, caches)
    expected = stepwise.L_model_backward(AL, Y, caches)
    assert set(grads) == {name.replace("A", "X") for name in expected}
    for name, gradient in expected.items():
        assert_array_equal(grads[name.replace("A", "X")], gradient)


def test_interrupt_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(stepwise, "update_parameters", interrupt)
    with pytest.raises(KeyboardInterrupt):
        stepwise.L_layer_model(X, Y, [5, 1], num_iterations=2)


# --- messages ---------------------------------------------------------------------------------------------------------

W1, B1 = PARAMETERS["W1"], PARAMETERS["b1"]
AL, CACHES = stepwise.L_model_forward(X, PARAMETERS)
GRADS = stepwise.L_model_backward(AL, Y, CACHES)


def without(key: str) -> dict[str, Array]:
    return {name: p for name, p in PARAMETERS.items() if name != key}


MISTAKES: list[tuple[Callable[[], object], str]] = [
    (
        lambda: stepwise.linear_forward(X.T, W1, B1),
        r"linear_forward: W has shape (4, 5), read as (n, n_prev), but A has shape (6, 5), so 6 rows instead of 5 "
        "(rows are features, columns are examples).",
    ),
    (
        lambda: stepwise.linear_forward(X, W1, B1.T),
        "linear_forward: b has shape (1, 4), but W has 4 rows, so b must be (4, 1).",
    ),
    (
        lambda: stepwise.linear_forward(X[:, :4], W1, B1.ravel()),  # NumPy would add one bias to each example
        "linear_forward: b has shape (4,), but W has 4 rows, so b must be (4, 1).",
    ),
    (
        lambda: stepwise.linear_forward(X[:, 0], W1, B1),
        "linear_forward: A is a numeric array with rows and columns, but it has shape (5,) and type float64.",
    ),
    (
        lambda: stepwise.linear_forward(X.astype(str), W1, B1),
        "A is a numeric array with rows and columns, but it has shape (5, 6) and type <U32.",
    ),
    (lambda: stepwise.linear_forward(X[:, :0], W1, B1), "A has shape (5, 0), so it holds no example."),
    (
        lambda: stepwise.linear_activation_forward(X, W1, B1, "selu"),
        "linear_activation_forward: activation is one of sigmoid, relu, tanh, softmax; it is 'selu'.",
    ),
    (
        lambda: stepwise.linear_activation_backward(X, CACHES[0], "selu"),
        "linear_activation_backward: activation is one of sigmoid, relu, tanh, softmax; it is 'selu'.",
    ),
    (
        lambda: stepwise.L_model_forward(X.T, PARAMETERS),
        "L_model_forward: W1 has shape (4, 5), read as (n, n_prev), but X has shape (6, 5)",
    ),
    (
        lambda: stepwise.L_model_forward(X, PARAMETERS | {"W2": W1}),
        "L_model_forward: W2 has shape (4, 5), read as (n, n_prev), but A1 has shape (4, 6)",
    ),
    (
        lambda: stepwise.L_model_forward(X, PARAMETERS | {"b3": B1}),
        "L_model_forward: b3 has shape (4, 1), but W3 has 1 rows",
    ),
    (
        lambda: stepwise.L_model_forward(X, {"W1": W1, "b1": B1}),
        "L_model_forward: the last layer has one sigmoid unit, but W1 has shape (4, 5).",
    ),
    (
        lambda: stepwise.L_model_forward(X, without("b2")),
        "L_model_forward: parameters has no 'b2'; it has ['W1', 'W2', 'W3', 'b1', 'b3'].",
    ),
    (lambda: stepwise.predict(X, {}), "L_model_forward: parameters has no 'W1'; it has []."),
    (lambda: stepwise.predict(X, Y.T, PARAMETERS), "predict: Y has one label for each entry of the prediction, which"),
    (
        lambda: stepwise.update_parameters(PARAMETERS, GRADS, float("nan")),
        "update_parameters: learning_rate is a finite number; it is nan.",
    ),
    (
        lambda: stepwise.update_parameters(PARAMETERS, GRADS, float("inf")),
        "update_parameters: learning_rate is a finite number; it is inf.",
    ),
    (
        lambda: stepwise.L_layer_model(X, Y, [5, 1], num_iterations=-1),
        "L_layer_model: num_iterations is an integer of 0 or more; it is -1.",
    ),
    (lambda: stepwise.update_parameters(without("W3"), GRADS, 0.1), "update_parameters: parameters has no 'W3'"),
    (
        lambda: stepwise.update_parameters(PARAMETERS, {"dW1": W1}, 0.1),
        "update_parameters: grads has no 'db1'; it has ['dW1'].",
    ),
    (
        lambda: stepwise.update_parameters(PARAMETERS, GRADS | {"dW2": W1}, 0.1),
        "update_parameters: dW2 has shape (4, 5), but W2 has shape (3, 4).",
    ),
    (
        lambda: stepwise.update_parameters(PARAMETERS, GRADS | {"dW2": GRADS["dW2"].T}, 0.1),
        "update_parameters: dW2 has shape (4, 3), but W2 has shape (3, 4).",
    ),
    (
        lambda: stepwise.linear_backward(X, (X, W1, B1)),
        "linear_backward: dZ has shape (5, 6), but the cache has W (4, 5) and A_prev (5, 6), so Z was (4, 6).",
    ),
    *(
        (
            lambda name=name: getattr(stepwise, name)(X.T, X),
            f"{name}: dA has shape (6, 5), but the cache Z has shape (5, 6).",
        )
        for name in ("sigmoid_backward", "relu_backward", "tanh_backward", "softmax_backward")
    ),
    (
        lambda: stepwise.compute_cost(AL, Y.T),
        "compute_cost: AL and Y both have shape (1, m), one column per example, but AL is (1, 6) and Y is (6, 1).",
    ),
    (lambda: stepwise.compute_cost(AL, 2 * Y), "compute_cost: Y holds labels 0 and 1 only, but it holds 2."),
    (
        lambda: stepwise.L_layer_model(X, 2.0 * Y - 1, [5, 1]),
        "compute_cost: Y holds labels 0 and 1 only, but it holds -1",
    ),
    (lambda: stepwise.compute_cost(AL.T, Y.T), "but AL is (6, 1) and Y is (6, 1)."),
    *(
        (
            lambda bad=bad: stepwise.compute_cost(AL, np.where(Y, bad, 0)),
            "compute_cost: Y holds NaN or infinite labels.",
        )
        for bad in (np.nan, np.inf)
    ),
    (
        lambda: stepwise.compute_cost(AL, ["a"] * 6),
        "compute_cost: Y holds numbers, but it has shape (6,) and type list.",
    ),
    (
        lambda: stepwise.compute_cost([[0.5], [0.5, 0.5]], Y),
        "compute_cost: AL cannot be read as an array; if it is a list, its rows differ in length.",
    ),
    *(
        (
            lambda bad=bad: stepwise.compute_cost(np.full((1, 6), bad), Y),
            f"compute_cost: AL holds probabilities from 0 to 1, but it holds {bad}; "
            "a NaN here during training means that the learning rate is too large.",
        )
        for bad in (2.0, -1.0, np.nan)
    ),
    *(
        (
            lambda bad=bad: stepwise.L_model_backward(bad * AL, Y, CACHES),
            "L_model_backward: AL holds NaN or infinite values, which during training means that the learning rate is "
            "too large.",
        )
        for bad in (np.nan, np.inf)
    ),
    (
        lambda: stepwise.L_model_backward(AL, Y, [*CACHES[:2], CACHES[2][0]]),
        "L_model_backward: a cache is ((A_prev, W, b), Z), as linear_activation_forward returned it.",
    ),
    (
        lambda: stepwise.linear_backward(X, CACHES[0]),
        "linear_backward: the cache is (A_prev, W, b), as linear_forward returned it.",
    ),
    (lambda: stepwise.L_model_backward(AL, Y[:, :5], CACHES), "but AL is (1, 6) and Y is (1, 5)."),
    (
        lambda: stepwise.L_model_backward(AL, Y, CACHES[:2]),
        "L_model_backward: AL has shape (1, 6), which is not the output of the 2 caches given; "
        "pass AL and caches of one L_model_forward call.",
    ),
    (lambda: stepwise.L_model_backward(AL, Y, []), "which is not the output of the 0 caches given"),
    *(
        (
            lambda bad=bad: stepwise.L_layer_model(np.where(X == X[0, 0], bad, X), Y, [5, 1]),
            "L_layer_model: X holds NaN or infinite values; clean the data first.",
        )
        for bad in (np.nan, np.inf)
    ),
    (lambda: stepwise.L_layer_model(X.astype(object), Y, [5, 1]), "L_layer_model: X is a numeric array"),
    (lambda: stepwise.L_layer_model(X, Y, [6, 1]), "L_layer_model: W1 has shape (1, 6), read as (n, n_prev), but X"),
    (
        lambda: stepwise.two_layer_model(X, Y, [5, 4, 3, 1]),
        "two_layer_model: layers_dims is (n_x, n_h, n_y); it is [5, 4, 3, 1].",
    ),
    (
        lambda: stepwise.initialize_parameters_deep([5]),
        "layer_dims lists at least two layer sizes of 1 or more, the input first; it is [5].",
    ),
    (lambda: stepwise.initialize_parameters_deep([5, 0, 1]), "it is [5, 0, 1]."),
    (
        lambda: stepwise.initialize_parameters_deep([5, 1], scale="xavier"),
        """scale is a number, "lecun" or "he"; it is 'xavier'.""",
    ),
    (
        lambda: stepwise.initialize_parameters_deep([5, 1], seed=-1),
        "seed is None or an integer from 0 to 2**32 - 1; it is -1.",
    ),
    (
        lambda: stepwise.initialize_parameters(5, 1),  # type: ignore[call-overload]
        "initialize_parameters takes n_x, n_h, n_y, or one list of layer sizes.",
    ),
]


@pytest.mark.parametrize(("mistake", "message"), MISTAKES, ids=[message[:50] for _, message in MISTAKES])
def test_mistakes_are_named(mistake: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError) as error:
        mistake()
    assert message in str(error.value)


# --- cats -------------------------------------------------------------------------------------------------------------


def cats(folder: Path, part: str) -> tuple[Array, Array]:
    h5py = pytest.importorskip("h5py")
    with h5py.File(folder / "cats" / f"{part}_catvnoncat.h5") as file:
        pictures, labels = file[f"{part}_set_x"][:], file[f"{part}_set_y"][:]
    return pictures.reshape(len(pictures), -1).T / 255, labels.reshape(1, -1)


def test_cats_give_the_published_result(data_folder: Path) -> None:
    train_X, train_Y = cats(data_folder, "train")
    test_X, test_Y = cats(data_folder, "test")
    parameters, costs = stepwise.L_layer_model(train_X, train_Y, [12288, 20, 7, 5, 1], 0.0075, 2500, seed=1)
    assert_allclose(costs[0], 0.771749, atol=5e-7)
    assert_allclose(costs[24], 0.092878, atol=5e-6)  # the last digit may turn on another machine's sums
    assert np.mean(stepwise.predict(train_X, parameters) == train_Y) == 206 / 209
    assert np.mean(stepwise.predict(test_X, parameters) == test_Y) == 40 / 50


def test_cats_with_two_layers_begin_with_the_published_costs(data_folder: Path) -> None:
    _, costs = stepwise.two_layer_model(*cats(data_folder, "train"), (12288, 7, 1), num_iterations=101, seed=1)
    assert_allclose(costs, [0.693049735659989, 0.6464320953428849], rtol=1e-9)
