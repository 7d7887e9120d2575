"""Networks as ONNX models: onnxruntime computes what `predict` does, and what cannot be written is refused."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import chainrule as cr
from chainrule.arrays import Array, Mode, leaves, map_leaves
from chainrule.common.errors import InputError, MissingExtraError
from chainrule.equations.activations import ACTIVATIONS
from chainrule.equations.losses import LOSSES, MeanSquaredError
from chainrule.export import onnx_file
from chainrule.export.onnx_operators.table import OPERATORS
from chainrule.layers import LAYERS, Layer
from tests.cases import LAYER_CASES
from tests.cases.form import LayerCase
from tests.fuzz.scenarios import Scenario, scenarios

onnx = pytest.importorskip("onnx", reason="needs the extra onnx")
ort = pytest.importorskip("onnxruntime", reason="needs onnxruntime, which runs the models")

CLOSE = 1e-5  # of the largest output


class Model:
    """A network that was exported, as onnxruntime runs it."""

    def __init__(self, network: cr.Network, folder: Path) -> None:
        path = folder / "model.onnx"
        cr.export.onnx(network, path)
        self.proto = onnx.load(path)
        options = ort.SessionOptions()
        options.log_severity_level = 3  # it warns that an input with a value of its own is no constant
        self.session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.optional = [value.name for value in self.session.get_overridable_initializers()]

    def __call__(self, X: Array, lengths: Array | None = None) -> dict[str, Array]:
        """Return the outputs by their names."""
        feed = {"input": X} if lengths is None else {"input": X, "lengths": lengths}
        names = [value.name for value in self.session.get_outputs()]
        return dict(zip(names, self.session.run(None, feed), strict=True))

    @property
    def input_shape(self) -> list[Any]:
        shape: list[Any] = self.session.get_inputs()[0].shape
        return shape


def assert_close(got: Array, expected: Array, tolerance: float = CLOSE) -> None:
    assert got.shape == expected.shape
    assert got.dtype == np.float32
    assert np.abs(got - expected).max(initial=0) <= tolerance * np.abs(expected).max(initial=1e-30)


# Every layer, activation and loss.

CASES = [case for case in LAYER_CASES if not case.states and case.shape[1:]]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_layer_computes_the_same(case: LayerCase, tmp_path: Path) -> None:
    network = cr.Network([case.layer], "mean_squared_error", input_shape=case.shape[1:])
    network.params = (map_leaves(lambda p: p.astype(np.float32), case.params()),)
    model, mask = Model(network, tmp_path), case.mode.mask
    X = case.input() if case.layer.vocabulary_of_input is not None else case.input().astype(np.float32)
    expected, _ = case.layer.forward(network.params[0], X, Mode(mask=mask))
    # Without the input, a mask changes nothing of the output.
    got = model(X, mask.sum(axis=1) if mask is not None and model.optional else None)
    assert_close(got["prediction"], expected, 1e-6)


def test_every_public_layer_is_exported() -> None:
    assert set(LAYERS.values()) - {Layer} <= OPERATORS.keys()


@pytest.mark.parametrize("function", ACTIVATIONS)
def test_activations_of_any_size(function: str, tmp_path: Path) -> None:
    sizes = [*np.linspace(-100, 100, 401), *np.linspace(-1, 1, 21), -3e38, -1e30, -1e-30, 0, 1e-30, 1e30, 3e38]
    Z = np.array([sizes, sizes[::-1]], np.float32).T
    network = cr.Network([cr.Activation(function)], "mean_squared_error", input_shape=(2,))
    with np.errstate(all="ignore"):
        expected = network.body.forward(network.params, Z)[0]
    np.testing.assert_allclose(Model(network, tmp_path)(Z)["prediction"], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "layer", [cr.LayerNorm(), cr.GroupNorm(2), cr.BatchNorm(), cr.RMSNorm()], ids=lambda n: n.label
)
def test_normalization_of_inputs_far_from_zero(layer: Layer, tmp_path: Path) -> None:
    X = (np.random.default_rng(0).standard_normal((50, 6, 4)) + 1e4).astype(np.float32)
    network = cr.Network([layer], "mean_squared_error", input_shape=X.shape[1:])
    if "running_mean" in network.params[0]:
        statistics = {"running_mean": X.mean(axis=(0, 1)), "running_variance": X.var(axis=(0, 1))}
        network.params = (network.params[0] | statistics,)
    assert_close(Model(network, tmp_path)(X)["prediction"], network.predict(X))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("units", [1, 3])
def test_the_loss_says_what_the_outputs_are(loss: str, units: int, tmp_path: Path) -> None:
    if loss == "categorical_cross_entropy" and units == 1:
        units = 2
    network = cr.Network([cr.Dense(units)], loss, input_shape=(4,))
    X = np.random.default_rng(0).standard_normal((50, 4)).astype(np.float32)
    outputs, expected = Model(network, tmp_path)(X), network.predict(X)
    if network.loss.task == "regression":
        assert list(outputs) == ["prediction"]
        assert_close(outputs["prediction"], expected)
    else:
        assert list(outputs) == ["label", "probabilities"]
        assert_close(outputs["probabilities"], expected)
        assert outputs["label"].dtype == np.int64
        np.testing.assert_array_equal(outputs["label"], network.predict_classes(X))


# Whole networks.


@dataclass(frozen=True)
class Whole:
    """A network, and whether its sequences may have any length."""

    layers: Callable[[], list[Any]]
    shape: tuple[int, ...]
    words: int = 0
    any_time: bool = False


def _graph() -> cr.Graph:
    return cr.Graph(
        {
            "a": (cr.Dense(4), "input"),
            "b": (cr.Tanh(), "a"),
            "sum": ("add", ["a", "b", "a"]),
            "out": ("concatenate", ["sum", "input", "b"]),
        }
    )


def _recurrent(*layers: Any) -> Whole:
    return Whole(lambda: [*layers, cr.Dense(3)], (6, 4), any_time=True)


def _convolutional() -> list[Any]:
    layers = [cr.Conv2D(6, 3, padding="same"), cr.BatchNorm(), cr.ReLU(), cr.MaxPool(2), cr.Conv2D(4, 3, stride=2)]
    return [*layers, cr.ReLU(), cr.Flatten(), cr.Dense(3)]


NETWORKS = {
    "mlp": Whole(lambda: [cr.Dense(9), cr.ReLU(), cr.Dropout(0.5), cr.Dense(3)], (7,)),
    "convolutions with batch normalization": Whole(_convolutional, (9, 8, 2)),
    "dilated": Whole(lambda: [cr.Conv1D(5, 3, dilation=2), cr.GlobalAveragePool(), cr.Dense(3)], (9, 3), any_time=True),
    "grouped": Whole(
        lambda: [cr.Conv2D(8, (3, 2), groups=4, padding=((1, 0), (2, 1)), bias=False), cr.Flatten(), cr.Dense(3)],
        (6, 5, 4),
    ),
    "depthwise": Whole(
        lambda: [cr.Conv2D(4, 3, groups=4, stride=2, padding="same"), cr.Conv2D(3, 1), cr.GlobalAveragePool()],
        (7, 8, 4),
    ),
    "rnn": _recurrent(cr.RNN(5)),
    "rnn relu reversed": _recurrent(cr.RNN(5, "relu", reverse=True)),
    "lstm": _recurrent(cr.LSTM(5, sequence=True), cr.LSTM(4)),
    "lstm reversed": _recurrent(cr.LSTM(5, reverse=True)),
    "gru": _recurrent(cr.GRU(5, sequence=True), cr.GRU(4, reverse=True)),
    "bidirectional": _recurrent(cr.Bidirectional(cr.LSTM(5, sequence=True)), cr.Bidirectional(cr.GRU(3))),
    "bidirectional rnn": _recurrent(cr.Bidirectional(cr.RNN(5, "relu"))),
    "a label per step": _recurrent(cr.Bidirectional(cr.GRU(5, sequence=True)), cr.LayerNorm()),
    "causal": _recurrent(cr.Conv1D(5, 3, padding=[(2, 0)]), cr.BatchNorm(), cr.GroupNorm(1), cr.GlobalAveragePool()),
    "residual": Whole(
        lambda: [
            cr.Residual([cr.Conv1D(6, 3, padding="same"), cr.BatchNorm(), cr.ReLU()], cr.Conv1D(6, 1)),
            cr.GlobalAveragePool(),
            cr.Residual([cr.Dense(6), cr.Tanh()]),
            cr.Concatenate([None, [cr.Dense(2), cr.ReLU()]]),
            cr.Dense(3),
        ],
        (8, 3),
        any_time=True,
    ),
    "graph": Whole(lambda: [_graph(), cr.Dense(3)], (5,)),
    "embedding": Whole(lambda: [cr.Embedding(11, 4), cr.GRU(5), cr.Dense(3)], (6,), words=11, any_time=True),
    "words in two ways": Whole(
        lambda: [cr.Concatenate([[cr.Embedding(11, 3), cr.Flatten()], None]), cr.Dense(3)], (6,), words=11
    ),
    "pictures": Whole(
        lambda: [cr.ZeroPad(1), cr.AveragePool(3, 2, "same"), cr.Upsample((2, 1)), cr.Reshape((-1,)), cr.Dense(3)],
        (7, 6, 2),
    ),
    "a strided sequence": Whole(
        lambda: [cr.Conv1D(4, 3, stride=2, padding="same"), cr.MaxPool(2, 1, "same"), cr.LSTM(3), cr.Dense(3)], (9, 2)
    ),
}


def inputs_of(whole: Whole, examples: int, shape: tuple[int, ...] | None = None) -> Array:
    rng = np.random.default_rng(examples)
    size = (examples, *(shape or whole.shape))
    return rng.integers(whole.words, size=size) if whole.words else rng.standard_normal(size).astype(np.float32)


def trained(whole: Whole, dtype: Any = np.float32) -> cr.Network:
    """Return a network whose running statistics are those of a few steps."""
    network = cr.Network(whole.layers(), "categorical_cross_entropy", input_shape=whole.shape, dtype=dtype)
    X = inputs_of(whole, 32)
    assert network.output_shape is not None
    y = np.random.default_rng(1).integers(3, size=(32, *network.output_shape[:-1]))
    network.fit(X, y, epochs=2, batch_size=8, verbose=False)
    return network


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_compute_the_same(name: str, tmp_path: Path) -> None:
    network = trained(NETWORKS[name])
    model = Model(network, tmp_path)
    for examples in (1, 7):
        X = inputs_of(NETWORKS[name], examples)
        outputs = model(X)
        assert_close(outputs["probabilities"], network.predict(X))
        np.testing.assert_array_equal(outputs["label"], network.predict_classes(X))
    time = "time" if NETWORKS[name].any_time else NETWORKS[name].shape[0]
    assert model.input_shape == ["batch", time, *NETWORKS[name].shape[1:]]


@pytest.mark.parametrize("name", [name for name, whole in NETWORKS.items() if whole.any_time])
def test_sequences_of_any_length(name: str, tmp_path: Path) -> None:
    whole = NETWORKS[name]
    network = trained(whole)
    X = inputs_of(whole, 3, (whole.shape[0] + 4, *whole.shape[1:]))
    expected = network.loss.activation(network.body.forward(network.params, X)[0])
    model = Model(network, tmp_path)
    outputs = model(X)
    assert_close(outputs["probabilities"], expected)
    for declared in model.session.get_outputs():
        sizes = zip(declared.shape, outputs[declared.name].shape, strict=True)
        assert all(said == size for said, size in sizes if isinstance(said, int)), declared.shape


# The dilated network gives other steps than its input has, so it takes no mask.
PADDED = [name for name, whole in NETWORKS.items() if whole.any_time and name != "dilated"]


@pytest.mark.parametrize("name", PADDED)
@pytest.mark.parametrize("examples", [1, 7])
def test_lengths_say_what_a_mask_says(name: str, examples: int, tmp_path: Path) -> None:
    whole = NETWORKS[name]
    network = trained(whole)
    model = Model(network, tmp_path)
    assert model.optional == ["lengths"]
    X = inputs_of(whole, examples)
    time = whole.shape[0]
    lengths = np.array([2, time, 0, 1, 3, time, 5])[:examples]
    mask = np.arange(time) < lengths[:, None]
    expected = network.predict(X, mask=mask)
    if not whole.words:
        X[~mask] = 1e30  # what stands in the padding does not matter
    got = model(X, lengths)["probabilities"]
    if expected.ndim == 3:  # nor what comes out of it
        got, expected = got[mask], expected[mask]
    assert_close(got, expected)


def test_there_are_no_lengths_where_they_would_change_nothing(tmp_path: Path) -> None:
    for shape, layers in ((4,), [cr.Dense(2)]), ((5, 4), [cr.Dense(2)]), ((5, 4), [cr.Flatten(), cr.Dense(2)]):
        assert not Model(cr.Network(layers, "mean_squared_error", input_shape=shape), tmp_path).optional


@pytest.mark.parametrize("name", ["mlp", "convolutions with batch normalization", "lstm", "embedding"])
def test_float64_networks_become_float32(name: str, tmp_path: Path) -> None:
    network = trained(NETWORKS[name], np.float64)
    X = inputs_of(NETWORKS[name], 7)
    assert_close(Model(network, tmp_path)(X)["probabilities"], network.predict(X))


RANDOM_NETWORKS = settings(
    max_examples=40 * int(os.environ.get("CHAINRULE_FUZZ", "1")),
    deadline=None,
    derandomize="CHAINRULE_FUZZ" not in os.environ,
    suppress_health_check=list(HealthCheck),
)


def perturbed(scenario: Scenario) -> cr.Network:
    """Return the network of a scenario with other parameters than the usual ones: biases are not 0."""
    network = scenario.network()
    network.params = map_leaves(
        lambda p: p + np.linspace(0, 0.5, p.size, dtype=p.dtype).reshape(p.shape), network.params
    )
    return network


@RANDOM_NETWORKS
@given(scenarios())
@pytest.mark.filterwarnings("ignore:Do not use the `random` module")
def test_random_networks_compute_the_same(tmp_path: Path, scenario: Scenario) -> None:
    network = perturbed(scenario)
    model, lengths, mask = Model(network, tmp_path), None, None
    if model.optional and scenario.mask is not None:
        lengths = scenario.mask.astype(int).sum(axis=1)
        mask = np.arange(scenario.mask.shape[1]) < lengths[:, None]
    expected = network.predict(scenario.X, mask=mask)
    got = list(model(scenario.X, lengths).values())[-1]
    if mask is not None and scenario.per_step:
        got, expected = got[mask], expected[mask]
    assert_close(got, expected)


# What is written.


def test_the_model_says_what_it_is(tmp_path: Path) -> None:
    network = cr.Network.mlp([3, 4, 2])
    network.feature_names, network.input_scale = ("가", "b", "c"), 1 / 255
    model = Model(network, tmp_path).proto
    assert (model.ir_version, [(o.domain, o.version) for o in model.opset_import]) == (9, [("", 20)])
    assert (model.producer_name, model.producer_version) == ("chainrule", cr.__version__)
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    assert metadata["chainrule_version"] == cr.__version__
    assert metadata["loss"] == "CategoricalCrossEntropy"
    assert json.loads(metadata["classes"]) == [0, 1]
    assert json.loads(metadata["feature_names"]) == ["가", "b", "c"]
    assert float(metadata["input_scale"]) == 1 / 255
    Model(cr.Network([cr.Dense(1)], "poisson", input_shape=(2,)), tmp_path)
    regression = onnx.load(tmp_path / "model.onnx")
    assert {entry.key for entry in regression.metadata_props} == {"chainrule_version", "loss"}


def test_names_are_those_of_the_summary_and_of_model_files(tmp_path: Path) -> None:
    layers = [cr.Residual([cr.Dense(3), cr.ReLU()]), cr.Bidirectional(cr.GRU(2)), cr.Dense(2)]
    network = cr.Network(layers, "mean_squared_error", input_shape=(4, 3))
    graph = Model(network, tmp_path).proto.graph
    paths = {name for name, _ in leaves(network.params)}
    paths = {name for name in paths if not name.startswith("1.")} | {"1.Wx", "1.Wh", "1.b"}
    assert paths <= {array.name for array in graph.initializer}
    numbers = {0: ("0.0.0.Dense", "0.0.1.relu", "0.merge.add"), 1: ("1.Bidirectional GRU",), 2: ("2.Dense",)}
    for names in numbers.values():
        for name in names:
            assert any(node.name.startswith(f"{name}/") for node in graph.node), name
    known = {value.name: value for value in graph.value_info}
    outputs = [name for node in graph.node for name in node.output if name and name != "prediction"]
    for name in outputs:
        assert known[name].type.tensor_type.HasField("shape"), "viewers show no shape"


def test_the_same_network_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in "ab":
        cr.export.onnx(trained(NETWORKS["embedding"]), tmp_path / f"{name}.onnx")
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()


# What is refused, before anything is written.


class Doubled:
    """A layer of a user's own."""

    def init(self, rng: Any, input_shape: Any) -> Any:
        return {}, input_shape

    def forward(self, params: Any, x: Any) -> Any:
        return 2 * x, None

    def backward(self, cache: Any, dy: Any) -> Any:
        return 2 * dy, {}


