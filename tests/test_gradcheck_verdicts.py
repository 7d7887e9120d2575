"""The verdicts of gradcheck: right code is never accused, on any scale and in any precision; mistakes are found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import chainrule as cr
from chainrule.arrays import map_leaves
from chainrule.equations import activations
from tests.cases import LAYER_CASES, LOSS_CASES
from tests.cases.form import LayerCase, LossCase

# The property tests look at the same examples every time, so that the gate does not depend on luck.
property_test = settings(
    derandomize=True, deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow], database=None
)
scales = st.floats(-6, 6).map(lambda exponent: 10.0**exponent)


class Equation(NamedTuple):
    """A function of x, and its backward from x and dy."""

    value: Callable[[Any], Any]
    backward: Callable[[Any, Any], Any]


class Layer:
    """A user's own layer of an equation."""

    def __init__(self, equation: Equation) -> None:
        self.equation = equation

    def init(self, rng: Any, input_shape: Any) -> Any:
        return {}, input_shape

    def forward(self, params: Any, x: Any, mode: Any = None) -> Any:
        return self.equation.value(x), x

    def backward(self, cache: Any, dy: Any) -> Any:
        return self.equation.backward(cache, dy), {}


def normalized(x: Any) -> Any:
    return (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 1e-5)


def normalized_backward(x: Any, dy: Any) -> Any:
    y = normalized(x)
    return (dy - dy.mean(axis=0) - y * (dy * y).mean(axis=0)) / np.sqrt(x.var(axis=0) + 1e-5)


EQUATIONS = {
    "sine": Equation(np.sin, lambda x, dy: dy * np.cos(x)),
    "fast sine": Equation(lambda x: np.sin(1e3 * x), lambda x, dy: 1e3 * dy * np.cos(1e3 * x)),
    "tanh": Equation(np.tanh, lambda x, dy: dy * (1 - np.tanh(x) ** 2)),
    "square": Equation(np.square, lambda x, dy: 2 * x * dy),
    "cube": Equation(lambda x: x**3, lambda x, dy: 3 * x**2 * dy),
    "logarithm": Equation(lambda x: np.log(abs(x)), lambda x, dy: dy / x),
    "inverse": Equation(lambda x: 1 / x, lambda x, dy: -dy / x**2),
    "root": Equation(lambda x: np.sqrt(abs(x)), lambda x, dy: dy * np.sign(x) * 0.5 / np.sqrt(abs(x))),
    "relu": Equation(lambda x: np.maximum(x, 0), lambda x, dy: dy * (x > 0)),
    "threshold": Equation(lambda x: np.maximum(x - 1, 0), lambda x, dy: dy * (x > 1)),
    "absolute": Equation(np.abs, lambda x, dy: dy * np.sign(x)),
    "normalized": Equation(normalized, normalized_backward),
    "softmax": Equation(activations.softmax, lambda x, dy: activations.softmax_backward(dy, activations.softmax(x))),
    "gelu": Equation(activations.gelu, lambda x, dy: activations.gelu_backward(dy, x)),
    "offset": Equation(lambda x: x + 1e8, lambda x, dy: dy * 1.0),
    "tanh and offset": Equation(lambda x: np.tanh(x) - 1e6, lambda x, dy: dy * (1 - np.tanh(x) ** 2)),
}

single = np.float32
PRECISIONS: dict[str, Callable[[Equation], Equation]] = {
    "float64": lambda e: e,
    "float32": lambda e: Equation(lambda x: e.value(single(x)), lambda x, dy: e.backward(single(x), single(dy))),
    "float32 inside": lambda e: Equation(
        lambda x: np.float64(e.value(single(x))), lambda x, dy: np.float64(e.backward(single(x), single(dy)))
    ),
    "float32 hidden": lambda e: Equation(
        lambda x: np.float64(e.value(single(x))) * np.pi, lambda x, dy: e.backward(single(x), dy * np.pi)
    ),
}
MISTAKES: dict[str, Callable[[Equation], Callable[[Any, Any], Any]]] = {
    "zero": lambda e: lambda x, dy: 0 * e.backward(x, dy),
    "doubled": lambda e: lambda x, dy: 2 * e.backward(x, dy),
    "sign": lambda e: lambda x, dy: -e.backward(x, dy),
    "upstream ignored": lambda e: lambda x, dy: e.backward(x, np.ones_like(dy)),
    "half of the batch": lambda e: lambda x, dy: e.backward(x, dy) * (np.arange(len(x)) % 2).reshape(-1, 1),
}


def inputs(scale: float, shifted: bool, seed: int) -> Any:
    """Numbers of a size, or of size 1 around a large one."""
    x = np.random.default_rng(seed).standard_normal((4, 3))
    return x + scale if shifted else x * scale


