"""Networks that `export.onnx` wrote, read by `from_onnx`: the same input, the same numbers, the same loss."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given

import chainrule as cr
from chainrule.arrays import Array, map_leaves
from chainrule.common.errors import FileFormatError
from chainrule.equations.losses import LOSSES
from tests.cases.form import LayerCase
from tests.fuzz.scenarios import Scenario, scenarios

pytest.importorskip("onnx", reason="needs the extra onnx")
pytest.importorskip("onnxruntime", reason="needs onnxruntime, which runs the models of these cases elsewhere")

from tests.test_export_onnx import CASES, NETWORKS, RANDOM_NETWORKS, inputs_of, perturbed, trained

CLOSE = 1e-5  # of the largest output


def assert_comes_back(network: cr.Network, X: Array, path: Path) -> cr.Network:
    """Return the network that is read from the file of another one, which predicts the same."""
    cr.export.onnx(network, path)
    back = cr.files.from_onnx(path, input_shape=network.input_shape)
    assert back.input_shape == network.input_shape
    assert type(back.loss) is type(network.loss)
    got, expected = back.predict(X), network.predict(X)
    assert got.shape == expected.shape
    assert np.abs(got - expected).max(initial=0) <= CLOSE * np.abs(expected).max(initial=1e-30)
    return back


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_layer_comes_back(case: LayerCase, tmp_path: Path) -> None:
    network = cr.Network([case.layer], "mean_squared_error", input_shape=case.shape[1:])
    network.params = (map_leaves(lambda p: p.astype(np.float32), case.params()),)
    X = case.input() if case.layer.vocabulary_of_input is not None else case.input().astype(np.float32)
    assert_comes_back(network, X, tmp_path / "m.onnx")


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_come_back_and_train_on(name: str, tmp_path: Path) -> None:
    X = inputs_of(NETWORKS[name], 7)
    back = assert_comes_back(trained(NETWORKS[name]), X, tmp_path / "m.onnx")
    assert back.output_shape is not None
    y = np.random.default_rng(1).integers(3, size=(len(X), *back.output_shape[:-1]))
    back.fit(X, y, epochs=1, verbose=False)


@RANDOM_NETWORKS
@given(scenarios())
@pytest.mark.filterwarnings("ignore:Do not use the `random` module")
def test_random_networks_come_back(tmp_path: Path, scenario: Scenario) -> None:
    assert_comes_back(perturbed(scenario), scenario.X, tmp_path / "m.onnx")


@pytest.mark.filterwarnings("ignore:The last layer is:chainrule.common.errors.NetworkWarning")
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("last", [cr.Softmax(), cr.Sigmoid(), cr.Dense(3)], ids=lambda layer: layer.label)
def test_the_loss_is_that_of_the_network(last: Any, loss: str, tmp_path: Path) -> None:
    """An activation at the end is a layer of the network unless the network's loss owns it."""
    network = cr.Network([cr.Dense(3), last], loss, input_shape=(4,))
    X = np.random.default_rng(0).standard_normal((5, 4)).astype(np.float32)
    back = assert_comes_back(network, X, tmp_path / "m.onnx")
    assert [layer.label for layer in back.body.layers] == [layer.label for layer in network.body.layers]


def test_lengths_that_end_before_the_last_step_are_refused(tmp_path: Path) -> None:
    import onnx

    path = tmp_path / "m.onnx"
    cr.export.onnx(trained(NETWORKS["lstm"]), path)
    model = onnx.load(path)
    (lengths,) = (array for array in model.graph.initializer if array.name == "lengths")
    lengths.CopyFrom(onnx.numpy_helper.from_array(np.array([2]), "lengths"))
    onnx.save(model, path)
    with pytest.raises(FileFormatError, match="ends before the last step of its sequences"):
        cr.files.from_onnx(path, input_shape=(6, 4))
