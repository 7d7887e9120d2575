"""The course's own public tests: every call is accepted, gives the published numbers, and changes no argument."""

from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from chainrule import gradient_checking, initialization, logistic, optimization, planar, regularization, stepwise
from chainrule.common.errors import InputError
from tests.course_calls import CALLS, Call

every_call = pytest.mark.parametrize("call", CALLS, ids=[call.name for call in CALLS])


def assert_like(result: Any, expected: Any) -> None:
    """Compare what is printed, entry by entry; numbers have the shape that is published and eight decimals."""
    if expected is ...:
        return
    if isinstance(expected, dict):
        assert set(result) == set(expected)
        for key in expected:
            assert_like(result[key], expected[key])
    elif isinstance(expected, list | tuple) and (
        isinstance(result, list | tuple) or any(item is ... for item in expected)
    ):
        assert len(result) == len(expected)
        for one, other in zip(result, expected, strict=True):
            assert_like(one, other)
    else:
        assert np.shape(result) == np.shape(expected)
        assert_allclose(result, expected, rtol=1e-7, atol=6e-9)


ODD: list[Any] = [
    *(None, "text", b"bytes", object()),
    *([], {}, (), [[]], [None], {"W1": 1}, [[1, 2], [3]], [["x", 1]]),
    *(np.nan, -1, 1j, 1e308, 2.5),
    *(np.zeros((0, 3)), np.ones((3, 1)), np.ones((2, 2, 2)), np.array(["a"]), np.ones(3) > 0),
]