@given(st.sampled_from(list(EQUATIONS)), st.sampled_from(list(PRECISIONS)), scales, st.booleans(), st.integers(0, 99))
@property_test
def test_right_code_is_never_accused(name: str, precision: str, scale: float, shifted: bool, seed: int) -> None:
    report = cr.gradcheck(Layer(PRECISIONS[precision](EQUATIONS[name])), inputs(scale, shifted, seed), seed=seed)
    assert not report.wrong, f"\n{report}"


@given(
    st.sampled_from(list(EQUATIONS)),
    st.sampled_from(list(PRECISIONS)),
    st.sampled_from(list(MISTAKES)),
    st.floats(-6, 3).map(lambda exponent: 10.0**exponent),
    st.booleans(),
    st.integers(0, 99),
)
@property_test
def test_a_planted_mistake_never_passes(
    name: str, precision: str, mistake: str, scale: float, shifted: bool, seed: int
) -> None:
    equation, x = EQUATIONS[name], inputs(scale, shifted, seed)
    right, dy = PRECISIONS[precision](equation), np.random.default_rng(1).standard_normal(x.shape)
    broken = MISTAKES[mistake](right)
    gradient = right.backward(x, dy)
    if abs(gradient).max() < 1e-3 or (right.value(x * (1 + 2.0**-12)) == right.value(x)).all():
        return  # nothing is lost with a gradient that is 0, or too small for the precision to show
    assert not cr.gradcheck(Layer(Equation(right.value, broken)), x, seed=seed)


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("name", EQUATIONS)
def test_a_planted_mistake_in_float64_is_wrong_beyond_doubt(name: str, mistake: str) -> None:
    equation = EQUATIONS[name]
    x = np.random.default_rng(3).standard_normal((4, 3)) + 1.5
    assert cr.gradcheck(Layer(equation), x)
    report = cr.gradcheck(Layer(Equation(equation.value, MISTAKES[mistake](equation))), x)
    assert report.wrong, f"\n{report}"


@pytest.mark.parametrize("precision", ["float32", "float32 inside", "float32 hidden"])
@pytest.mark.parametrize("name", ["sine", "tanh", "softmax", "gelu"])
def test_float32_inside_is_neither_accused_nor_praised_but_its_mistakes_are_found(name: str, precision: str) -> None:
    right = PRECISIONS[precision](EQUATIONS[name])
    x = np.random.default_rng(4).standard_normal((4, 3))
    report = cr.gradcheck(Layer(right), x)
    assert not report.wrong and not report.ok and not report
    assert report.checks[0].verdict == "cannot tell"
    assert "differences of different steps do not agree well enough" in str(report)
    assert str(report).endswith("not everything is proven right (relative tolerance 1e-06).")
    assert cr.gradcheck(Layer(right), x, tolerance=1e-3)
    for mistake in MISTAKES.values():
        assert cr.gradcheck(Layer(Equation(right.value, mistake(right))), x).wrong


@pytest.mark.parametrize("seed", [2, 3, 4])
def test_a_backward_in_float32_beside_a_forward_in_float64_is_not_accused(seed: int) -> None:
    sine = EQUATIONS["sine"]
    rounded = Equation(sine.value, lambda x, dy: sine.backward(single(x), single(dy)))
    report = cr.gradcheck(Layer(rounded), inputs(100.0, True, seed), seed=seed)
    assert not report.wrong, f"\n{report}"


@pytest.mark.parametrize("offset", [1e3, 1e6, 1e8, 1e10])
def test_a_large_offset_hides_no_mistake(offset: float) -> None:
    x = np.random.default_rng(5).standard_normal((4, 3))
    right = Equation(lambda x: x + offset, lambda x, dy: dy * 1.0)
    assert cr.gradcheck(Layer(right), x)
    for mistake in MISTAKES.values():
        assert cr.gradcheck(Layer(Equation(right.value, mistake(right))), x).wrong


# The layers and losses of the package on other scales than that of the table.

NUMBERS = [case for case in LAYER_CASES if not case.integers]
SATURATED = next(case for case in NUMBERS if case.name == "gru, one step from a state")


@given(st.sampled_from(NUMBERS), scales, scales, st.booleans())
@example(SATURATED, 100.0, 10**-0.75, True)
@settings(property_test, max_examples=25)
def test_no_layer_is_accused_on_any_scale(case: LayerCase, scale: float, of_params: float, shifted: bool) -> None:
    x = map_leaves(lambda a: a + scale if shifted else a * scale, case.input())
    params = map_leaves(lambda p: p * of_params, case.params())
    report = cr.gradcheck(case.layer, x, params=params, mode=case.mode)
    assert not report.wrong, f"\n{report}"


