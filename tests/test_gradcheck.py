"""The gradient check itself: what it accepts, what it refuses, and what it says."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.common.errors import InputError

RNG = np.random.default_rng(0)
X = RNG.standard_normal((4, 5))


class Scale:
    """A user's own layer: multiplies by s. No base class, no input_gradient, a float32 init."""

    factor = 1.0

    def init(self, rng: Any, input_shape: Any) -> Any:
        return {"s": np.ones(input_shape, np.float32)}, input_shape

    def forward(self, params: Any, x: Any, mode: Any = None) -> Any:
        return x * params["s"], (x, params["s"])

    def backward(self, cache: Any, dy: Any) -> Any:
        x, s = cache
        return dy * s, {"s": self.factor * (dy * x).sum(axis=0)}


def test_a_users_own_layer() -> None:
    assert cr.gradcheck(Scale(), X)


def test_the_report_finds_the_wrong_gradient_and_its_worst_entry() -> None:
    layer = Scale()
    layer.factor = 1.001
    report = cr.gradcheck(layer, X)
    good, bad = report.checks
    assert not report.ok and report.passes(good) and not report.passes(bad)
    assert (good.name, bad.name, bad.shape, bad.entries) == ("x", "s", (5,), 5)
    assert bad.error == pytest.approx(0.001, rel=0.01)
    assert bad.analytic == pytest.approx(1.001 * bad.numeric, rel=1e-6)


def test_the_report_prints_as_a_table() -> None:
    layer = Scale()
    assert str(cr.gradcheck(layer, X)).endswith("All gradients agree (relative tolerance 1e-06).")
    layer.factor = 2.0
    lines = str(cr.gradcheck(layer, X)).splitlines()
    assert lines[0].split() == ["array", "shape", "entries", "worst", "error", "at", "backward", "difference"]
    assert lines[1].endswith("ok") and lines[2].startswith("s ") and lines[2].endswith("WRONG")
    assert lines[-1] == "Some gradients are WRONG (relative tolerance 1e-06)."


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_nan_never_passes(bad: float) -> None:
    layer = Scale()
    layer.factor = bad
    assert not cr.gradcheck(layer, X)
    poisoned = X.copy()
    poisoned[0, 0] = bad
    assert not cr.gradcheck(cr.Dense(3), poisoned)


def test_a_missing_or_misshapen_gradient_is_reported() -> None:
    class Missing(Scale):
        def backward(self, cache: Any, dy: Any) -> Any:
            return dy * cache[1], {}

    class Misshapen(Scale):
        def backward(self, cache: Any, dy: Any) -> Any:
            return dy * cache[1], {"s": dy * cache[0]}

    assert "backward returned no gradient for it" in str(cr.gradcheck(Missing(), X))
    assert "the gradient has shape (4, 5)" in str(cr.gradcheck(Misshapen(), X))
    assert not cr.gradcheck(Missing(), X) and not cr.gradcheck(Misshapen(), X)


def test_nothing_to_check_does_not_pass() -> None:
    assert not cr.gradcheck(cr.Dense(3), np.zeros((0, 5)))


def test_a_kink_is_no_mistake_but_hides_none() -> None:
    near = X.copy()
    near[0] = 0.0  # exactly on ReLU's kink
    report = cr.gradcheck(cr.ReLU(), near)
    assert report and report.checks[0].kinks == 5
    assert "20 (5 on a kink)" in str(report)
    assert "every entry is on a kink: try other inputs" in str(cr.gradcheck(cr.ReLU(), np.zeros((4, 5))))
    assert not cr.gradcheck(cr.ReLU(), np.zeros((4, 5)))


def test_a_whole_network() -> None:
    network = cr.Network.mlp([5, 6, 3], hidden="tanh")
    report = cr.gradcheck(network, X, np.array([0, 1, 2, 1]), np.array([1.0, 2.0, 0.5, 1.0]))
    assert report, f"\n{report}"
    assert [c.name for c in report.checks] == ["x", "0.W", "0.b", "2.W", "2.b"]


def test_a_network_with_a_wrong_layer() -> None:
    class Wrong(cr.Dense):
        def backward(self, cache: Any, dy: Any, *, input_gradient: bool = True) -> Any:
            dx, grads = super().backward(cache, dy)
            return dx, {**grads, "b": grads["b"] / len(dy)}

    network = cr.Network([Wrong(6), cr.Tanh(), cr.Dense(3)], "categorical_cross_entropy", input_shape=(5,))
    report = cr.gradcheck(network, X, np.array([0, 1, 2, 1]))
    assert [c.name for c in report.checks if not report.passes(c)] == ["0.b"]


def test_large_arrays_are_sampled() -> None:
    report = cr.gradcheck(cr.Dense(30), RNG.standard_normal((3, 50)), max_entries=40)
    assert report and {c.name: c.entries for c in report.checks} == {"x": 40, "W": 40, "b": 30}


def test_a_single_nan_is_seen_however_few_entries_are_checked() -> None:
    class OneNaN(cr.Dense):
        def backward(self, cache: Any, dy: Any, *, input_gradient: bool = True) -> Any:
            dx, grads = super().backward(cache, dy)
            grads["W"][7, 7] = np.nan
            return dx, grads

    report = cr.gradcheck(OneNaN(30), RNG.standard_normal((3, 50)), max_entries=2)
    assert [c.index for c in report.checks if not report.passes(c)] == [(7, 7)]


