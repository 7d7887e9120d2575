"""Model files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

import chainrule as cr
from chainrule.arrays import leaves
from chainrule.common.errors import FileFormatError, InputError
from chainrule.layers import Layer

X = np.random.default_rng(0).standard_normal((6, 2, 3)).astype(np.float32)


def small() -> cr.Network:
    layers = [cr.Flatten(), cr.Sequential([cr.Dense(5), cr.LeakyReLU(0.2)]), cr.Dropout(0.3), cr.Dense(3, bias=False)]
    return cr.Network(layers, cr.CategoricalCrossEntropy(0.1), input_shape=(2, 3), seed=4)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_saved_network_comes_back_the_same(tmp_path: Path, dtype: str) -> None:
    network = small()
    network = cr.Network(network.body.layers, network.loss, input_shape=(2, 3), seed=4, dtype=dtype)
    cr.save(network, tmp_path / "a.safetensors")
    loaded = cr.load(tmp_path / "a.safetensors")
    assert loaded.body == network.body and loaded.loss == network.loss and loaded.dtype == dtype
    np.testing.assert_array_equal(loaded.predict(X), network.predict(X))


def test_a_trained_network_is_saved_with_its_trained_parameters(tmp_path: Path) -> None:
    network = small()
    before = network.predict(X)
    network.fit(X, [0, 1, 2, 0, 1, 2], epochs=2, verbose=False)
    cr.save(network, tmp_path / "a.safetensors")
    loaded = cr.load(tmp_path / "a.safetensors")
    np.testing.assert_array_equal(loaded.predict(X), network.predict(X))
    assert not np.array_equal(loaded.predict(X), before)
    loaded.fit(X, [0, 1, 2, 0, 1, 2], epochs=1, verbose=False)


def test_the_file_is_plain_safetensors(tmp_path: Path) -> None:
    cr.save(small(), tmp_path / "a.safetensors")
    arrays = safetensors.numpy.load_file(tmp_path / "a.safetensors")
    assert {name: a.shape for name, a in arrays.items()} == {"1.0.W": (6, 5), "1.0.b": (5,), "3.W": (5, 3)}


def test_a_failed_save_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(b"old")

    def full(*_: Any) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        cr.save(small(), path)
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.safetensors"]


def test_a_file_can_be_read_by_others(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    cr.save(small(), tmp_path / "a.safetensors")
    assert (tmp_path / "a.safetensors").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("length", [0, 5, 100, -1])
def test_a_truncated_file_is_refused(tmp_path: Path, length: int) -> None:
    path = tmp_path / "a.safetensors"
    cr.save(small(), path)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(FileFormatError, match="is not a model file, or it is truncated or damaged"):
        cr.load(path)


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    path.write_text("hello, this is a text and no model at all")
    with pytest.raises(FileFormatError, match="is not a model file"):
        cr.load(path)
    safetensors.numpy.save_file({"W": X}, path)
    with pytest.raises(FileFormatError, match="that chainrule did not write"):
        cr.load(path)
    with pytest.raises(InputError, match=r"There is no model file .*nothing\.safetensors"):
        cr.load(tmp_path / "nothing.safetensors")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 2}, "a newer version of chainrule wrote it, in format 2, and this version reads format 1. Install"),
        ({"format": "2"}, "its format is 2, but this version reads format 1"),
        ({"format": 0}, "its format is 0, but this version reads format 1"),
        ({"layers": [{"type": "os.system"}]}, r"cannot build|can build: 'os.system'"),
        ({"layers": [{"type": "Dense", "units": "x"}]}, "can build"),
        ({"layers": [{"type": "Dense", "units": 7}]}, r"its layers need the arrays .* but it holds"),
        ({"loss": {"type": "Dense"}}, "can build"),
        ({"layers": 3}, "can build"),
    ],
)
def test_a_description_that_makes_no_sense_is_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    path = tmp_path / "a.safetensors"
    cr.save(small(), path)
    with safetensors.safe_open(path, framework="numpy") as file:
        description = json.loads(file.metadata()["chainrule"])
    arrays = dict(leaves(small().params))
    safetensors.numpy.save_file(arrays, path, metadata={"chainrule": json.dumps(description | change)})
    with pytest.raises(FileFormatError, match=message):
        cr.load(path)


class Doubling:
    """A layer without the base class."""

    def init(self, rng: Any, input_shape: Any) -> Any:
        return {}, input_shape

    def forward(self, params: Any, x: Any, mode: Any = None) -> Any:
        return 2 * x, None

    def backward(self, cache: Any, dy: Any) -> Any:
        return 2 * dy, {}


@pytest.mark.usefixtures("no_type_checks")
def test_a_layer_of_ones_own_cannot_be_saved(tmp_path: Path) -> None:
    class Mine(cr.Dense):
        pass

    with pytest.raises(InputError, match="Mine is not one of chainrule's own layers"):
        cr.save(cr.Network([Mine(2)], "mean_squared_error", input_shape=(3,)), tmp_path / "a.safetensors")
    own: Any = Doubling()
    with pytest.raises(InputError, match="Doubling is not one of chainrule's own layers"):
        cr.save(cr.Network([own], "mean_squared_error", input_shape=(3,)), tmp_path / "a.safetensors")
    with pytest.raises(InputError, match="nothing to save yet"):
        cr.save(cr.Network([cr.Dense(2)], "mean_squared_error"), tmp_path / "a.safetensors")
    assert issubclass(Mine, Layer) and not list(tmp_path.iterdir())


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="needs a device")
def test_a_device_is_no_model_file() -> None:
    with pytest.raises(InputError, match="/dev/null is a pipe or a device, and a model is read from a file"):
        cr.load("/dev/null")


@pytest.mark.parametrize(
    ("name", "writer"),
    [
        ("m.onnx", r"chainrule.export.onnx\(network, path\).* name it m.safetensors"),
        ("M.ONNX", r"chainrule export MODEL --to onnx"),
        ("m.npz", r"chainrule.export.numpy\(network, path\)"),
        ("m.py", r"chainrule export MODEL --to numpy"),
        ("m.c", r"chainrule.export.c\(network, path\)"),
        ("m.pt", r"chainrule.export.to_torch\(network\)"),
        ("m.h5", r"chainrule.export.to_keras\(network\)"),
        ("m.keras", r"chainrule.export.to_keras\(network\)"),
        ("m.pkl", "may run anything"),
        ("m.csv", "ending of a table"),
        ("m.v2", r"ends in .v2. Name it m.v2.safetensors"),
    ],
)
def test_names_of_other_formats_are_refused_with_who_writes_them(name: str, writer: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"A model is saved as a safetensors file, but .*{writer}"):
        cr.save(small(), tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["model", "a.SafeTensors", ".safetensors", "v1.2.safetensors"])
def test_names_of_ours_are_those_and_such_without_an_ending(name: str, tmp_path: Path) -> None:
    cr.save(small(), tmp_path / name)
    assert cr.load(tmp_path / name).input_shape == (2, 3)


def test_the_command_looks_at_the_name_before_training(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "chainrule", "train", "moons", "--lang", "en", "--out", "m.onnx"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 2 and "chainrule.export.onnx" in run.stderr and "epoch" not in run.stdout
    assert not list(tmp_path.iterdir())
