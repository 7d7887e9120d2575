"""Traces leave the user's own as it is: layers that remember calls or reuse arrays, random numbers, parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from chainrule.common.errors import InputError
from chainrule.layers.own import OwnLayer
from chainrule.lessons import book, stepwise
from chainrule.trace.record import LayerRecord, named
from chainrule.trace.telling import numbers
from chainrule.trace.trace import Trace, Why
from tests.traced_nets import batch


class Relu:
    """As it should be."""

    def init(self, rng: Any, input_shape: Any) -> Any:
        return {}, input_shape

    def forward(self, params: Any, x: Any) -> Any:
        return np.maximum(x, 0), x > 0

    def backward(self, cache: Any, dy: Any) -> Any:
        return dy * cache, {}


class InPlace(Relu):
    """It changes the gradient that it is given."""

    def backward(self, cache: Any, dy: Any) -> Any:
        dy *= cache
        return dy, {}


class Reusing(Relu):
    """Its arrays are the same in every pass."""

    out: Any = None

    def forward(self, params: Any, x: Any) -> Any:
        if self.out is None or self.out.shape != x.shape:
            self.out, self.kept, self.back = np.empty_like(x), np.empty(x.shape, bool), np.empty_like(x)
        return np.maximum(x, 0, out=self.out), np.greater(x, 0, out=self.kept)

    def backward(self, cache: Any, dy: Any) -> Any:
        return np.multiply(dy, cache, out=self.back), {}


class InItself(Relu):
    """It keeps what backward needs in itself."""

    def forward(self, params: Any, x: Any) -> Any:
        self.kept = x > 0
        return np.maximum(x, 0), None

    def backward(self, cache: Any, dy: Any) -> Any:
        return dy * self.kept, {}


class UsingUp(Relu):
    """Its backward can be called once."""

    def forward(self, params: Any, x: Any) -> Any:
        return np.maximum(x, 0), [x > 0]

    def backward(self, cache: Any, dy: Any) -> Any:
        return dy * cache.pop(), {}


def network(layer: Any) -> cr.Network:
    layers = [cr.Dense(6), layer if isinstance(layer, cr.layers.Layer) else OwnLayer(layer), cr.Dense(3)]
    return cr.Network(layers, "categorical_cross_entropy", input_shape=(4,), dtype="float64", seed=1)


def examples() -> tuple[Any, Any]:
    rng, X = batch(0, 5, 4)
    return X, rng.integers(3, size=5)


def one(trace: Trace, path: str) -> Why:
    why = trace.why(path, difference=True)
    assert isinstance(why, Why)
    return why


@pytest.mark.parametrize("layer", [InPlace, Reusing, InItself, UsingUp])
def test_an_own_layer_is_recorded_whatever_it_does_with_its_arrays(layer: type[Relu]) -> None:
    X, y = examples()
    right, net = network(Relu()).trace(X, y), network(layer())
    trace = net.trace(X, y)
    net.predict(X[:2] + 1)
    for path in "layer1.x", "layer1.y", "layer1.dy", "layer1.dx", "layer2.A", "layer2.dA", "layer0.dW":
        assert_array_equal(trace[path], right[path])
    for path in "layer1.dx[2, 1]", "layer1.dx[0, 0]", "layer1.dy[0, 0]", "layer0.W[1, 1]":
        text = one(trace, path).text()
        assert "likely wrong" not in text and "do not add up" not in text
        assert str(trace.why(path)) == str(right.why(path))
    for record in (trace, right):
        assert str(record.why("layer1.y[0, 0]")).startswith(f"layer1.y[0, 0] = {numbers.text(right['layer1.y[0, 0]'])}")


class Remembering(Relu):
    """It counts its calls and draws random numbers, its own and NumPy's."""

    def __init__(self) -> None:
        self.calls, self.rng = 0, np.random.default_rng(0)

    def forward(self, params: Any, x: Any) -> Any:
        self.calls += 1
        kept = (x > 0) * (self.rng.random(x.shape) < 0.8)
        np.random.rand()
        return x * kept, kept


def global_state() -> Any:
    return repr(np.random.get_state())


def test_nothing_that_a_layer_remembers_changes() -> None:
    X, y = examples()
    layer = Remembering()
    net, state, own = network(layer), global_state(), layer.rng.bit_generator.state
    trace = net.trace(X, y, optimizer=cr.SGD(lr=0.01))
    assert "likely wrong" not in one(trace, "layer0.W[1, 1]").text()
    step = trace.layers[0].params["W"] - 0.01 * trace["layer0.dW"]
    np.testing.assert_allclose(trace.layers[0].updated["W"], step)  # the step has the random numbers of the pass
    net.diagnose(np.tile(X, (8, 1)), np.tile(y, 8), optimizer="sgd")
    assert (layer.calls, global_state(), layer.rng.bit_generator.state) == (0, state, own)