class DoubledDense(cr.Dense):
    """A class of a user's, which computes something else than the one that it is derived from."""

    def forward(self, params: Any, x: Any, mode: Any = None) -> Any:
        Z, cache = super().forward(params, x)
        return 2 * Z, cache


class HalvedError(MeanSquaredError):
    """A loss of a user's own, with an output activation."""

    def activation(self, Z: Any) -> Any:
        return Z / 2


def test_what_is_not_ours_is_refused_by_name(tmp_path: Path, no_type_checks: None) -> None:
    def refusal(layers: list[Any], loss: Any = "mean_squared_error") -> str:
        with pytest.raises(InputError) as error:
            cr.export.onnx(cr.Network(layers, loss, input_shape=(3,)), tmp_path / "new" / "m.onnx")
        assert not (tmp_path / "new").exists()
        return str(error.value)

    doubled: Any = Doubled()
    expected = "is none of chainrule's own layers, so its operators are unknown"
    for layers, start in (
        ([cr.Dense(2), doubled], "The layer 1, Doubled,"),
        ([cr.Residual([cr.Dense(3), doubled])], "The layer 0.0.1, Doubled,"),
        ([DoubledDense(2)], "The layer 0, DoubledDense,"),
    ):
        text = refusal(layers)
        assert text.startswith(start) and expected in text
    assert "The loss HalvedError cannot be exported" in refusal([cr.Dense(1)], HalvedError())


