"""Networks in PyTorch and Keras, and back: run where those are installed."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.arrays import leaves
from chainrule.common.errors import FileFormatError, InputError
from chainrule.equations.losses import MeanSquaredError
from tests.elsewhere_nets import NETS, PICTURE, assert_close, drawn, inputs

os.environ.setdefault("KERAS_BACKEND", "torch")

# Of Keras itself, with PyTorch and NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


@pytest.mark.parametrize("name", NETS)
def test_pytorch_computes_the_same_and_its_weights_come_back(name: str) -> None:
    torch = pytest.importorskip("torch", reason="needs PyTorch")
    network = drawn(*NETS[name])
    module = cr.export.to_torch(network)
    for batch in (1, 7):
        X = inputs(network, batch)
        with torch.no_grad():
            assert_close(module(torch.tensor(X)).numpy(), network.logits(X))
    if list(leaves(network.params)):
        again = cr.Network(network.body.layers, network.loss, input_shape=network.input_shape, seed=5)
        cr.files.from_torch(again, module)
        np.testing.assert_array_equal(again.logits(X), network.logits(X))


@pytest.mark.parametrize("name", NETS)
def test_keras_predicts_the_same_and_its_weights_come_back(name: str, tmp_path: Path) -> None:
    pytest.importorskip("keras", reason="needs Keras")
    network = drawn(*NETS[name])
    model = cr.export.to_keras(network)
    for batch in (1, 7):
        X = inputs(network, batch)
        assert_close(model.predict(X, verbose=0), network.predict(X))
    if list(leaves(network.params)):
        again = cr.Network(network.body.layers, network.loss, input_shape=network.input_shape, seed=5)
        cr.files.from_keras(again, model)
        np.testing.assert_array_equal(again.logits(X), network.logits(X))


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "categorical_cross_entropy", "poisson", "huber"])
def test_keras_ends_with_the_activation_that_the_loss_owns(loss: str) -> None:
    pytest.importorskip("keras", reason="needs Keras")
    network = drawn([cr.Dense(3)], (4,), loss)
    X = inputs(network, 7)
    assert_close(cr.export.to_keras(network).predict(X, verbose=0), network.predict(X))


def test_float64_stays_float64() -> None:
    torch = pytest.importorskip("torch", reason="needs PyTorch")
    network = drawn([cr.Conv2D(3, 3), cr.Flatten(), cr.Dense(2)], PICTURE, dtype="float64")
    X = inputs(network, 7)
    assert_close(cr.export.to_torch(network)(torch.tensor(X)).detach().numpy(), network.logits(X), 1e-14)


def test_a_module_can_be_copied_trained_and_used_with_channels_first() -> None:
    torch = pytest.importorskip("torch", reason="needs PyTorch")
    network = drawn(*NETS["conv2d"])
    module = pickle.loads(pickle.dumps(cr.export.to_torch(network)))
    X = torch.tensor(inputs(network, 7))
    assert not module.training and type(module[0]).__name__ == "Permute"
    torch.testing.assert_close(module[1:](X.movedim(-1, 1)), module(X))
    module.train()(X).sum().backward()
    assert all(p.grad is not None for p in module.parameters())
    assert module.state_dict()["1.running_mean"].numpy() != pytest.approx(network.params[1]["running_mean"])


def test_means_that_keras_computes_wrongly_are_refused() -> None:
    keras = pytest.importorskip("keras", reason="needs Keras")
    if keras.backend.backend() != "torch":
        pytest.skip("other libraries leave the padding out")
    with pytest.raises(InputError, match=r"Keras refuses 0 AveragePool.*KERAS_BACKEND=jax"):
        cr.export.to_keras(drawn([cr.AveragePool(3, 2, "same")], (8, 6)))


def test_what_keras_refuses_is_told() -> None:
    pytest.importorskip("keras", reason="needs Keras")
    with pytest.raises(InputError, match=r"Keras refuses 0 Conv2D.*dilation"):
        cr.export.to_keras(drawn([cr.Conv2D(3, 2, stride=2, dilation=2)], PICTURE))


def test_keras_gets_no_output_activation_that_is_unknown() -> None:
    pytest.importorskip("keras", reason="needs Keras")

    class HalvedError(MeanSquaredError):
        """A loss of a user's own."""

    with pytest.raises(InputError, match="The loss HalvedError cannot be exported: it is none of chainrule's own"):
        cr.export.to_keras(cr.Network([cr.Dense(1)], HalvedError(), input_shape=(2,)))


