"""Models of tables as ONNX models: raw columns go in, and what comes out is what `TableModel` predicts."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.arrays import Array
from chainrule.common.errors import DataWarning, InputError

onnx = pytest.importorskip("onnx", reason="needs the extra onnx")
ort = pytest.importorskip("onnxruntime", reason="needs onnxruntime, which runs the models")
polars = pytest.importorskip("polars", reason="needs the extra tables")

from chainrule.tables.encoders import Numeric  # noqa: E402
from chainrule.tables.frames import texts  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::chainrule.common.errors.DataWarning")

MAKE = runpy.run_path(str(Path(__file__).parents[1] / "examples/data/make_tables.py"))


def columns_of(model: cr.TableModel, frame: Any) -> dict[str, Array]:
    """Return raw columns as the model takes them."""
    feed = {}
    for encoder in model.preparation.encoders:
        series = frame[encoder.name]
        if isinstance(encoder, Numeric):
            feed[encoder.name] = encoder.read(series)[:, None]
        else:
            feed[encoder.name] = texts(series).fill_null("").to_numpy().astype(object)[:, None]
    return feed


def outputs(model: cr.TableModel, frame: Any, path: Path) -> dict[str, Array]:
    cr.export.onnx(model, path)
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [value.name for value in session.get_outputs()]
    return dict(zip(names, session.run(None, columns_of(model, frame)), strict=True))


def assert_predicts(model: cr.TableModel, frame: Any, path: Path) -> None:
    for rows in (frame.head(1), frame):
        got = outputs(model, rows, path)
        if model.target.task == "regression":
            expected = model.predict(rows)
            assert list(got) == ["prediction"]
            assert got["prediction"].shape == expected.shape
            # In units of the target's deviation, by which the network's numbers are multiplied.
            assert np.abs(got["prediction"] - expected).max() <= 1e-5 * max(np.abs(expected).max(), model.target.scale)
        else:
            P = model.predict_proba(rows)
            np.testing.assert_allclose(got["probabilities"], P, atol=1e-5)
            clear = np.diff(np.sort(P, axis=1)[:, -2:])[:, 0] > 1e-4
            np.testing.assert_array_equal(got["label"][clear], model.predict(rows)[clear])


@pytest.mark.parametrize("name", ["titanic", "houses", "fraud"])
@pytest.mark.parametrize("preset", [None, "tabular"])
def test_example_tables(name: str, preset: Any, tmp_path: Path) -> None:
    make, train, test, target = MAKE["TABLES"][name]
    rows = make(np.random.default_rng(0), min(train, 500) + min(test, 200))
    frame = polars.DataFrame(rows, infer_schema_length=None)
    columns = cr.tables.columns(frame)
    columns = cr.tables.columns(frame, drop=[column.name for column in columns if column.kind == "date"])
    model = cr.TableModel.fit(frame.head(500), target, columns=columns, preset=preset, epochs=2, verbose=False)
    assert_predicts(model, frame.tail(200), tmp_path / "m.onnx")


def small(**more: Any) -> dict[str, list[Any]]:
    """Return a table with a number, a category, a truth value and whatever is said."""
    n = 240
    rng = np.random.default_rng(0)
    size = [float(v) if v < 95 else None for v in rng.integers(1, 100, n)]
    town = [["Ulm", "Bonn", "Köln", None][i] for i in rng.integers(4, size=n)]
    sold = [["yes", "no", None][i] for i in rng.integers(3, size=n)]
    return {"size": size, "town": town, "sold": sold, **more}


@pytest.mark.parametrize(
    "answers",
    [["no", "yes"], ["a", "b", "c"], [3, 7, 9], [0.5 + i for i in range(100)]],
    ids=["truth", "texts", "whole", "values"],
)
def test_labels_have_the_type_of_the_table(answers: list[Any], tmp_path: Path) -> None:
    table = small(answer=[answers[i % len(answers)] for i in range(240)])
    model = cr.TableModel.fit(table, "answer", epochs=2, verbose=False)
    assert_predicts(model, polars.DataFrame(table), tmp_path / "m.onnx")


def test_what_training_did_not_know(tmp_path: Path) -> None:
    rare = ["rare" if i == 7 else "often" if i % 2 else "also" for i in range(240)]
    table = small(kind=rare, answer=[i % 3 for i in range(240)])
    model = cr.TableModel.fit(table, "answer", task="classification", epochs=2, verbose=False)
    new = polars.DataFrame(
        {
            "size": [None, 3e38, -3e38, 5.0],
            "town": ["Rom", None, "Ulm", "ulm"],
            "sold": ["YES", "No", None, "maybe"],
            "kind": ["rare", "new", None, "also"],
        }
    )
    with pytest.warns(DataWarning):
        expected = model.predict_proba(new)
    np.testing.assert_allclose(outputs(model, new, tmp_path / "m.onnx")["probabilities"], expected, atol=1e-5)


def test_columns_may_have_the_names_of_nodes(tmp_path: Path) -> None:
    table = {"classes": [float(i % 50) for i in range(240)], "axis": [i * 1.5 for i in range(240)]}
    table |= {"0.W": table["axis"][::-1], "answer": table["classes"]}
    model = cr.TableModel.fit(table, "answer", task="regression", epochs=2, verbose=False)
    assert_predicts(model, polars.DataFrame(table), tmp_path / "m.onnx")


def test_the_model_says_what_it_is(tmp_path: Path) -> None:
    model = cr.TableModel.fit(small(answer=["é", "z"] * 120), "answer", epochs=1, verbose=False)
    cr.export.onnx(model, tmp_path / "m.onnx")
    metadata = {entry.key: entry.value for entry in onnx.load(tmp_path / "m.onnx").metadata_props}
    assert metadata.keys() == {"chainrule_version", "loss", "target", "classes", "categories"}
    assert metadata["target"] == "answer"
    assert json.loads(metadata["classes"]) == ["z", "é"]
    assert json.loads(metadata["categories"])["town"] == ["", "Bonn", "Köln", "Ulm"]


def test_what_is_not_prepared_there_is_refused_by_name(tmp_path: Path) -> None:
    dates = [f"2024-{1 + i % 12:02}-{1 + i % 28:02}" for i in range(240)]
    answers = [float(i % 60) for i in range(240)]
    for table, match in (
        (small(day=dates, answer=answers), r"Column 'day' \(date\) cannot be exported to ONNX"),
        (small(label=answers[::-1], answer=answers), "Column 'label' is called like an output"),
        ({"": answers[::-1], "answer": answers}, "A column has no name"),
    ):
        model = cr.TableModel.fit(table, "answer", task="regression", epochs=1, verbose=False)
        with pytest.raises(InputError, match=match):
            cr.export.onnx(model, tmp_path / "m.onnx")
    past = cr.TableModel.fit({"answer": answers}, "answer", history=5, epochs=1, verbose=False)
    with pytest.raises(InputError, match="predicts from the rows before"):
        cr.export.onnx(past, tmp_path / "m.onnx")
    assert not list(tmp_path.iterdir())
