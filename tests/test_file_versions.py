"""Files of each version that was released are read by this one, and predict what they did."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors
import safetensors.numpy

import chainrule as cr
from chainrule.common.errors import FileFormatError, InputError
from chainrule.estimators import NetworkClassifier, NetworkRegressor
from tests.files.write import rows, run, table

VERSIONS = sorted(path for path in (Path(__file__).parent / "files").iterdir() if path.name.startswith("v"))
pytestmark = pytest.mark.parametrize("folder", VERSIONS, ids=lambda folder: folder.name)


def close(actual: Any, folder: Path, name: str) -> None:
    """Compare with what the version predicted; machines differ in the last digits."""
    with np.load(folder / "expected.npz") as expected:
        np.testing.assert_allclose(actual, expected[name], rtol=2e-5, atol=2e-6)


def test_a_network(folder: Path) -> None:
    network = cr.load(folder / "network.safetensors")
    close(network.predict(rows()), folder, "network")
    assert network.input_scale == 0.5 and network.loss == cr.CategoricalCrossEntropy(0.1)


def test_a_table_model(folder: Path) -> None:
    close(cr.TableModel.load(folder / "table.safetensors").predict(table()), folder, "table")


def test_a_table_model_that_is_saved_anew(folder: Path, tmp_path: Path) -> None:
    cr.TableModel.load(folder / "table.safetensors").save(tmp_path / "table.safetensors")
    model = cr.TableModel.load(tmp_path / "table.safetensors")
    close(model.predict(table()), folder, "table")
    assert model.target == cr.TableModel.load(folder / "table.safetensors").target


def test_a_classifier(folder: Path) -> None:
    classifier = NetworkClassifier.load(folder / "classifier.safetensors")
    close(classifier.predict_proba(rows()), folder, "classifier")
    assert classifier.class_weight == {"하나": 1.0, "둘": 2.0, "셋": 0.5}
    assert set(classifier.predict(rows())) <= set(classifier.classes_) == {"하나", "둘", "셋"}


def test_a_regressor(folder: Path) -> None:
    regressor = NetworkRegressor.load(folder / "regressor.safetensors")
    close(regressor.predict(rows()), folder, "regressor")
    assert regressor.layers == (cr.Dense(5), cr.GELU()) and regressor.loss == cr.Huber(2.0)
    assert regressor.optimizer == cr.AdamW(cr.Cosine(0.01, steps=9), weight_decay=0.1)


def test_a_run_goes_on_from_its_checkpoint(folder: Path, tmp_path: Path) -> None:
    (checkpoint,) = folder.glob("checkpoint-*.safetensors")
    shutil.copy(checkpoint, tmp_path)
    network = run(tmp_path)  # which was at its end
    close(network.predict(rows()), folder, "run")
    assert len(network.history) == 3


@pytest.mark.parametrize("name", ["network", "table", "classifier"])
def test_a_file_of_a_newer_version_is_refused_and_says_so(folder: Path, name: str, tmp_path: Path) -> None:
    path = newer(folder / f"{name}.safetensors", "chainrule", 2, tmp_path)
    load: Any = {"network": cr.load, "table": cr.TableModel.load, "classifier": NetworkClassifier.load}[name]
    with pytest.raises(FileFormatError, match="a newer version of chainrule wrote it, in format 2, and this version"):
        load(path)


def test_a_checkpoint_of_a_newer_version_is_refused_and_says_so(folder: Path, tmp_path: Path) -> None:
    (checkpoint,) = folder.glob("checkpoint-*.safetensors")
    newer(checkpoint, "chainrule-checkpoint", 3, tmp_path)
    with pytest.raises(InputError, match="has format 3, but this version of chainrule reads format 2: go on with"):
        run(tmp_path)


def newer(path: Path, key: str, version: int, folder: Path) -> Path:
    """Write a file as a newer version might: another format, and a field that nobody knows."""
    with safetensors.safe_open(path, framework="numpy") as file:
        description = json.loads(file.metadata()[key])
    description |= {"format": version, "new": 1}
    metadata = {key: json.dumps(description)}
    safetensors.numpy.save_file(safetensors.numpy.load_file(path), folder / path.name, metadata=metadata)
    return folder / path.name
