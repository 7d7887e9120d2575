"""Estimators as ONNX models: raw rows go in, and what comes out is what `predict` and `predict_proba` return."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.arrays import Array
from chainrule.cli import main
from chainrule.common.errors import InputError

onnx = pytest.importorskip("onnx", reason="needs the extra onnx")
ort = pytest.importorskip("onnxruntime", reason="needs onnxruntime, which runs the models")
pytest.importorskip("sklearn", reason="needs the extra sklearn")

from chainrule.estimators import NetworkClassifier, NetworkRegressor  # noqa: E402

pytestmark = pytest.mark.usefixtures("no_type_checks")
RNG = np.random.default_rng(0)
X = RNG.standard_normal((60, 4)) * [1, 1e6, 1e-6, 0] + [0, 1e9, 0, 3]  # far from 0, tiny, and always the same
Y = np.arange(60) % 3
CLASSES: dict[str, Any] = {
    "texts": np.array(["é", "b", "c"])[Y],
    "objects": np.array(["a", "b", "c"], dtype=object)[Y],
    "two texts": np.array(["no", "yes"])[Y % 2],
    "truth": Y > 0,
    "whole": Y * 5 - 7,
    "bytes": Y.astype(np.uint8),
    "decimal": Y.astype(np.float32),
    "several answers": RNG.integers(0, 2, (60, 3)),
}
VALUES: dict[str, Any] = {"one": 1e6 + Y, "a column": X[:, 1:2], "several": X[:, :2], "counts": Y}


def outputs(path: Path, rows: Array) -> dict[str, Array]:
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [value.name for value in session.get_outputs()]
    return dict(zip(names, session.run(None, {"input": rows.astype(np.float64)}), strict=True))


def assert_predicts(estimator: Any, rows: Array, path: Path) -> None:
    for some in (rows[:1], rows):
        got, expected = outputs(path, some), estimator.predict(some)
        if "prediction" in got:
            assert got.keys() == {"prediction"}
            assert got["prediction"].shape == expected.shape
            scale = max(np.abs(expected).max(), estimator._targets.unit.max())
            assert np.abs(got["prediction"] - expected).max() <= 1e-5 * scale
        else:
            assert list(got) == ["label", "probabilities"]
            np.testing.assert_array_equal(got["label"], expected)
            assert got["label"].dtype.kind == {"U": "O", "u": "i"}.get(expected.dtype.kind, expected.dtype.kind)
            np.testing.assert_allclose(got["probabilities"], estimator.predict_proba(some), atol=1e-5)


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("scale", [True, False])
def test_classes_and_their_probabilities(name: str, scale: bool, tmp_path: Path) -> None:
    rows = X if scale else X[:, :1]
    classifier = NetworkClassifier(epochs=2, random_state=1, scale=scale).fit(rows, CLASSES[name])
    cr.export.onnx(classifier, tmp_path / "m.onnx")
    assert_predicts(classifier, rows, tmp_path / "m.onnx")


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("scale_target", [True, False])
def test_values_in_the_units_of_y(name: str, scale_target: bool, tmp_path: Path) -> None:
    loss = "poisson" if name == "counts" else "huber"
    regressor = NetworkRegressor(epochs=2, random_state=1, scale_target=scale_target, loss=loss)
    cr.export.onnx(regressor.fit(X, VALUES[name]), tmp_path / "m.onnx")
    assert_predicts(regressor, X, tmp_path / "m.onnx")


@pytest.mark.parametrize("settings", [{"preset": "tabular"}, {"layers": [cr.Reshape((4, 1)), cr.LSTM(3)]}])
def test_other_networks(settings: Any, tmp_path: Path) -> None:
    classifier = NetworkClassifier(epochs=2, random_state=1, **settings).fit(X.astype(np.float32), Y)
    cr.export.onnx(classifier, tmp_path / "m.onnx")
    assert_predicts(classifier, X.astype(np.float32), tmp_path / "m.onnx")


def test_words_are_looked_up_by_rows_that_nothing_scales(tmp_path: Path) -> None:
    words = RNG.integers(0, 5, (60, 4)).astype(float)
    layers = [cr.Embedding(5, 3), cr.Flatten()]
    classifier = NetworkClassifier(epochs=2, random_state=1, scale=False, layers=layers).fit(words, Y)
    cr.export.onnx(classifier, tmp_path / "m.onnx")
    assert_predicts(classifier, words, tmp_path / "m.onnx")


def test_what_is_far_out_lies_at_the_limit(tmp_path: Path) -> None:
    classifier = NetworkClassifier(epochs=2, random_state=1).fit(X, Y)
    cr.export.onnx(classifier, tmp_path / "m.onnx")
    far = np.array([[1e300, -1e300, 1e300, 3], [-1.7e308, 1.7e308, 1e200, 3], [0, 1e160, -5e-324, 3]])
    assert_predicts(classifier, far, tmp_path / "m.onnx")


def test_the_model_says_what_it_is(tmp_path: Path) -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"a": X[:, 0], "é": X[:, 1]})
    cr.export.onnx(NetworkClassifier(epochs=1).fit(frame, CLASSES["texts"]), tmp_path / "m.onnx")
    proto = onnx.load(tmp_path / "m.onnx")
    metadata = {entry.key: entry.value for entry in proto.metadata_props}
    assert metadata.keys() == {"chainrule_version", "loss", "classes", "feature_names"}
    assert json.loads(metadata["classes"]) == ["b", "c", "é"]
    assert json.loads(metadata["feature_names"]) == ["a", "é"]
    shapes = [[d.dim_param or d.dim_value for d in v.type.tensor_type.shape.dim] for v in proto.graph.output]
    assert shapes == [["batch"], ["batch", 3]]


def test_a_saved_estimator_is_exported_by_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for estimator in (NetworkClassifier(epochs=1).fit(X, Y), NetworkRegressor(epochs=1).fit(X, Y)):
        estimator.save("m.safetensors")
        assert main(["export", "m.safetensors", "--to", "onnx", "--out", "m.onnx"]) == 0
        assert_predicts(estimator, X, tmp_path / "m.onnx")
    for format, name in (("numpy", "net.py"), ("c", "net.c")):
        assert main(["export", "m.safetensors", "--to", format, "--out", name]) == 2
        assert not Path(name).exists()
        said = f"export.{format} writes a network alone, but a NetworkRegressor prepares its inputs, too"
        assert said in capsys.readouterr().err


def test_what_cannot_be_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"an estimator that was fitted: call fit of the NetworkRegressor first"):
        cr.export.onnx(NetworkRegressor(), tmp_path / "m.onnx")
    huge = NetworkClassifier(epochs=1).fit(X, Y.astype(np.uint64) + np.uint64(2**63))
    with pytest.raises(InputError, match=r"cannot be exported to ONNX, .* fit with y\.astype\(str\)"):
        cr.export.onnx(huge, tmp_path / "m.onnx")
    fitted = NetworkClassifier(epochs=1).fit(X, Y)
    for write, path in ((cr.export.numpy, "net.py"), (cr.export.c, "net.c")):
        with pytest.raises(InputError, match=r"chainrule\.export\.onnx .*\w+\(model\.network_, path\)"):
            write(fitted, tmp_path / path)
    assert not list(tmp_path.iterdir())