@pytest.mark.parametrize("library", ["torch", "keras"])
def test_layers_without_a_counterpart_are_refused_by_name(library: str, no_type_checks: None) -> None:
    pytest.importorskip(library, reason=f"needs {library}")
    network = drawn([cr.Dense(4), cr.Residual([cr.RandomDense(4, 0.5, 0)])], (4,))
    export: Any = getattr(cr.export, f"to_{library}")
    with pytest.raises(InputError, match=r"no layer that computes what .*0 RandomDense does"):
        export(network)
    with pytest.raises(InputError, match=f"to_{library} takes a Network, but got a list"):
        export([])
    with pytest.raises(InputError, match=f"to_{library} needs a network with parameters"):
        export(cr.Network([cr.Dense(4)], "huber"))


def test_files_of_pytorch(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="needs PyTorch")
    network, path = drawn(*NETS["conv2d"]), tmp_path / "a.pt"
    module = cr.export.to_torch(network)
    torch.save(module.state_dict(), path)
    again = cr.Network(network.body.layers, network.loss, input_shape=PICTURE, seed=5)
    assert "1.running_mean" in str(cr.files.from_torch(again, path))
    X = inputs(network, 7)
    np.testing.assert_array_equal(again.logits(X), network.logits(X))
    torch.save(module.to(torch.bfloat16).state_dict(), path)
    cr.files.from_torch(again, path)
    assert_close(again.logits(X), network.logits(X), 0.03)
    torch.save(module, path)
    with pytest.raises(
        FileFormatError,
        match=r"an object of torch.*in place of arrays.*torch\.save\(model\.state_dict.*weights_only=False",
    ):
        cr.files.from_torch(again, path)
    torch.save([1], path)
    with pytest.raises(FileFormatError, match="holds a list in place of a state_dict"):
        cr.files.from_torch(again, path)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(FileFormatError, match="is damaged"):
        cr.files.from_torch(again, path)


def test_an_epsilon_that_a_module_has_must_be_ours() -> None:
    pytest.importorskip("torch", reason="needs PyTorch")
    network = drawn([cr.LayerNorm()], (4,))
    with pytest.raises(InputError, match=r"epsilon=1e-05, but norm has 0\.01.*LayerNorm\(epsilon=0\.01\)"):
        cr.files.from_torch(network, _normed())


def _normed() -> Any:
    import torch

    module = torch.nn.Module()
    module.norm = torch.nn.LayerNorm(4, 0.01)
    return module


def test_a_gru_of_another_equation_is_refused() -> None:
    keras = pytest.importorskip("keras", reason="needs Keras")
    model = keras.Sequential([keras.Input((8, 6)), keras.layers.GRU(3, reset_after=False)])
    with pytest.raises(InputError, match="reset_after=False is another equation"):
        cr.files.from_keras(drawn([cr.GRU(3)], (8, 6)), model)


def test_settings_that_a_model_of_keras_says_must_be_ours(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras", reason="needs Keras")
    layers = keras.layers
    cases: list[tuple[Any, cr.Layer, str]] = [
        (layers.LSTM(3, activation="relu"), cr.LSTM(3), "activation='tanh', but lstm.* has 'relu'"),
        (layers.GRU(3, recurrent_activation="hard_sigmoid"), cr.GRU(3), "recurrent_activation='sigmoid'"),
        (layers.LSTM(3, go_backwards=True), cr.LSTM(3), "reverse=False"),
        (layers.SimpleRNN(3, activation="relu"), cr.RNN(3), "activation='tanh'"),
        (layers.Bidirectional(layers.LSTM(3, activation="relu")), cr.Bidirectional(cr.LSTM(3)), "activation='tanh'"),
        (layers.Conv1D(3, 2, strides=2), cr.Conv1D(3, 2), "stride=1"),
    ]
    for theirs, ours, message in cases:
        model = keras.Sequential([keras.Input((8, 6)), theirs])
        model.save(tmp_path / "a.keras")
        for source in (model, tmp_path / "a.keras"):
            with pytest.raises(InputError, match=message):
                cr.files.from_keras(drawn([ours], (8, 6)), source)
    model = keras.Sequential([keras.Input((8, 6)), layers.LSTM(3, go_backwards=True)])
    cr.files.from_keras(drawn([cr.LSTM(3, reverse=True)], (8, 6)), model)


def test_settings_that_a_module_of_pytorch_says_must_be_ours() -> None:
    torch = pytest.importorskip("torch", reason="needs PyTorch")
    with pytest.raises(InputError, match=r"activation='relu', but .* has 'tanh'"):
        cr.files.from_torch(drawn([cr.RNN(3, "relu")], (8, 6)), torch.nn.RNN(6, 3))
    with pytest.raises(InputError, match=r"stride=1, but 0 has \(2,\)"):
        cr.files.from_torch(drawn([cr.Conv1D(3, 2)], (8, 6)), torch.nn.Sequential(torch.nn.Conv1d(6, 3, 2, stride=2)))
