"""Layers of users: what their methods return is checked, in networks and in gradcheck."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.common.errors import InputError
from tests.engines import TORCH

X = np.random.default_rng(0).standard_normal((40, 3))
ENGINES = ["numpy", "xla", TORCH]
pytestmark = pytest.mark.usefixtures("no_type_checks")


class Linear:
    """A right layer of two units."""

    def init(self, rng: Any, input_shape: Any) -> Any:
        return {"W": rng.standard_normal((input_shape[-1], 2))}, (*input_shape[:-1], 2)

    def forward(self, params: Any, x: Any, mode: Any = None) -> Any:
        return x @ params["W"], (params, x)

    def backward(self, cache: Any, dy: Any) -> Any:
        params, x = cache
        return dy @ params["W"].T, {"W": x.T @ dy}


class Transposed(Linear):
    def backward(self, cache: Any, dy: Any) -> Any:
        dx, grads = super().backward(cache, dy)
        return dx, {"W": grads["W"].T}


class Summed(Linear):
    def backward(self, cache: Any, dy: Any) -> Any:
        dx, grads = super().backward(cache, dy)
        return dx.sum(axis=1, keepdims=True), grads


class Missing(Linear):
    def backward(self, cache: Any, dy: Any) -> Any:
        return super().backward(cache, dy)[0], {}


class More(Linear):
    def backward(self, cache: Any, dy: Any) -> Any:
        dx, grads = super().backward(cache, dy)
        return dx, {**grads, "b": dy.sum(axis=0)}


class OnlyInput(Linear):
    def backward(self, cache: Any, dy: Any) -> Any:
        return super().backward(cache, dy)[0]


class OnlyOutput(Linear):
    def forward(self, params: Any, x: Any, mode: Any = None) -> Any:
        return x @ params["W"]


class OnlyParameters(Linear):
    def init(self, rng: Any, input_shape: Any) -> Any:
        return super().init(rng, input_shape)[0]


class ListOfParameters(Linear):
    def init(self, rng: Any, input_shape: Any) -> Any:
        return [], input_shape


IN_NETWORKS = [
    (Transposed, r"Transposed\.backward must return gradients of the shape .*, but W has shape \(3, 2\) .* \(2, 3\)"),
    (Summed, r"Summed\.backward .*, but its input has shape \(32, 3\) and its gradient \(32, 1\)"),
    (Missing, r"a gradient for each of the parameters .* \['W'\], but it returned gradients for \[\]"),
    (More, r"but it returned gradients for \['W', 'b'\]"),
    (OnlyInput, r"OnlyInput\.backward must return two things, dx, grads, but it returned one "),
    (OnlyOutput, r"OnlyOutput\.forward must return two things, y, cache, but it returned one "),
    (OnlyParameters, r"OnlyParameters\.init must return two things, params, output_shape, but it returned one dict"),
    (ListOfParameters, r"ListOfParameters\.init must return parameters as a dict of arrays"),
]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("layer", "message"), IN_NETWORKS)
def test_a_mistake_in_a_network_is_a_sentence(layer: Any, message: str, engine: str) -> None:
    with pytest.raises(InputError, match=message):
        network = cr.Network([cr.Dense(3), layer(), cr.Dense(1)], "mean_squared_error")
        network.fit(X, X[:, 0], epochs=1, engine=engine, verbose=False)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_right_layer_is_taken(engine: str) -> None:
    own: Any = Linear()
    network = cr.Network([cr.Dense(3), own, cr.Dense(1)], "mean_squared_error")
    rows = network.fit(X, X[:, 0], epochs=5, engine=engine, verbose=False).rows
    assert rows[-1]["loss"] < rows[0]["loss"]


class Center(Linear):
    def forward(self, params: Any, x: Any, mode: Any = None) -> Any:
        x -= x.mean(axis=0)
        return super().forward(params, x)


def test_the_users_data_is_not_overwritten() -> None:
    own: Any = Center()
    network = cr.Network([own, cr.Dense(1)], "mean_squared_error", input_shape=(3,))
    for data in (X.astype(np.float32), X.copy()):
        before = data.copy()
        for call in (network.predict, lambda X: network.evaluate(X, X[:, 0]), lambda X: network.fit(X, X[:, 0])):
            with pytest.raises(InputError, match=r"Center\.forward changes its input in place"):
                call(data)
            np.testing.assert_array_equal(data, before)


# gradcheck


class Scaled(Linear):
    def backward(self, cache: Any, dy: Any) -> Any:
        dx, grads = super().backward(cache, dy)
        return -7 * dx, grads


class LookedUp(Linear):
    """Takes whole numbers, and has no gradient for them."""

    def forward(self, params: Any, x: Any, mode: Any = None) -> Any:
        return params["W"][x].sum(axis=1), (params, x)

    def backward(self, cache: Any, dy: Any) -> Any:
        params, x = cache
        dW = np.zeros_like(params["W"])
        np.add.at(dW, x, dy[:, None])
        return None, {"W": dW}


class OtherNames(Linear):
    def backward(self, cache: Any, dy: Any, *, input_gradient: bool = True) -> Any:
        dx, grads = super().backward(cache, dy)
        return (dx, grads) if input_gradient else (None, {"W": None, "b": dy.sum(axis=0)})


def test_gradients_of_other_names_without_the_inputs_are_no_crash() -> None:
    assert cr.gradcheck(OtherNames(), X[:4])


class WithoutMode:
    init, backward = Linear.init, Linear.backward

    def forward(self, params: Any, x: Any) -> Any:
        return x @ params["W"], (params, x)


@pytest.mark.parametrize("kind", [np.asarray, np.ndarray.tolist, lambda x: x > 2])
def test_whole_numbers_have_gradients(kind: Any) -> None:
    x = kind(np.array([[1, 2], [3, 4], [5, 7]]))
    report = cr.gradcheck(Scaled(), x)
    assert report.wrong and report.checks[0].name == "x" and report.checks[0].verdict == "WRONG"
    assert cr.gradcheck(Linear(), x)
    assert [check.name for check in cr.gradcheck(Linear(), x).checks] == ["x", "W"]


def test_what_is_looked_up_has_none() -> None:
    report = cr.gradcheck(LookedUp(), np.array([[0, 1], [1, 1]]))
    assert report and [check.name for check in report.checks] == ["W"]


def test_a_gradient_of_no_parameter_is_named() -> None:
    report = cr.gradcheck(More(), X[:4])
    assert report.wrong and "b: backward returned a gradient for it, but it is no parameter" in str(report)


def test_forward_may_do_without_mode_and_parameters_be_whole_numbers() -> None:
    assert cr.gradcheck(WithoutMode(), X[:4], params={"W": [[1, 2], [3, 4], [5, 6]]})


class LastOnly(Linear):
    def backward(self, cache: Any, dy: Any, *, input_gradient: bool = True) -> Any:
        dx, grads = super().backward(cache, dy)
        return (dx, grads) if input_gradient else (None, {"W": -grads["W"]})


def test_the_gradients_that_training_of_a_first_layer_takes_are_compared() -> None:
    own: Any = LastOnly()
    network = cr.Network([own, cr.Dense(1)], "mean_squared_error", input_shape=(3,))
    for report in (cr.gradcheck(own, X[:4]), cr.gradcheck(network, X[:4], X[:4, :1])):
        assert report.wrong and "with input_gradient=False" in str(report)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cr.gradcheck(Linear, X), r"write Linear\(\) with parentheses"),
        (lambda: cr.gradcheck(Linear()), r"takes one input, such as gradcheck\(Linear\(\), x\), but 0 came"),
        (lambda: cr.gradcheck(Linear(), 5.0), "first axis of examples"),
        (lambda: cr.gradcheck(cr.Network([cr.Dense(1)], "huber"), X, X), "build it with input_shape"),
        (lambda: cr.gradcheck(OnlyInput(), X), r"OnlyInput\.backward must return two things"),
        (lambda: cr.gradcheck(OnlyOutput(), X), r"OnlyOutput\.forward must return two things"),
        (lambda: cr.gradcheck(OnlyParameters(), X), r"OnlyParameters\.init must return two things"),
    ],
)
def test_what_cannot_be_checked_is_a_sentence(call: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        call()


class LogSoftmax:
    """Float32 inside, and differences that cancel."""

    wrong = 1.0

    def init(self, rng: Any, input_shape: Any) -> Any:
        return {}, input_shape

    def forward(self, params: Any, x: Any, mode: Any = None) -> Any:
        x = x.astype(np.float32)
        z = x - x.max(-1, keepdims=True)
        y = z - np.log(np.exp(z).sum(-1, keepdims=True))
        return y, np.exp(y)

    def backward(self, softmax: Any, dy: Any) -> Any:
        return dy - self.wrong * softmax * dy.sum(-1, keepdims=True), {}


class WrongLogSoftmax(LogSoftmax):
    wrong = 0.9


@pytest.mark.parametrize("scale", [0.3, 5, 20, 40])
@pytest.mark.parametrize("seed", range(8))
def test_float32_inside_that_cancels_is_not_accused(scale: float, seed: int) -> None:
    x = np.random.default_rng(seed).normal(size=(8, 20)) * scale
    assert not cr.gradcheck(LogSoftmax(), x).wrong
    assert cr.gradcheck(WrongLogSoftmax(), x).wrong
