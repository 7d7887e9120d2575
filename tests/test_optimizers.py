"""Update rules against closed forms, on every engine."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import chainrule as cr
from chainrule.arrays import in_float64
from chainrule.common.errors import InputError
from chainrule.equations.optimizers import OPTIMIZERS, clip_scale

optimizers = pytest.mark.parametrize("name", OPTIMIZERS)
P, G = np.array([1.0, -2.0, 0.5]), np.array([0.3, -0.1, 2.0])


def run(optimizer: Any, gradients: list[Any], p: Any = P) -> Any:
    state = optimizer.init(p)
    for t, g in enumerate(gradients, start=1):
        p, state = optimizer.rule(p, g, state, t)
    return p


def test_sgd_with_a_constant_gradient() -> None:
    np.testing.assert_allclose(run(cr.SGD(0.1), [G] * 5), P - 0.5 * G)


def test_momentum_is_the_sum_of_a_geometric_series() -> None:
    # v_t = g (1 - b^t) / (1 - b), so the way after 4 steps is g (4 - b (1 - b^4) / (1 - b)) / (1 - b).
    b, n = 0.8, 4
    way = (n - b * (1 - b**n) / (1 - b)) / (1 - b)
    np.testing.assert_allclose(run(cr.Momentum(0.1, beta=b), [G] * n), P - 0.1 * way * G)


def test_nesterov_is_one_look_ahead_further() -> None:
    b, n = 0.8, 4
    v = [(1 - b**t) / (1 - b) for t in range(1, n + 1)]
    np.testing.assert_allclose(run(cr.Nesterov(0.1, beta=b), [G] * n), P - 0.1 * G * sum(1 + b * x for x in v))


def test_nesterov_is_gradient_at_the_looked_ahead_point() -> None:
    b, lr = 0.7, 0.05
    theta, v = P.copy(), np.zeros(3)  # the form of the paper: the gradient of 0.5 |x|^2 is taken at theta - lr * b * v
    for _ in range(6):
        v = b * v + (theta - lr * b * v)
        theta = theta - lr * v
    optimizer = cr.Nesterov(lr, beta=b)
    p, state = P, optimizer.init(P)
    for t in range(1, 7):
        p, state = optimizer.rule(p, p, state, t)
    np.testing.assert_allclose(p, theta - lr * b * v, rtol=1e-12)


def test_adagrad_steps_shrink_with_the_root_of_t() -> None:
    way = sum(1 / math.sqrt(t) for t in range(1, 6))
    np.testing.assert_allclose(run(cr.AdaGrad(0.1), [G] * 5), P - 0.1 * way * np.sign(G), atol=1e-6)


def test_rmsprop_with_a_constant_gradient() -> None:
    way = sum(1 / math.sqrt(1 - 0.9**t) for t in range(1, 6))
    np.testing.assert_allclose(run(cr.RMSProp(0.1), [G] * 5), P - 0.1 * way * np.sign(G), atol=1e-6)


def test_adam_goes_one_learning_rate_per_step_whatever_the_gradient() -> None:
    np.testing.assert_allclose(run(cr.Adam(0.1), [G] * 5), P - 0.5 * np.sign(G), atol=1e-6)
    np.testing.assert_allclose(run(cr.Adam(0.1), [1000 * G] * 5), P - 0.5 * np.sign(G), atol=1e-6)


def test_adam_with_two_gradients_by_hand() -> None:
    m_hat = (0.9 * 0.1 * 1 + 0.1 * -3) / (1 - 0.81)
    v_hat = (0.999 * 0.001 * 1 + 0.001 * 9) / (1 - 0.999**2)
    expected = 0 - 0.1 * 1 / (1 + 0.5) - 0.1 * m_hat / (math.sqrt(v_hat) + 0.5)
    p = run(cr.Adam(0.1, epsilon=0.5), [np.array([1.0]), np.array([-3.0])], np.array([0.0]))
    assert p[0] == pytest.approx(expected, rel=1e-12)


def test_lion_is_the_equation_of_its_paper() -> None:
    # Algorithm 2 of Chen et al., 2023, in its order: c, then theta, then m.
    eta, decay, b1, b2 = 0.01, 0.1, 0.9, 0.99
    gradients = [np.random.default_rng(seed).standard_normal(3) for seed in range(6)]
    theta, m = P.copy(), np.zeros(3)
    for g in gradients:
        c = b1 * m + (1 - b1) * g
        theta = theta - eta * (np.sign(c) + decay * theta)
        m = b2 * m + (1 - b2) * g
    np.testing.assert_allclose(run(cr.Lion(eta, weight_decay=decay), gradients), theta, rtol=1e-14)


def test_lion_goes_one_learning_rate_per_step_and_none_without_a_gradient() -> None:
    np.testing.assert_allclose(run(cr.Lion(0.1), [G] * 5), P - 0.5 * np.sign(G), atol=1e-12)
    np.testing.assert_array_equal(run(cr.Lion(0.1), [0 * G] * 5), P)
    # After a step with g, b1 m + (1 - b1) h turns where h = -g b1 (1 - b2) / (1 - b1): here 0.09 g.
    for share, way in ((0.08, 2), (0.1, 0)):
        np.testing.assert_allclose(run(cr.Lion(0.1), [G, -share * G]), P - 0.1 * way * np.sign(G), atol=1e-12)


def test_l2_is_a_gradient_and_decoupled_decay_is_not() -> None:
    zero = np.zeros(3)
    np.testing.assert_allclose(run(cr.SGD(0.1, weight_decay=0.5), [zero]), P * (1 - 0.05))
    np.testing.assert_allclose(run(cr.Adam(0.1, weight_decay=0.5), [zero]), P - 0.1 * np.sign(P), rtol=1e-6)
    np.testing.assert_allclose(run(cr.AdamW(0.1, weight_decay=0.5), [zero]), P * (1 - 0.05))
    np.testing.assert_allclose(run(cr.Lion(0.1, weight_decay=0.5), [zero]), P * (1 - 0.05))
    np.testing.assert_allclose(run(cr.AdamW(0.1, weight_decay=0.5), [G]), run(cr.Adam(0.1), [G]) - 0.05 * P, rtol=1e-12)


@optimizers
def test_no_decay_where_it_is_not_wanted(name: str) -> None:
    decaying, plain = OPTIMIZERS[name](weight_decay=0.5), OPTIMIZERS[name](weight_decay=0.0)
    state, g = decaying.init(P), -0.1 * np.sign(P)  # decay turns the sign of every step
    np.testing.assert_array_equal(decaying.rule(P, g, state, 1, decay=False)[0], plain.rule(P, g, state, 1)[0])
    assert not np.allclose(decaying.rule(P, g, state, 1)[0], plain.rule(P, g, state, 1)[0])


def test_weight_decay_leaves_biases_alone_in_a_network() -> None:
    network = cr.Network([cr.Dense(1)], "mean_squared_error", input_shape=(2,), dtype=np.float64)
    network.params[0]["b"][:] = 3.0
    W = network.params[0]["W"].copy()
    X = np.zeros((4, 2))
    network.fit(X, np.full((4, 1), 3.0), epochs=1, optimizer=cr.SGD(0.1, weight_decay=0.5), verbose=False)
    np.testing.assert_allclose(network.params[0]["W"], W * (1 - 0.05))
    assert network.params[0]["b"].tolist() == [3.0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@optimizers
def test_every_engine_takes_the_same_steps(name: str, dtype: Any) -> None:
    optimizer = OPTIMIZERS[name](lr=cr.Warmup(3, cr.Cosine(0.1, 20)), weight_decay=0.1)
    gradients = np.random.default_rng(0).standard_normal((5, 3)).astype(dtype)
    expected = run(optimizer, list(gradients), P.astype(dtype))

    def scan(p: Any) -> Any:
        def step(carry: Any, x: Any) -> Any:
            return optimizer.rule(carry[0], x[1], carry[1], x[0]), None

        return jax.lax.scan(step, (p, optimizer.init(p)), (jnp.arange(1, 6), jnp.asarray(gradients)))[0][0]

    p = jnp.asarray(P, dtype=dtype)
    for actual in (scan(p), jax.jit(scan)(p), run(optimizer, list(jnp.asarray(gradients)), p)):
        assert actual.dtype == expected.dtype == dtype
        np.testing.assert_allclose(actual, expected, rtol=2e-5 if dtype == np.float32 else 1e-12)


@optimizers
def test_rules_change_nothing_they_are_given(name: str) -> None:
    optimizer = OPTIMIZERS[name]()
    p, g = P.copy(), G.copy()
    state = optimizer.init(p)
    for array in (p, g, *state):
        array.flags.writeable = False
    optimizer.rule(p, g, state, 1)


@optimizers
def test_every_optimizer_learns(name: str) -> None:
    X, y = cr.datasets.blobs(seed=0)
    network = cr.Network.mlp([X.shape[1], 8, int(y.max()) + 1])
    network.fit(X, y, epochs=30, optimizer=OPTIMIZERS[name](lr=0.05), verbose=False)
    assert network.evaluate(X, y)["accuracy"] > 0.9


def test_clipping_scales_a_long_gradient_and_leaves_a_short_one() -> None:
    assert clip_scale(np.float64(100.0), 5.0) == pytest.approx(0.5)
    assert clip_scale(np.float64(9.0), 5.0) == 1.0
    assert clip_scale(np.float64(0.0), 5.0) == 1.0
    assert clip_scale(np.float32(9.0), 1e25) == 1.0  # whose square no float32 holds
    network = cr.Network([cr.Dense(1, bias=False)], "mean_squared_error", input_shape=(2,), dtype=np.float64)
    W = network.params[0]["W"].copy()
    X, y = np.array([[30.0, 40.0]]), np.array([[1e6]])
    network.fit(X, y, epochs=1, optimizer=cr.SGD(0.1, clip_norm=2.0), verbose=False)
    np.testing.assert_allclose(network.params[0]["W"] - W, [[0.1 * 2 * 0.6], [0.1 * 2 * 0.8]], rtol=1e-9)


def test_schedules() -> None:
    def rates(schedule: Any, *steps: int) -> list[float]:
        return [float(schedule(t)) for t in steps]

    assert rates(cr.Constant(0.1), 1, 1000) == [0.1, 0.1]
    assert rates(cr.StepDecay(0.8, every=10, factor=0.5), 1, 10, 11, 20, 21) == [0.8, 0.8, 0.4, 0.4, 0.2]
    assert rates(cr.Exponential(0.8, every=10, factor=0.5), 1, 6, 11) == pytest.approx([0.8, 0.8 * 0.5**0.5, 0.4])
    assert rates(cr.Cosine(0.8, steps=10, end=0.2), 1, 6, 11, 500) == pytest.approx([0.8, 0.5, 0.2, 0.2])
    # After 1/15, 3/15, 7/15 and all of the steps a cosine ends; each rises to the rate in the middle of its logarithm.
    wave = cr.CosineLog(0.8, steps=15)
    assert rates(wave, 1, 2, 4, 8, 16, 500) == pytest.approx([0, 0, 0, 0, 0, 0], abs=1e-12)
    assert wave(1 + 2**0.5 - 1) == wave(1 + 2**3.5 - 1) == pytest.approx(0.8)
    assert wave(1 + 2**1.25 - 1) == pytest.approx(0.4)
    assert rates(cr.Warmup(4, 0.8), 1, 2, 4, 5, 99) == pytest.approx([0.2, 0.4, 0.8, 0.8, 0.8])
    after = cr.StepDecay(0.8, every=10, factor=0.5)
    assert rates(cr.Warmup(4, after), 2, 4, 5, 14, 15) == pytest.approx([0.4, 0.8, 0.8, 0.8, 0.4])


OF_STEP: dict[str, Any] = {
    "constant": cr.Constant(0.1),
    "step decay": cr.StepDecay(0.1, 10**6, 0.9),
    "exponential": cr.Exponential(0.1, 1000, 0.99999),
    "slow exponential": cr.Exponential(0.1, 10**9),
    "cosine": cr.Cosine(0.1, 10**9),
    "cosine with an end": cr.Cosine(0.1, 10**7, 1e-4),
    "cosines of the logarithm": cr.CosineLog(0.1, 10**9),
    "warm-up": cr.Warmup(10**8, cr.Cosine(0.1, 9 * 10**8)),
    "adam": cr.Adam(cr.Cosine(0.1, 10**9)).scalars,
    "adam, long memory": cr.Adam(beta1=0.99999, beta2=0.9999999).scalars,
    "adamw": cr.AdamW(cr.Exponential(0.1, 10**8)).scalars,
    "lion": cr.Lion(cr.Cosine(0.1, 10**8), weight_decay=0.5).scalars,
}
WITHOUT_X64 = {name: jax.jit(in_float64(function)) for name, function in OF_STEP.items()}


@given(st.sampled_from(list(OF_STEP)), st.integers(1, 10**9) | st.floats(0, 9).map(lambda e: int(10**e)))
@example("cosine", 10**9)
@example("cosine", 10**9 - 1)
@example("warm-up", 10**8)
@settings(derandomize=True, deadline=None, database=None, max_examples=200)
def test_what_depends_on_the_step_is_as_precise_without_jax_64_bit_mode(name: str, t: int) -> None:
    with jax.enable_x64(False):
        actual = jax.tree.leaves(WITHOUT_X64[name](jnp.int32(t)))
    expected = jax.tree.leaves(OF_STEP[name](t))
    for a, e in zip(actual, expected, strict=True):
        assert a.dtype == np.float32
        assert abs(float(a) - e) <= max(np.spacing(np.float32(e)), np.finfo(np.float32).tiny)  # XLA has no subnormals


def test_schedules_are_precise_in_a_rule_and_when_called_alone() -> None:
    t, schedule = 943_820_534, cr.Cosine(0.1, 10**9)
    with jax.enable_x64(False):
        p = jnp.zeros(1, jnp.float32)
        stepped, _ = jax.jit(cr.SGD(schedule).rule)(p, p - 1, cr.SGD().init(p), jnp.int32(t))
        alone = jax.jit(schedule)(jnp.int32(t))
    assert stepped.dtype == alone.dtype == np.float32
    assert float(stepped[0]) == float(alone) == np.float32(schedule(t))
    assert jax.jit(schedule)(jnp.int32(t)) == pytest.approx(schedule(t), rel=1e-14)  # the tests run in 64-bit mode


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(InputError, match=r"Adam takes lr as a number above 0, or a schedule, .* but lr=-0\.1"):
        cr.Adam(lr=-0.1)
    with pytest.raises(InputError, match=r"SGD takes weight_decay as a number of at least 0, but weight_decay=-1\.0"):
        cr.SGD(weight_decay=-1.0)
    with pytest.raises(InputError, match=r"SGD takes clip_norm as a number above 0, or None, but clip_norm=0\.0"):
        cr.SGD(clip_norm=0.0)
