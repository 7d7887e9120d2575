"""A scored table is written, and comes back, as its table was: files, frames, and the words of its classes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas
import polars
import pytest

import chainrule as cr
from chainrule.cli import main
from chainrule.common.errors import FileFormatError, InputError
from chainrule.common.languages import speaking
from chainrule.files.models import load_described, write

QUICK: dict[str, Any] = {"layers": (4,), "epochs": 1, "verbose": False}


def rows(separator: str, line_end: str, truths: tuple[str, str], n: int = 60) -> str:
    lines = [f"{i % 9}.5{separator}{truths[i % 2]}" for i in range(n)]
    return line_end.join([f"x{separator}paid", *lines, ""])


@pytest.mark.parametrize("truths", [("TRUE", "FALSE"), ("True", "False"), ("true", "false"), ("1", "0")])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("first", ["", "sep=;"])
def test_a_scored_file_is_written_as_its_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, truths: tuple[str, str], line_end: str, first: str
) -> None:
    monkeypatch.chdir(tmp_path)
    first += line_end if first else ""
    Path("table.csv").write_bytes((first + rows(";", line_end, truths)).encode())
    Path("new.csv").write_bytes((first + rows(";", line_end, truths, 5).replace("paid", "was_paid")).encode())
    assert main(["train", "table.csv", "--target", "paid", "--layers", "4", "--epochs", "1", "--out", "model"]) == 0
    assert main(["predict", "model", "new.csv", "--out", "scored.csv"]) == 0
    text = Path("scored.csv").read_bytes().decode()
    assert text.startswith(f"{first}x;was_paid;prediction;") and text.count(line_end) == text.count("\n")
    lines = text.removeprefix(first).split(line_end)
    assert {line.split(";")[2] for line in lines[1:-1]} <= set(truths) and len(lines) == 7
    assert f"{lines[1].split(';')[2]} " in capsys.readouterr().out.splitlines()[-1]


def test_predictions_in_python_stay_truth_values(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(rows(",", "\n", ("TRUE", "FALSE")))
    model = cr.TableModel.fit(cr.tables.read(tmp_path / "table.csv"), "paid", **QUICK)
    assert model.predict({"x": ["1.5"]}).dtype == bool and model.target.spelled == ("FALSE", "TRUE")
    assert model.scored({"x": ["1.5"]})["prediction"].dtype == polars.Boolean


@pytest.mark.parametrize("target", ["paid", "name", "amount"])
def test_a_frame_comes_back_as_one_of_its_library(target: str) -> None:
    frame = pandas.DataFrame({"x": [i % 9 + 0.5 for i in range(60)], "paid": [i % 2 == 0 for i in range(60)]})
    frame = frame.assign(name=frame["paid"].map({True: "a", False: "b"}), amount=frame["x"] ** 2 + 0.1)
    frame.index = [f"row {i}" for i in range(60)]
    model = cr.TableModel.fit(frame[["x", target]], target, **QUICK)
    scored = model.scored(frame)
    assert isinstance(scored, pandas.DataFrame) and scored.index.equals(frame.index)
    pandas.testing.assert_frame_equal(scored[frame.columns], frame)
    assert scored["prediction"].to_numpy().tolist() == model.predict(frame).tolist()
    of_polars, of_arrow = (
        model.scored(polars.DataFrame(dict(frame))),
        model.scored(polars.from_pandas(frame).to_arrow()),
    )
    assert isinstance(of_polars, polars.DataFrame) and type(of_arrow).__module__.startswith("pyarrow")
    assert of_polars.columns == of_arrow.column_names == scored.columns.tolist()


@pytest.mark.parametrize("title", ["Report 2024", "Sales, all of 2024", "Report\nof March\n"])
def test_a_title_above_a_table_of_semicolons_is_told(tmp_path: Path, title: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text(f"{title}\nname;age;height\nBob;41;1,80\nAnn;35;1,75\n")
    line = title.count("\n") + 2
    first = title.splitlines()[0]
    said = rf"'{first}', looks like a title: the names of the columns seem to be in line {line}, with a semicolon"
    with pytest.raises(InputError, match=said):
        cr.tables.read(path)
    path.write_text("name;age\nBob;41\n")
    assert cr.tables.read(path).columns == ["name", "age"]
    path.write_text("text\none; two\nthree\n")
    assert cr.tables.read(path).columns == ["text"]


def test_why_a_target_is_what_it_is_is_told_in_the_language_of_the_reader(tmp_path: Path) -> None:
    data = {"x": [float(i % 9) for i in range(60)], "y": [i * i % 7 % 3 for i in range(60)]}
    with speaking("ko"):
        cr.TableModel.fit(data, "y", **QUICK).save(tmp_path / "model")
    model = cr.TableModel.load(tmp_path / "model")
    assert model.predicts.endswith("(3 different whole numbers; --task regression takes them as values)")
    with speaking("ko"):
        assert "different" not in model.predicts and "3" in model.predicts
    network, description = load_described(tmp_path / "model")
    for why, said in ("3 classes, as said then", "(3 classes, as said then)"), ({"english": "{x}", "values": {}}, None):
        table = description["table"] | {"target": description["table"]["target"] | {"why": why}}
        write(network, tmp_path / "other", {"table": table})
        if said is None:  # a text that is none of ours
            with pytest.raises(FileFormatError, match="does not describe a table"):
                cr.TableModel.load(tmp_path / "other")
        else:
            assert cr.TableModel.load(tmp_path / "other").predicts.endswith(said)


def test_classes_that_are_numbers_or_truth_values_are_weighed_by_them() -> None:
    data = {"x": [float(i % 9) for i in range(60)], "y": [i % 2 for i in range(60)]}
    target = cr.TableModel.fit(data, "y", **QUICK).target
    weights: list[Any] = [{0: 1.0, 1: 2.0}, {0.0: 1.0, 1.0: 2.0}, {"0": 1.0, "1": 2.0}]
    assert [target.weights_of(each) for each in weights] == [{0: 1.0, 1: 2.0}] * 3
    target = cr.TableModel.fit(data | {"y": ["TRUE", "FALSE"] * 30}, "y", **QUICK).target
    weights = [{False: 1.0, True: 2.0}, {"FALSE": 1.0, "TRUE": 2.0}]
    assert [target.weights_of(each) for each in weights] == [{0: 1.0, 1: 2.0}] * 2
