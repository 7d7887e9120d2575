"""Networks from ONNX files that PyTorch, Keras and scikit-learn export, where they are installed."""

from __future__ import annotations

import contextlib
import io
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule.files import from_onnx

pytest.importorskip("onnx")


def same(path: Path, predict: Callable[[Any], Any], shape: tuple[int, ...], labels: list[str]) -> None:
    """Compare the network of a file with what the other library predicts."""
    network = from_onnx(path)
    assert [layer.label for layer in network.body.layers] == labels
    for count in (1, 7):
        x = np.random.default_rng(count).normal(size=(count, *shape)).astype(np.float32)
        with quietly():
            y = predict(x)
        P = network.predict(x if network.input_shape == shape else np.moveaxis(x, 1, -1))
        assert np.abs(P.reshape(y.shape) - y).max() <= 1e-5 * np.abs(y).max()


@contextlib.contextmanager
def quietly() -> Any:
    """Exporters warn of themselves and print."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def _torch_models() -> dict[str, tuple[Any, tuple[int, ...], list[str]]]:
    from torch import nn

    class Block(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.GELU())

        def forward(self, x: Any) -> Any:
            return x + self.body(x)

    class Last(nn.Module):  # type: ignore[misc]
        def __init__(self, kind: Any) -> None:
            super().__init__()
            self.steps, self.out = kind(3, 5, batch_first=True), nn.Linear(5, 2)

        def forward(self, x: Any) -> Any:
            return self.out(self.steps(x)[0][:, -1])

    pictures = nn.Sequential(
        *(nn.Conv2d(2, 4, 3), nn.SiLU(), nn.MaxPool2d(2), Block(), nn.Flatten(), nn.Linear(36, 5)),
        *(nn.LayerNorm(5), nn.Softmax(1)),
    )
    table = nn.Sequential(nn.Linear(6, 8), nn.Mish(), nn.Dropout(0.2), nn.Linear(8, 1), nn.Sigmoid())
    labels = ["Conv2D", "silu", "MaxPool", "Residual", "Flatten", "Dense", "LayerNorm"]
    return {
        "pictures": (pictures, (2, 8, 8), labels),
        "table": (table, (6,), ["Dense", "mish", "Dense"]),
        "LSTM": (Last(nn.LSTM), (7, 3), ["LSTM", "Dense"]),
        "GRU": (Last(nn.GRU), (7, 3), ["GRU", "Dense"]),
    }


@pytest.mark.parametrize("name", ["pictures", "table", "LSTM", "GRU"])
@pytest.mark.parametrize("dynamo", [True, False])
def test_pytorch(name: str, dynamo: bool, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    if dynamo:
        pytest.importorskip("onnxscript", exc_type=ImportError)
    torch.manual_seed(0)
    model, shape, labels = _torch_models()[name]
    model.eval()
    with quietly():
        torch.onnx.export(model, (torch.ones(2, *shape),), tmp_path / "m.onnx", dynamo=dynamo)
    same(tmp_path / "m.onnx", lambda x: model(torch.tensor(x)).detach().numpy(), shape, labels)


def test_keras(tmp_path: Path) -> None:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    torch = pytest.importorskip("torch")
    keras = pytest.importorskip("keras", exc_type=ImportError)
    if keras.backend.backend() != "torch":
        pytest.skip("Keras exports without TensorFlow with the backend torch alone")
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((9, 9, 2)),
            layers.Conv2D(4, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    with quietly():
        model(torch.ones(2, 9, 9, 2))
        model.export(tmp_path / "m.onnx", format="onnx", verbose=False)
    labels = ["Conv2D", "relu", "MaxPool", "Flatten", "Dense"]
    same(tmp_path / "m.onnx", lambda x: model.predict(x, verbose=0), (9, 9, 2), labels)


@pytest.mark.parametrize("classes", [2, 3])
def test_scikit_learn(classes: int, tmp_path: Path) -> None:
    skl2onnx = pytest.importorskip("skl2onnx", exc_type=ImportError)
    from sklearn.neural_network import MLPClassifier

    X = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
    with quietly():
        model = MLPClassifier([5], activation="tanh", max_iter=5, random_state=0).fit(X, np.arange(60) % classes)
        (tmp_path / "m.onnx").write_bytes(skl2onnx.to_onnx(model, X[:1]).SerializeToString())
    first = 1 if classes == 2 else 0  # of a yes/no question, that of "yes" alone
    same(tmp_path / "m.onnx", lambda x: model.predict_proba(x)[:, first:], (4,), ["Dense", "tanh", "Dense"])