def as_lists(value: Any) -> Any:
    """The same value with lists and plain numbers in place of arrays."""
    if isinstance(value, dict):
        return {key: as_lists(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(as_lists(item) for item in value)
    return value.tolist() if isinstance(value, np.ndarray) else value


def make_read_only(value: Any) -> None:
    if isinstance(value, np.ndarray):
        value.flags.writeable = False
    elif isinstance(value, dict | list | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            make_read_only(item)


def test_no_public_function_of_the_assignments_is_left_out() -> None:
    assert len(CALLS) >= 41
    called = {call.name for call in CALLS}
    modules = (logistic, planar, initialization, regularization, gradient_checking, optimization)
    graded = {
        f"{module.__name__.rpartition('.')[2]}.{name}"
        for module in modules
        for name, function in vars(module).items()
        if getattr(function, "__module__", "") == module.__name__ and callable(function) and name[0] != "_"
    }
    # What no public test of the course calls: the models of the second course, and the plain pass beneath two lessons.
    rest = {f"{module}.model" for module in ("initialization", "regularization", "optimization")}
    rest |= {"regularization.forward_propagation", "regularization.backward_propagation"}
    assert graded - rest <= called
    assert {"L_model_backward", "two_layer_model", "predict"} <= {name.partition(".")[2] for name in called}


@every_call
@pytest.mark.usefixtures("no_type_checks")
def test_a_call_of_the_course_gives_the_published_numbers(call: Call) -> None:
    args = deepcopy(call.args)
    make_read_only(args)
    assert_like(call._replace(args=args).run(), call.expected)


@every_call
def test_lists_and_plain_numbers_give_the_same(call: Call, request: pytest.FixtureRequest) -> None:
    if call.name == "planar.nn_model":  # 10,000 iterations
        request.getfixturevalue("no_type_checks")
    assert_like(call._replace(args=as_lists(list(call.args))).run(), call.expected)


@pytest.mark.usefixtures("no_type_checks")
def test_types_that_the_course_asks_for() -> None:
    assert type(logistic.initialize_with_zeros(3)[1]) is float
    assert type(planar.compute_cost([0.5], [1])) is float
    assert type(planar.layer_sizes([[1]], [[1]])) is tuple
    X, Y = np.array([[-1.0, 1.0]]), np.array([[0, 1]])
    _, _, costs = logistic.optimize([[0.0]], 0.0, X, Y, 101)
    curves = [train(X, Y, (1, 2, 1), 0.1, 101)[1] for train in (stepwise.two_layer_model, stepwise.L_layer_model)]
    for curve in (costs, *curves):
        assert type(curve) is list
        assert all(isinstance(cost, np.ndarray) and cost.shape == () for cost in curve)
        assert np.squeeze(curve).shape == (len(curve),)
    assert isinstance(gradient_checking.gradient_check(3, 4), float)


def test_the_slope_of_one_number_differs_by_rounding_alone() -> None:
    assert_allclose(gradient_checking.gradient_check(3, 4), 7.814075313343006e-11, rtol=1e-3)


def test_seeds_stand_for_the_calls_of_np_random_seed() -> None:
    """A seed does what `np.random.seed` before the call does, and leaves NumPy's global stream where it was."""
    np.random.seed(7)
    expected = stepwise.initialize_parameters([3, 2, 1])["W1"], np.random.rand()
    np.random.seed(7)
    assert np.array_equal(stepwise.initialize_parameters([3, 2, 1], seed=7)["W1"], expected[0])
    stepwise.initialize_parameters([3, 2, 1])
    assert np.random.rand() == expected[1]


@pytest.mark.usefixtures("no_type_checks")
@every_call
def test_odd_arguments_end_in_a_result_or_in_a_sentence(call: Call) -> None:
    for odd in ODD:
        for position in range(len(call.args)):
            args = [odd if i == position else deepcopy(arg) for i, arg in enumerate(call.args)]
            with np.errstate(all="ignore"), suppress(InputError):
                call._replace(args=args).run()
        for name in call.settings.keys() - {"print_cost"}:
            with np.errstate(all="ignore"), suppress(InputError):
                call._replace(settings=call.settings | {name: odd}).run()


X, Y = np.array([[-2.0, -1.0, 1.0, 2.0]]), np.array([[0, 0, 1, 1]])
QUIET = {"print_cost": False}
MODELS = [
    Call(initialization.model, [X, Y, 0.01, 1], ..., settings=QUIET | {"initialization": "he"}),
    Call(regularization.model, [X, Y, 0.3, 1], ..., settings=QUIET | {"lambd": 0, "keep_prob": 0.5}),
    Call(
        optimization.model,
        [X, Y, [1, 3, 2, 1], "adam", 0.01, 2, 0.9, 0.9, 0.99, 1e-8, 1],
        ...,
        settings=QUIET | {"decay": optimization.update_lr, "decay_rate": 1},
    ),
    Call(logistic.model, [X, Y, X, Y, 1, 0.01], ..., settings=QUIET),
    Call(planar.nn_model, [X, Y, 2, 1], ..., settings=QUIET | {"seed": 3}),
]


@pytest.mark.usefixtures("no_type_checks")
@pytest.mark.parametrize("call", MODELS, ids=[call.name for call in MODELS])
def test_odd_arguments_of_models_end_in_a_result_or_in_a_sentence(call: Call) -> None:
    call.run()
    test_odd_arguments_end_in_a_result_or_in_a_sentence(call)


# --- training runs whose costs are published --------------------------------------------------------------------------


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


@pytest.mark.usefixtures("no_type_checks")
@pytest.mark.parametrize(
    ("optimizer", "settings", "costs"),
    [
        ("gd", {}, ["0.702405"]),
        ("momentum", {}, ["0.702413"]),
        ("adam", {"num_epochs": 1001}, ["0.702166", "0.167845"]),
        ("gd", {"learning_rate": 0.1, "decay": optimization.update_lr}, ["0.701091"]),
    ],
)
def test_moons_give_the_published_costs(
    optimizer: str, settings: dict[str, Any], costs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    X, Y = datasets.make_moons(n_samples=300, noise=0.2, random_state=3)
    optimization.model(X.T, Y, [2, 5, 2, 1], optimizer, **{"num_epochs": 1} | settings)
    lines = [line.split(": ")[1] for line in printed(capsys) if line.startswith("Cost")]
    assert lines == costs


@pytest.mark.usefixtures("no_type_checks")
def test_circles_give_the_published_costs(capsys: pytest.CaptureFixture[str]) -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    X, Y = datasets.make_circles(n_samples=300, noise=0.05, random_state=1)
    initialization.model(X.T, Y, num_iterations=1001)
    initialization.model(X.T, Y, num_iterations=1, initialization="zeros")
    costs = [float(line.split(": ")[1]) for line in printed(capsys)]
    assert_allclose(costs, [0.8830537463419761, 0.6879825919728063, 0.6931471805599453], rtol=1e-9)


def test_cats_begin_with_the_published_costs_of_logistic_regression(data_folder: Path) -> None:
    h5py = pytest.importorskip("h5py")
    with h5py.File(data_folder / "cats/train_catvnoncat.h5") as file:
        X, Y = file["train_set_x"][:].reshape(209, -1).T / 255, file["train_set_y"][:]
    _, _, costs = logistic.optimize(np.zeros((12288, 1)), 0.0, X, Y, 101, 0.005)
    assert_allclose(costs, [0.693147, 0.584508], atol=5e-7)
