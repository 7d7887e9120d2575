"""Whatever file a loader is given: it reads what is its own, and of anything else says which call reads it."""

from __future__ import annotations

import gzip
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

import chainrule as cr
from chainrule.common.errors import FileFormatError, NetworkWarning
from chainrule.estimators import NetworkClassifier, NetworkRegressor
from tests.elsewhere_nets import drawn

pytest.importorskip("polars", reason="needs polars")
pytestmark = pytest.mark.usefixtures("no_type_checks")
REFERENCE = Path(__file__).parent / "reference"
X, Y = np.random.default_rng(0).standard_normal((30, 3)), np.arange(30) % 2


def small() -> cr.Network:
    return drawn([cr.Dense(3)], (2,))


def _table(path: Path) -> None:
    frame = {"a": [0.5 * (i % 7) for i in range(40)], "b": [i % 2 for i in range(40)]}
    cr.TableModel.fit(frame, "b", epochs=1, verbose=False).save(path)


def _checkpoint(path: Path) -> None:
    folder = path.with_suffix(".run")
    cr.Network.mlp([3, 2]).fit(X, Y, epochs=1, verbose=False, checkpoint=folder)
    path.write_bytes(next(folder.glob("*.safetensors")).read_bytes())


def _pytorch(path: Path) -> None:
    torch = pytest.importorskip("torch", reason="needs PyTorch")
    torch.save({"fc.weight": torch.ones(3, 2), "fc.bias": torch.ones(3)}, path)


def _keras_weights(path: Path) -> None:
    with zipfile.ZipFile(REFERENCE / "weights_pictures.keras") as archive:
        path.write_bytes(archive.read("model.weights.h5"))


def _npz(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, a=np.ones(3))


def _npy(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.ones(3))


def _onnx(path: Path) -> None:
    pytest.importorskip("onnx", reason="needs onnx")
    cr.export.onnx(small(), path.with_suffix(".onnx"))
    path.write_bytes(path.with_suffix(".onnx").read_bytes())


KINDS: dict[str, tuple[Callable[[Path], Any], str]] = {
    "network": (lambda path: cr.save(small(), path), "chainrule.load(path)"),
    "table": (_table, "chainrule.TableModel.load(path)"),
    "classifier": (
        lambda path: NetworkClassifier(epochs=1).fit(X, Y).save(path),
        "chainrule.estimators.NetworkClassifier.load(path)",
    ),
    "regressor": (
        lambda path: NetworkRegressor(epochs=1).fit(X, Y).save(path),
        "chainrule.estimators.NetworkRegressor.load(path)",
    ),
    "checkpoint": (_checkpoint, "fit(checkpoint=...)"),
    "weights": (
        lambda path: safetensors.numpy.save_file({"W": np.ones((2, 3), np.float32)}, path),
        "chainrule.files.from_torch(network, path)",
    ),
    "pytorch": (_pytorch, "chainrule.files.from_torch(network, path)"),
    "keras": (
        lambda path: path.write_bytes((REFERENCE / "weights_pictures.keras").read_bytes()),
        "chainrule.files.from_keras(network, path)",
    ),
    "weights of keras": (_keras_weights, "chainrule.files.from_keras(network, path)"),
    "onnx": (_onnx, "chainrule.files.from_onnx(path)"),
    "pickle": (
        lambda path: path.write_bytes(pickle.dumps({"W1": np.ones(3)})),
        "chainrule.files.load_book_weights",
    ),
    "old pickle": (
        lambda path: path.write_bytes(pickle.dumps({"W1": np.ones(3)}, 0)),
        "chainrule.files.load_book_weights",
    ),
    "npz": (_npz, "numpy.load"),
    "npy": (_npy, "numpy.load"),
    "gzip": (lambda path: path.write_bytes(gzip.compress(b"abc")), "gunzip"),
    "text": (lambda path: path.write_text("Hello, this is no model."), "a text file"),
    "page": (lambda path: path.write_text("<!DOCTYPE html><p>404"), "a web page"),
    "zip": (lambda path: zipfile.ZipFile(path, "w").close(), "a ZIP archive"),
    "nothing": (lambda path: path.touch(), "empty"),
    "noise": (lambda path: path.write_bytes(bytes(range(255, 100, -1))), ""),
}
LOADERS: dict[str, tuple[Callable[[Path], Any], set[str]]] = {
    "load": (cr.load, {"network", "table", "classifier", "regressor"}),
    "TableModel.load": (cr.TableModel.load, {"table"}),
    "NetworkClassifier.load": (NetworkClassifier.load, {"classifier"}),
    "NetworkRegressor.load": (NetworkRegressor.load, {"regressor"}),
    "from_torch": (lambda path: cr.files.from_torch(small(), path), {"pytorch", "weights", "pickle", "old pickle"}),
    "from_keras": (lambda path: cr.files.from_keras(small(), path), {"keras", "weights of keras"}),
    "from_onnx": (cr.files.from_onnx, {"onnx"}),
    "load_book_weights": (cr.files.load_book_weights, {"pickle", "old pickle"}),
}
ENDINGS = (".safetensors", ".pt", ".pkl", ".h5", ".onnx", ".npz")
"""What a file is called says nothing of what it is."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("files")
    paths = {kind: folder / kind.replace(" ", "_") for kind in KINDS}
    for kind, (write, _) in KINDS.items():
        write(paths[kind])
    return paths


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("loader", LOADERS)
def test_each_names_the_call_that_reads_the_file(
    loader: str, ending: str, files: dict[str, Path], tmp_path: Path
) -> None:
    read, own = LOADERS[loader]
    for kind, path in files.items():
        if kind in own:
            continue
        named = tmp_path / f"a{ending}"
        named.write_bytes(path.read_bytes())
        with pytest.raises(FileFormatError) as raised:
            read(named)
        assert KINDS[kind][1] in str(raised.value), (kind, str(raised.value))
        assert kind == "pickle" or kind == "old pickle" or "pickle, which" not in str(raised.value), kind


def test_each_reads_its_own(files: dict[str, Path]) -> None:
    assert cr.load(files["network"]).input_shape == (2,)
    assert cr.TableModel.load(files["table"]).target.name == "b"
    assert NetworkClassifier.load(files["classifier"]).classes_.tolist() == [0, 1]
    assert NetworkRegressor.load(files["regressor"]).predict(X).shape == (30,)
    assert cr.files.from_torch(small(), files["pytorch"]).rows
    assert cr.files.from_onnx(files["onnx"]).input_shape == (2,)
    for kind in "pickle", "old pickle":
        assert cr.files.load_book_weights(files[kind])["W1"].tolist() == [1, 1, 1]


@pytest.mark.parametrize("kind", ["table", "classifier", "regressor"])
def test_load_warns_that_it_gives_a_part(kind: str, files: dict[str, Path]) -> None:
    with pytest.warns(NetworkWarning, match="gives its network alone") as told:
        assert isinstance(cr.load(files[kind]), cr.Network)
    assert KINDS[kind][1] in str(told[0].message)
