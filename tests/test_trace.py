"""Traces: what is written down is what a pass computes, to the bit, for every layer and every way to connect them."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.testing import assert_array_equal

import chainrule as cr
from chainrule import book, stepwise
from chainrule.arrays import leaves, map_leaves
from chainrule.arrays.threads import one_blas_thread
from chainrule.common.errors import InputError, NotFiniteError
from chainrule.engines.numpy import NumpyEngine
from chainrule.layers.own import OwnLayer
from chainrule.trace.record import LayerRecord, differential
from chainrule.trace.recorder import Entry, Recorder
from chainrule.trace.trace import Trace
from tests.cases import LAYER_CASES
from tests.cases.form import LayerCase
from tests.traced_nets import NETS, Made, Scale

ADAM = cr.Adam(lr=0.01)


def records(trace: Trace) -> list[LayerRecord]:
    return [record for layer in trace.layers for record in layer.walk()]


def assert_same(a: Any, b: Any) -> None:
    for (path, one), (other_path, other) in zip(leaves(a), leaves(b), strict=True):
        assert path == other_path
        assert_array_equal(one, other, strict=True, err_msg=path)


@settings(max_examples=60, deadline=None)
@given(NETS)
def test_a_trace_has_the_bits_of_an_untraced_step(made: Made) -> None:
    network, X, y, mask = made()
    before = map_leaves(np.copy, network.params)
    trace = network.trace(X, y, mask=mask, optimizer=ADAM, seed=3)
    assert_same(network.params, before)

    engine = NumpyEngine(network.body, network.loss, ADAM, network.params, seed=3)
    with one_blas_thread():
        mode = cr.Mode(True, (3, 1, 0), mask)
        Z, cache = network.body.forward(network.params, X, mode)
        J, dZ = network.loss(Z, y, None)
        _, grads = network.body.backward(cache, dZ, input_gradient=False)
        engine.step(X, y, None, (3, 1, 0), mask)
    assert trace.loss is not None
    assert trace.loss.value == float(J)
    assert_same((trace.loss.Z, trace.loss.slope), (Z, dZ))
    for path, gradient in leaves(grads):
        assert_array_equal(trace[f"layer{differential(path)}"], gradient, strict=True, err_msg=path)
    updated = {f"{r.path[5:]}.{name}": p for r in records(trace) if not r.parts for name, p in r.updated.items()}
    for path, p in leaves(engine.params):
        assert_array_equal(updated[path], p, strict=True, err_msg=path)


@settings(max_examples=40, deadline=None)
@given(NETS)
def test_each_layer_computes_its_traced_numbers_from_its_traced_inputs(made: Made) -> None:
    network, X, y, mask = made()
    trace = network.trace(X, y, mask=mask)
    with one_blas_thread():
        for record in records(trace):
            y, cache = record.layer.forward(record.params, record.x, record.mode)
            assert_array_equal(y, record.y, strict=True)
            dx, grads = record.layer.backward(cache, record.dy)
            assert_same((dx, grads), (record.dx, record.grads))


@pytest.mark.parametrize("case", LAYER_CASES, ids=lambda case: case.name)
def test_every_layer_of_the_package_is_recorded(case: LayerCase) -> None:
    if case.states:
        pytest.skip("states come with the input of a layer, never with that of a network")
    params, x = case.params(), case.input()
    entry = Entry("layer0", case.layer)
    recorder = Recorder(entry)
    y, cache = recorder.forward(params, x, case.mode)
    expected, expected_cache = case.layer.forward(params, x, case.mode)
    assert_array_equal(y, expected, strict=True)
    dy = np.random.default_rng(1).standard_normal(y.shape)
    assert_same(recorder.backward(cache, dy), case.layer.backward(expected_cache, dy))
    assert recorder.label == case.layer.label


def test_steps_of_time_are_those_of_the_loop() -> None:
    network = cr.Network([cr.LSTM(2)], "mean_squared_error", input_shape=(3, 2), dtype="float64")
    X = np.random.default_rng(0).standard_normal((2, 3, 2))
    mask = np.array([[1, 1, 1], [1, 0, 0]])
    (record,) = network.trace(X, np.ones((2, 2)), mask=mask).layers
    assert [step.time for step in record.steps] == [0, 1, 2]
    for step, following in zip(record.steps, record.steps[1:], strict=False):
        c, f, i, g, o = (step.forward[name] for name in ("c_prev", "f", "i", "g", "o"))
        assert_array_equal(step.forward["c"], f * c + i * g)
        assert_array_equal(step.forward["h"], o * np.tanh(step.forward["c"]))
        assert_array_equal(following.forward["h_prev"][0], step.forward["h"][0])
        assert_array_equal(following.forward["h_prev"][1], record.steps[0].forward["h"][1])  # padding carries it over
    dWh = sum(step.forward["h_prev"].T @ step.backward["dz"] for step in record.steps)
    np.testing.assert_allclose(record.backward["dWh"], dWh, rtol=1e-13)


def test_a_reversed_layer_has_its_steps_in_the_order_of_time() -> None:
    network = cr.Network([cr.RNN(2, reverse=True)], "mean_squared_error", input_shape=(3, 2), dtype="float64")
    X = np.random.default_rng(0).standard_normal((1, 3, 2))
    (record,) = network.trace(X, np.ones((1, 2))).layers
    assert_array_equal(record.steps[2].forward["h_prev"], [[0, 0]])
    assert_array_equal(record.steps[0].forward["h"], record.y)
    assert_array_equal(record.steps[0].backward["dh"], record.dy)


def test_arrays_have_the_names_of_the_equations() -> None:
    network = cr.Network(
        [cr.Conv1D(2, 2), cr.BatchNorm(), cr.ReLU(), cr.LSTM(2), OwnLayer(Scale()), cr.Dense(1)],
        "binary_cross_entropy",
        input_shape=(4, 3),
    )
    trace = network.trace(np.ones((2, 4, 3)), [0, 1])
    names = [list(record.forward | record.backward) for record in trace.layers]
    assert names[0] == ["X", "W", "b", "Y", "dY", "dW", "db", "dX"]
    assert names[1][:5] == ["X", "gamma", "beta", "running_mean", "running_variance"]
    assert {"X_hat", "scale", "batch.0", "dgamma"} <= set(names[1])
    assert names[2] == ["Z", "A", "dA", "dZ"]
    assert names[3] == ["x", "Wx", "Wh", "b", "h", "dh", "dWx", "dWh", "db", "dx"]
    assert names[4] == ["x", "s", "twice", "y", "dy", "ds", "dx"]
    assert names[5] == ["A", "W", "b", "Z", "dZ", "dW", "db", "dA"]


def test_equations_are_those_of_the_docstrings() -> None:
    network = cr.Network(
        [cr.Dense(2), cr.Sigmoid(), cr.Dense(1)], cr.BinaryCrossEntropy(label_smoothing=0.1), input_shape=(2,)
    )
    trace = network.trace(np.ones((1, 2)), [1])
    assert trace.layers[0].equations[0] == "Z = A W + b"
    assert trace.layers[0].equations[1].startswith(r"dA = dZ\, W^\top,")
    assert trace.layers[1].equations == (r"A = \frac{1}{1 + e^{-Z}}, \qquad dZ = dA \odot A (1 - A)",)
    assert trace.loss is not None and trace.loss.equations[0].startswith(r"\ell = -y \log \sigma(z)")
    for case in LAYER_CASES:
        assert case.layer.equations, case.name


def test_the_equations_of_the_lessons_are_whole() -> None:
    """A page shows them without the words around them, so that a condition belongs into the equation."""
    parameters = stepwise.initialize_parameters([2, 3, 1], seed=0)
    lesson = stepwise.trace(np.ones((2, 2)), [[0, 1]], parameters)
    assert lesson.layers[1].equations == (r"A = \max(0, Z)", r"dZ = dA \odot [Z > 0]")
    assert lesson.layers[3].equations[1:] == (r"dZ = dA \odot \sigma(Z)\,(1 - \sigma(Z))",)
    for record in (*lesson.layers, *book.trace(book.init_network(), [1.0, 0.5]).layers):
        assert all("=" in equation for equation in record.equations), record.label


def test_the_update_goes_on_from_the_last_fit() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((8, 3)), rng.integers(2, size=8)
    twice, once = (cr.Network.mlp([3, 4, 1], seed=1) for _ in range(2))
    twice.fit(X, y, epochs=1, batch_size=8, optimizer=ADAM, verbose=False)
    once.fit(X, y, epochs=1, batch_size=8, optimizer=ADAM, verbose=False)
    order = np.random.default_rng((0, 0)).permutation(8)
    trace = once.trace(X[order], y[order], optimizer=ADAM)
    twice.fit(X, y, epochs=1, batch_size=8, optimizer=ADAM, verbose=False)
    np.testing.assert_allclose(trace.layers[0].updated["W"], twice.params[0]["W"], rtol=1e-5)  # in another order
    fresh = once.trace(X[order], y[order], optimizer=cr.Adam(lr=0.02))
    assert not np.array_equal(fresh.layers[0].updated["W"], trace.layers[0].updated["W"])


def test_weights_and_masks_count_as_in_fit() -> None:
    network = cr.Network([cr.BatchNorm(), cr.Dense(2)], "mean_squared_error", input_shape=(3,), dtype="float64")
    rng = np.random.default_rng(0)
    X, y, w = rng.standard_normal((4, 3)), rng.standard_normal((4, 2)), np.array([1.0, 0.0, 2.0, 1.0])
    trace = network.trace(X, y, sample_weight=w, optimizer="sgd")
    engine = NumpyEngine(network.body, network.loss, cr.SGD(), network.params)
    X[1] = 0  # what does not count is cleared
    J, _ = engine.step(X, y, w, (0, 0, 0))
    assert trace.loss is not None and trace.loss.value == J
    assert_array_equal(trace.layers[0].updated["running_mean"], engine.params[0]["running_mean"])
    np.testing.assert_allclose(trace.layers[0].updated["running_mean"], 0.1 * X[w > 0].mean(axis=0))


def test_without_targets_there_is_a_forward_pass_as_in_prediction() -> None:
    network = cr.Network([cr.Dense(2), cr.Dropout(0.5), cr.Dense(1)], "binary_cross_entropy", input_shape=(3,))
    trace = network.trace(np.ones((1, 3)))
    assert trace.loss is None and not trace.mode.training
    assert_array_equal(trace["layer1.x"], trace["layer1.a"])
    assert_array_equal(network.loss.activation(trace["layer2.Z"]), network.predict(np.ones((1, 3))))
    assert network.trace(np.ones((1, 3)), [1]).mode.training
    assert not network.trace(np.ones((1, 3)), [1], training=False).mode.training


def test_a_trace_stays_as_it_is() -> None:
    network = cr.Network.mlp([2, 2, 1])
    X = np.ones((2, 2), np.float32)
    trace = network.trace(X, [0, 1])
    W = trace["layer0.W"].copy()
    X[:] = 9
    network.params[0]["W"][:] = 9
    assert_array_equal(trace["layer0.W"], W)
    assert trace["layer0.A[0, 0]"] == 1
    with pytest.raises(ValueError, match="read-only"):
        trace["layer0.W"][:] = 0
    with pytest.raises(AttributeError):
        trace.layers = ()  # type: ignore[misc]


def test_embeddings_are_traced() -> None:
    network = cr.Network([cr.Embedding(5, 2), cr.Flatten(), cr.Dense(1)], "binary_cross_entropy", input_shape=(3,))
    trace = network.trace(np.array([[0, 1, 1], [4, 4, 2]]), [0, 1])
    assert trace.layers[0].dx is None and trace["layer0.dW"].shape == (5, 2)


def test_a_network_without_layers_is_traced() -> None:
    trace = cr.Network([], "mean_squared_error", input_shape=(2,)).trace(np.ones((3, 2)), np.zeros((3, 2)))
    assert trace["loss"] == 1 and "loss = 1" in str(trace) and "<h1>" in trace.html()


def in_a_process(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python without the checks of types, which take longer than what is looked at."""
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True)


