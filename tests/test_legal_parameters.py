"""Numbers that no network can compute with are refused by whoever reads, takes over or writes parameters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import safetensors.numpy

import chainrule as cr
from chainrule.arrays import leaves
from chainrule.common.errors import ChainruleError
from tests.elsewhere_nets import drawn

pytestmark = pytest.mark.usefixtures("no_type_checks")
WRONG = {
    "NaN": ("1.gamma", np.nan, "NaN"),
    "infinity": ("1.running_mean", -np.inf, "infinity|infinite"),
    "a variance below 0": ("1.running_variance", -1.0, "variances below 0"),
}


def network() -> cr.Network:
    return drawn([cr.Dense(3), cr.BatchNorm(), cr.Dense(2)], (4,))


def _saved(broken: cr.Network, path: Path) -> None:
    cr.save(broken, path / "a.safetensors")


def _loaded(broken: cr.Network, path: Path) -> None:
    cr.save(network(), path / "a.safetensors")
    with safetensors.safe_open(path / "a.safetensors", framework="numpy") as file:
        description = file.metadata()["chainrule"]
    text = description[: description.index(', "digest"')] + "}"  # the numbers are meant to be these
    safetensors.numpy.save_file(dict(leaves(broken.params)), path / "b.safetensors", metadata={"chainrule": text})
    cr.load(path / "b.safetensors")


def _from_torch(broken: cr.Network, path: Path) -> None:
    (dense, norm, last), state = broken.params, dict[str, Any]()
    for name, layer in (("a", dense), ("c", last)):
        state |= {f"{name}.weight": layer["W"].T, f"{name}.bias": layer["b"]}
    state |= {"b.weight": norm["gamma"], "b.bias": norm["beta"]}
    cr.files.from_torch(
        network(), state | {"b.running_mean": norm["running_mean"], "b.running_var": norm["running_variance"]}
    )


def _from_keras(broken: cr.Network, path: Path) -> None:
    with h5py.File(path / "a.weights.h5", "w") as file:
        for name, layer in zip(("dense", "batch_normalization", "dense_1"), broken.params, strict=True):
            for i, array in enumerate(layer.values()):
                file[f"layers/{name}/vars/{i}"] = array
    cr.files.from_keras(network(), path / "a.weights.h5")


def _from_onnx(broken: cr.Network, path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    whole = network()
    cr.export.onnx(whole, path / "a.onnx")
    model = onnx.load(path / "a.onnx")
    before = {path: np.asarray(p) for path, p in leaves(whole.params)}
    for tensor in model.graph.initializer:
        array = onnx.numpy_helper.to_array(tensor)
        for name, new in leaves(broken.params):
            if array.shape == before[name].shape and np.array_equal(array, before[name]):
                tensor.CopyFrom(onnx.numpy_helper.from_array(np.asarray(new), tensor.name))
    onnx.save(model, path / "b.onnx")
    cr.files.from_onnx(path / "b.onnx")


DOORS: dict[str, Callable[[cr.Network, Path], None]] = {
    "save": _saved,
    "load": _loaded,
    "from_torch": _from_torch,
    "from_keras": _from_keras,
    "from_onnx": _from_onnx,
    "export.numpy": lambda broken, path: cr.export.numpy(broken, path / "a.py"),
    "export.onnx": lambda broken, path: cr.export.onnx(broken, path / "a.onnx"),
}


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("door", DOORS)
def test_no_door_lets_them_in_or_out(door: str, kind: str, tmp_path: Path) -> None:
    DOORS[door](network(), tmp_path)  # numbers that are in order pass
    broken, (path, value, said) = network(), WRONG[kind]
    dict(leaves(broken.params))[path][1] = value
    with pytest.raises(ChainruleError, match=said):
        DOORS[door](broken, tmp_path)