@given(st.sampled_from(LOSS_CASES), scales, st.booleans(), st.sampled_from([0.5, 1.0, 1.001]))
@settings(property_test, max_examples=60)
def test_losses_pass_on_every_scale_and_wrong_ones_do_not(
    case: LossCase, scale: float, shifted: bool, factor: float
) -> None:
    class Scaled(type(case.loss)):  # type: ignore[misc]
        def __call__(self, Z: Any, Y: Any, weights: Any = None) -> Any:
            J, dZ = super().__call__(Z, Y, weights)
            return J, dZ * factor

    Z = case.logits() + scale if shifted else case.logits() * scale
    weights = [] if case.weights is None else [case.weights]
    assert cr.gradcheck(Scaled(), Z, case.Y, *weights).ok == (factor == 1)


@pytest.mark.parametrize("scale", [1e-6, 1e-2, 1.0, 30.0])
@pytest.mark.parametrize("loss", ["categorical_cross_entropy", "mean_squared_error"])
def test_networks_pass_and_wrong_ones_do_not(loss: str, scale: float) -> None:
    class Wrong(cr.Dense):
        def backward(self, cache: Any, dy: Any, *, input_gradient: bool = True) -> Any:
            dx, grads = super().backward(cache, dy)
            return dx, {**grads, "W": grads["W"] * 1.01}

    rng = np.random.default_rng(6)
    X = scale * rng.standard_normal((5, 4))
    y = rng.integers(0, 3, 5) if loss == "categorical_cross_entropy" else rng.standard_normal((5, 3))
    for dense in (cr.Dense, Wrong):
        network = cr.Network([dense(6), cr.Tanh(), cr.Dense(3)], loss, input_shape=(4,))
        report = cr.gradcheck(network, X, y)
        assert (report.ok, report.wrong) == ((True, False) if dense is cr.Dense else (False, True)), f"\n{report}"


# One wrong entry among many.


class OneWrong:
    """A layer whose backward is off by a factor at one entry."""

    def __init__(self, layer: Any, name: str, place: int, factor: float) -> None:
        self.layer, self.name, self.place, self.factor = layer, name, place, factor

    def init(self, rng: Any, input_shape: Any) -> Any:
        return self.layer.init(rng, input_shape)

    def forward(self, params: Any, x: Any, mode: Any = None) -> Any:
        return self.layer.forward(params, x)

    def backward(self, cache: Any, dy: Any) -> Any:
        dx, grads = self.layer.backward(cache, dy)
        gradient = (dx if self.name == "x" else grads[self.name]).copy()
        gradient.flat[self.place] *= self.factor
        return (gradient, grads) if self.name == "x" else (dx, grads | {self.name: gradient})


FACTORS = [((50, 100), 0.0), ((50, 100), -1.0), ((50, 100), 1.05), ((100, 1000), -1.0)]


@pytest.mark.parametrize(("shape", "factor"), FACTORS)
def test_one_wrong_entry_among_many_is_found(shape: tuple[int, int], factor: float) -> None:
    x = np.random.default_rng(7).standard_normal(shape)
    place = x.size // 3 + 1
    report = cr.gradcheck(OneWrong(cr.Tanh(), "x", place, factor), x)
    (check,) = report.checks
    assert report.wrong and check.index == np.unravel_index(place, shape) and check.entries < 1100


def test_one_wrong_entry_of_a_large_weight_is_found() -> None:
    x = np.random.default_rng(8).standard_normal((2, 300))
    report = cr.gradcheck(OneWrong(cr.Dense(200), "W", 31_234, 1.1), x, max_entries=100)
    assert [(c.name, c.index) for c in report.checks if c.verdict == "WRONG"] == [("W", (156, 34))]


@pytest.mark.parametrize("layer", [cr.Tanh(), cr.ReLU(), cr.Softmax()], ids=lambda layer: layer.label)
def test_right_layers_of_many_entries_pass_and_say_how_many_were_looked_at(layer: Any) -> None:
    report = cr.gradcheck(layer, np.random.default_rng(9).standard_normal((50, 100)))
    assert report, f"\n{report}"
    assert "1,000 of 5,000" in str(report)
    assert "Of a larger array, some entries are compared one by one and all of them in one random sum." in str(report)


def test_where_sums_lie_on_kinks_all_entries_are_compared_or_nothing_is_claimed() -> None:
    x = np.maximum(np.random.default_rng(10).standard_normal((15, 30)), 0)  # ReLU's kink is at 0
    report = cr.gradcheck(cr.ReLU(), x, max_entries=100)
    assert report and report.checks[0].entries == 450 and report.checks[0].kinks > 150
    report = cr.gradcheck(cr.ReLU(), x, max_entries=40)
    assert not report and not report.wrong
    assert "sums over all of them lie on kinks. Try other inputs, or a larger max_entries." in str(report)