def test_a_network_that_is_not_traced_knows_nothing_of_traces() -> None:
    code = (
        "import sys, chainrule as cr; X, y = cr.datasets.xor(); network = cr.Network.mlp([2, 3, 1]); "
        "network.fit(X, y, verbose=False); network.predict(X); "
        "print([name for name in sys.modules if name.startswith('chainrule.trace')])"
    )
    run = in_a_process("-c", code)
    assert run.stdout == "[]\n", run.stderr


def test_a_trace_and_its_answers_take_a_moment() -> None:
    """The limits are ten times what it takes, so that a busy machine does not decide."""
    run = in_a_process("-m", "benchmarks.trace", "5")
    assert run.returncode == 0, run.stdout + run.stderr


def test_what_cannot_be_traced_is_said(no_type_checks: None) -> None:
    network = cr.Network.mlp([2, 2, 1])
    with pytest.raises(InputError, match=r"one batch of up to 4,096 of them, but more came, or none: give some"):
        network.trace(np.ones((5000, 2)), np.ones(5000, int))
    with pytest.raises(InputError, match=r"needs y and training=True"):
        network.trace(np.ones((1, 2)), optimizer="adam")
    with pytest.raises(InputError, match=r"sample_weight is for the loss"):
        network.trace(np.ones((1, 2)), sample_weight=[1])
    with pytest.raises(InputError, match=r"trace takes training as True or False, or None"):
        network.trace(np.ones((1, 2)), training=3)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"no parameters yet"):
        cr.Network([cr.Dense(1)], "huber").trace(np.ones((1, 2)))
    network.params[0]["W"][:] = 3e38
    with pytest.raises(NotFiniteError, match=r"outputs of this pass are NaN or infinite"):
        network.trace(np.full((1, 2), 9.0), [1])