def test_the_users_arrays_are_left_alone() -> None:
    x = X.astype(np.float32)
    params, _ = cr.Dense(3).init(np.random.default_rng(0), (5,))
    before = x.copy(), params["W"].copy()
    cr.gradcheck(cr.Dense(3), x, params=params)
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(params["W"], before[1])


class Masking:
    """ReLU, which keeps where x is positive."""

    def init(self, rng: Any, input_shape: Any) -> Any:
        return {}, input_shape

    def forward(self, params: Any, x: Any, mode: Any = None) -> Any:
        return np.maximum(x, 0), {"kept": [x > 0, 1.0 * (x > 0)]}

    def backward(self, cache: Any, dy: Any) -> Any:
        return dy * cache["kept"][0], {}


class RandomForward(Masking):
    def forward(self, params: Any, x: Any, mode: Any = None) -> Any:
        kept = np.random.default_rng().random(x.shape) > 0.5
        return x * kept, {"kept": [kept]}


class CountingForward(Masking):
    calls = 0

    def forward(self, params: Any, x: Any, mode: Any = None) -> Any:
        self.calls += 1
        return x * self.calls, {"kept": [self.calls]}


class RandomBackward(Masking):
    def backward(self, cache: Any, dy: Any) -> Any:
        return dy * (np.random.default_rng().random(dy.shape) > 0.5), {}


class ForwardIntoX(Masking):
    def forward(self, params: Any, x: Any, mode: Any = None) -> Any:
        kept = x > 0
        x[~kept] = 0
        return x, {"kept": [kept]}


class BackwardIntoDy(Masking):
    def backward(self, cache: Any, dy: Any) -> Any:
        dy *= cache["kept"][0]
        return dy, {}


class BackwardIntoCache(Masking):
    def backward(self, cache: Any, dy: Any) -> Any:
        cache["kept"][1] *= dy
        return cache["kept"][1], {}


class ForwardIntoParams(Scale):
    def forward(self, params: Any, x: Any, mode: Any = None) -> Any:
        params["s"] += 1
        return super().forward(params, x)


RANDOM = "it is random, or remembers earlier calls: called twice with the same"


@pytest.mark.parametrize(
    ("layer", "name", "says"),
    [
        (RandomForward(), "forward", f"{RANDOM} arguments"),
        (CountingForward(), "forward", f"{RANDOM} arguments"),
        (RandomBackward(), "backward", f"{RANDOM} cache and the same dy"),
        (ForwardIntoX(), "forward", "it changes x in place"),
        (ForwardIntoParams(), "forward", "it changes s in place"),
        (BackwardIntoDy(), "backward", "it changes dy in place"),
        (BackwardIntoCache(), "backward", "it changes the cache in place"),
    ],
)
def test_a_broken_rule_is_said_in_its_own_sentence(layer: Any, name: str, says: str) -> None:
    x = X.copy()
    report = cr.gradcheck(layer, x)
    (check,) = report.checks
    assert not report and report.wrong and check.name == name and says in check.problem
    assert str(report).startswith(f"{name}: it ") and "kink" not in str(report)
    assert str(report).endswith("A rule is broken (relative tolerance 1e-06).")
    np.testing.assert_array_equal(x, X)
    assert cr.gradcheck(Masking(), x)


def test_a_random_forward_is_told_where_to_take_randomness_from() -> None:
    assert "Take random numbers from mode.key, as chainrule.arrays.uniform does" in str(
        cr.gradcheck(RandomForward(), X)
    )
    assert cr.gradcheck(cr.Dropout(0.5), X, mode=cr.Mode(training=True, key=(1,)))


def test_the_rules_hold_for_losses_and_networks_too() -> None:
    class RandomLoss(cr.MeanSquaredError):
        def __call__(self, Z: Any, Y: Any, weights: Any = None) -> Any:
            return super().__call__(Z + np.random.default_rng().random(Z.shape), Y, weights)

    class LossIntoTargets(cr.MeanSquaredError):
        def __call__(self, Z: Any, Y: Any, weights: Any = None) -> Any:
            Y -= Z
            return super().__call__(Y, 0 * Y, weights)

    assert str(cr.gradcheck(RandomLoss(), X, X + 1)).startswith(f"loss: {RANDOM}")
    assert str(cr.gradcheck(LossIntoTargets(), X, X + 1)).startswith("loss: it changes the targets in place")
    network = cr.Network([cr.Dense(3)], RandomLoss(), input_shape=(5,))
    assert str(cr.gradcheck(network, X, X[:, :3])).startswith(f"forward: {RANDOM}")


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_forward_that_is_not_finite_is_not_blamed_on_backward(bad: float) -> None:
    report = cr.gradcheck(cr.Dense(3), np.full((2, 5), bad))
    assert not report and not report.wrong
    assert str(report).startswith("forward: it returned NaN or infinity: try other inputs.\nCannot tell")


def test_gradcheck_needs_no_jax() -> None:
    code = "import sys, numpy as np, chainrule as cr; cr.gradcheck(cr.Dense(3), np.eye(4)); print('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


@pytest.mark.parametrize("setting", [{"tolerance": 0.0}, {"tolerance": -1e-6}, {"max_entries": 0}])
def test_settings_that_check_nothing_are_refused(setting: Any) -> None:
    with pytest.raises(InputError, match=r"gradcheck takes (tolerance|max_entries) as a "):
        cr.gradcheck(cr.Dense(3), X, **setting)


def test_other_things_are_refused() -> None:
    with pytest.raises(InputError, match=r"gradcheck takes a layer \(init, forward, backward\), a loss or a Network"):
        cr.gradcheck(3, X)