def test_what_cannot_be_a_model_is_refused(
    tmp_path: Path, no_type_checks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "m.onnx"
    path.write_text("old")
    network = cr.Network.mlp([2, 3, 1], dtype=np.float64)
    with pytest.raises(InputError, match="needs a network with parameters"):
        cr.export.onnx(cr.Network([cr.Dense(1)], "huber"), path)
    with pytest.raises(InputError, match=r"export\.onnx takes a Network, but got a list"):
        cr.export.onnx([1], path)
    with pytest.raises(InputError, match=r"whose name ends with \.onnx"):
        cr.export.onnx(network, tmp_path / "m.pb")
    with monkeypatch.context() as patch:
        patch.setattr(onnx_file, "_LARGEST", 10)
        with pytest.raises(InputError, match="a file of ONNX holds at most 2 GB"):
            cr.export.onnx(network, path)
    network.params[0]["W"][0, 0] = 1e39
    with pytest.raises(InputError, match=r"0\.W holds 1e\+39, but ONNX models are written with float32"):
        cr.export.onnx(network, path)
    network.params[0]["W"][0, 0] = np.nan
    with pytest.raises(InputError, match=r"0\.W holds (NaN|infinity)"):
        cr.export.onnx(network, path)
    assert path.read_text() == "old"


def test_a_missing_package_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'chainrule\[onnx\]'"):
        cr.export.onnx(cr.Network.mlp([2, 3, 1]), tmp_path / "m.onnx")