def arrays(record: LayerRecord) -> dict[str, Any]:
    return record.forward | record.backward | record.updated | named(record.cache)


def test_no_array_of_a_record_can_be_changed() -> None:
    X, y = examples()
    traces = [network(layer).trace(X, y, optimizer="sgd") for layer in (cr.ReLU(), Reusing())]
    layers = [cr.Bidirectional(cr.LSTM(2)), cr.BatchNorm(), cr.Dense(1)]
    sequences = cr.Network(layers, "mean_squared_error", input_shape=(3, 4))
    traces.append(sequences.trace(np.ones((2, 3, 4)), np.ones((2, 1)), optimizer="adam"))
    parameters = {"W1": np.ones((1, 1)), "b1": np.zeros((1, 1))}
    traces.append(stepwise.trace([[1.0, 2.0]], [[0, 1]], parameters))
    traces.append(book.trace(book.init_network(), np.array([1.0, 0.5])))
    for trace in traces:
        records = [record for layer in trace.layers for record in layer.walk()]
        inside = [a for r in records for step in r.steps for a in (step.forward | step.backward).values()]
        loss = [] if trace.loss is None else [trace.loss.Z, trace.loss.Y, trace.loss.P, trace.loss.slope]
        for array in [*inside, *loss, *(a for record in records for a in arrays(record).values())]:
            assert not array.flags.writeable


def test_a_lessons_record_stays_when_the_callers_arrays_change() -> None:
    X, parameters = np.array([[1.0, 2.0]]), {"W1": np.ones((1, 1)), "b1": np.zeros((1, 1))}
    trace = stepwise.trace(X, [[0, 1]], parameters)
    X -= 1
    parameters["W1"] -= 1
    assert_array_equal(trace["W1"], [[1]])
    assert_array_equal(trace["A0"], [[1, 2]])


def test_a_trace_is_the_pass_of_fit() -> None:
    rng, X = batch(0, 1, 4)
    for dtype in "float32", "float64":
        layers = [cr.Dropout(0.4), cr.Dense(6), cr.Dense(3)]
        net = cr.Network(layers, "mean_squared_error", input_shape=(4,), dtype=dtype)
        y = rng.standard_normal((1, 3))
        trace = net.trace(X, y, optimizer="sgd", seed=2)
        net.fit(X, y, epochs=1, optimizer="sgd", seed=2, engine="numpy", verbose=False)
        for record, params in zip(trace.layers, net.params, strict=True):
            for name in params:
                assert_array_equal(record.updated[name], params[name], strict=True)


def test_a_trace_of_a_later_batch_is_that_of_fit(no_type_checks: None) -> None:
    rng, X = batch(0, 12, 4)
    net = cr.Network([cr.Dropout(0.4), cr.Dense(1)], "mean_squared_error", input_shape=(4,), dtype="float64")
    y, seed, size = rng.standard_normal((12, 1)), 2, 5
    net.fit(X, y, epochs=2, batch_size=size, optimizer="sgd", seed=seed, engine="numpy", verbose=False)
    last = np.random.default_rng((seed, 3)).permutation(12)[size : 2 * size]
    expected = cr.layers.Dropout(0.4).forward({}, X[last], cr.Mode(True, (seed, 3, 1, 0)))[0]
    trace = net.trace(X[last], y[last], optimizer="sgd", seed=seed, batch=(3, 2))
    assert_array_equal(trace.layers[0].y, expected, strict=True)
    refused: list[Any] = [(0, 1), (1,), 3]
    for wrong in refused:
        with pytest.raises(
            InputError, match=r"trace takes batch as the epoch and the batch in it, both counted from 1"
        ):
            net.trace(X, y, batch=wrong)


def test_weights_that_are_all_0_are_refused() -> None:
    net = cr.Network([cr.LSTM(3, sequence=True), cr.Dense(1)], "mean_squared_error", input_shape=(5, 2))
    X, y = np.ones((6, 5, 2)), np.ones((6, 5, 1))
    for nothing in {"sample_weight": np.zeros(6)}, {"mask": np.zeros((6, 5))}:
        with pytest.raises(InputError, match=r"The weights of the 6 examples are all 0 \(a mask counts too\)"):
            net.trace(X, y, **nothing)
    merged = cr.Network([cr.LSTM(3), cr.Dense(1)], "mean_squared_error", input_shape=(5, 2))
    with pytest.raises(InputError, match=r"are all 0 \(a mask counts too\)"):
        merged.diagnose(X, y[:, 0], mask=np.zeros((6, 5)))
