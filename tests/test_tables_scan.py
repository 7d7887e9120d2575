"""Tables that stay in their files: as those in memory, but for what rows that stand for all cannot say."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars
import pytest

import chainrule as cr
from chainrule.cli import main
from chainrule.common.errors import DataWarning, InputError
from chainrule.tables.rows import places_of

ROWS = 3000
SMALL: dict[str, Any] = {"epochs": 3, "layers": (8,), "verbose": False}


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chainrule.tables.text_files._BLOCK", 10_000)
    monkeypatch.setattr("chainrule.tables.scans._LEAST_ROWS", 100)
    monkeypatch.setattr("chainrule.tables.scans._BLOCK_CELLS", 1000)


def table(rows: int = ROWS) -> polars.DataFrame:
    rng = np.random.default_rng(0)
    x, town = rng.normal(size=rows), rng.choice(["Ulm", "Bonn", "Köln"], rows)
    answer = np.where(x + (town == "Ulm") > 0.5, "yes", "no")
    time = polars.date_range(polars.date(2020, 1, 1), polars.date(2030, 1, 1), eager=True)[:rows]
    return polars.DataFrame({"x": x, "town": town, "time": time, "answer": answer, "y": 1000 + 50 * x})


@pytest.fixture(params=["csv", "parquet", "arrow"])
def path(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    path = tmp_path / f"table.{request.param}"
    write: dict[str, Any] = {"csv": table().write_csv, "parquet": table().write_parquet, "arrow": table().write_ipc}
    write[request.param](path)
    return path


def test_a_scan_is_the_table(path: Path) -> None:
    scan, frame = cr.tables.scan(path), cr.tables.read(path)
    assert (scan.columns, scan.width, scan.height) == (frame.columns, 5, ROWS)
    blocks = list(scan.map(lambda block: block))
    assert len(blocks) > 5 and polars.concat(blocks).equals(frame) and scan["town"].equals(frame["town"])
    assert scan.sample.equals(frame)  # all rows, of which there are few
    rows = np.arange(ROWS) % 3 == 0
    some = scan.filter(rows).filter(np.arange(1000) >= 500)
    assert some.height == 500 and some["x"].equals(frame["x"].filter(rows)[500:])
    assert polars.concat(list(some.map(lambda block: block))).equals(frame.filter(rows)[500:])


def test_a_sample_stands_for_all(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chainrule.tables.scans._SAMPLED_ROWS", 500)
    scan = cr.tables.scan(path)
    place = cr.tables.read(path).with_row_index()
    drawn = place.join(scan.sample, on=["x", "time"], how="semi")["index"]
    assert (scan.sample.height, len(drawn)) == (500, 500) and drawn.is_sorted()
    assert np.histogram(drawn, 5, (0, ROWS))[0].min() > 70
    half = scan.filter(np.arange(ROWS) < ROWS // 2)
    assert half.sample.equals(scan.sample[: half.sample.height]) and 200 < half.sample.height < 300


@pytest.mark.parametrize("target", ["answer", "y"])
def test_it_is_learned_as_in_memory(path: Path, target: str) -> None:
    def scores(data: Any) -> Any:
        kinds = cr.tables.columns(data, drop=["y" if target == "answer" else "x"])
        parts = cr.tables.split(data, 0.25, stratify="answer")
        model = cr.TableModel.fit(parts.train, target, columns=kinds, **SMALL)
        first = next(model.scored_blocks(parts.test)) if isinstance(data, cr.tables.Scan) else None
        return model.preparation.encoders, model.evaluate(parts.test), model.baselines(*parts), first, model

    encoders, score, baselines, first, model = scores(cr.tables.scan(path))
    expected_encoders, expected, expected_baselines, _, _ = scores(cr.tables.read(path))
    assert encoders == expected_encoders
    for name, values in expected_baselines.items():
        assert baselines[name] == pytest.approx(values, rel=1e-4)
    assert score == pytest.approx(expected, rel=0.3)  # the order of rows is another one
    assert first is not None and first.equals(model.scored(first[:, :5]))


def test_nothing_is_left_behind(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    scan = cr.tables.scan(path)
    cr.TableModel.fit(scan, "answer", **SMALL)
    assert not list((tmp_path / "temporary").iterdir())


def test_rows_without_an_answer_are_left_out(tmp_path: Path) -> None:
    frame = table().with_columns(answer=polars.when(polars.col("x") < 2).then("answer"))
    frame.write_csv(tmp_path / "table.csv")
    n = frame["answer"].null_count()
    with pytest.warns(DataWarning, match=f"'answer' is missing in {n} of 3,000 rows, which are left out"):
        model = cr.TableModel.fit(cr.tables.scan(tmp_path / "table.csv"), "answer", **SMALL)
    assert model.report["rows"] == ROWS - n


def test_what_is_wrong_is_named_with_its_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chainrule.tables.scans._SAMPLED_ROWS", 200)
    path = tmp_path / "table.csv"
    frame = table().with_columns(polars.col("x").cast(polars.String))
    frame = frame.with_columns(x=polars.when(polars.arange(ROWS) == 2500).then(polars.lit("1.5.1")).otherwise("x"))
    frame.write_csv(path)
    scan = cr.tables.scan(path)
    assert "1.5.1" not in scan.sample["x"]
    wrong = r"^In .*table.csv: Column 'x' held .* row 2501 \(line 2502 of the file\) is '1\.5\.1'"
    for rows in np.arange(ROWS) % 2 == 0, np.arange(ROWS) > 2400:
        with pytest.raises(InputError, match=wrong):
            cr.TableModel.fit(scan.filter(rows), "answer", **SMALL)


def test_what_the_sample_says_is_wrong_is_named_with_its_row_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chainrule.tables.scans._SAMPLED_ROWS", 200)
    frame, path = table().with_columns(polars.col("x").cast(polars.String)), tmp_path / "table.csv"
    frame.write_csv(path)
    row = int(places_of(cr.tables.scan(path).sample)[150, 0])
    for cell, error in ("1.5.1", pytest.raises(InputError, match=rf"row {row + 1} \(.*'1\.5\.1'")), (
        "Summe", pytest.warns(DataWarning, match=rf"row {row + 1} \(.*'Summe'"),
    ):  # fmt: skip
        frame.with_columns(x=polars.when(polars.arange(ROWS) == row).then(polars.lit(cell)).otherwise("x")).write_csv(
            path
        )
        with error:
            cr.tables.columns(cr.tables.scan(path))


def test_what_the_sample_did_not_show_of_the_rows_that_test_is_told_before_the_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chainrule.cli.table_options.LARGE", 1000)
    monkeypatch.setattr("chainrule.tables.scans._SAMPLED_ROWS", 200)
    monkeypatch.chdir(tmp_path)
    frame = table().with_columns(polars.col("x").cast(polars.String))
    frame.with_columns(x=polars.when(polars.arange(ROWS) == 2990).then(polars.lit("1.5.1")).otherwise("x")).write_csv(
        "t.csv"
    )
    assert main(["train", "t.csv", "--target", "answer", "--split-by-time", "time", "--out", "model"]) == 2
    assert "rows that test: In t.csv: Column 'x' held numbers" in (err := capsys.readouterr().err)
    assert "row 2991 (line 2992 of the file) is '1.5.1'" in err and not Path("model").exists()


def test_what_is_not_scanned(tmp_path: Path) -> None:
    np.savez(tmp_path / "arrays.npz", x=np.ones((3, 2)))
    with pytest.raises(InputError, match=r"arrays.npz is read whole: scan takes CSV, TSV, Parquet and Arrow files"):
        cr.tables.scan(tmp_path / "arrays.npz")
    table().write_csv(tmp_path / "table.csv")
    with pytest.raises(InputError, match="may lie anywhere in a file: read the whole table"):
        cr.TableModel.fit(cr.tables.scan(tmp_path / "table.csv"), "y", history=3, time="time", **SMALL)


def test_a_separator_at_the_end_of_every_line_is_no_column(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    lines = ["a,b,", *[f"{i},{i % 7}," for i in range(5000)]]
    path.write_text("\n".join(lines) + "\n")
    assert cr.tables.scan(path).columns == ["a", "b"] == cr.tables.read(path).columns
    assert cr.tables.scan(path).height == 5000
    path.write_text("\n".join([*lines, "1,2,late"]) + "\n")
    with pytest.raises(InputError, match="has the value 'late' in its column 3, which has no name: give it one"):
        cr.tables.scan(path).look()


@pytest.mark.filterwarnings("ignore:The model learned from about")
def test_the_command_leaves_large_tables_in_their_files(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(path.parent)
    monkeypatch.setattr("chainrule.cli.table_options.LARGE", 1000)
    arguments = ["--target", "answer", "--drop", "y", "--layers", "8", "--epochs", "2", "--out", "model"]
    assert main(["train", path.name, *arguments]) == 0
    out = capsys.readouterr().out
    assert "what they are is told from 2,400 of 2,400 rows" in out and "logistic regression" in out
    assert main(["predict", "model", path.name, "--out", "scored.CSV"]) == 0
    assert capsys.readouterr().out == "3,000 predictions of 'answer' written to scored.CSV\n"
    assert main(["predict", "model", path.name, "--out", "scored.csv"]) == 0
    assert capsys.readouterr().out == "3,000 predictions of 'answer' written to scored.csv\n"
    whole = cr.TableModel.load("model").scored(cr.tables.read(path))
    scored = polars.read_csv("scored.csv", infer_schema=False)
    assert scored["prediction"].to_list() == whole["prediction"].to_list()
    assert scored["town"].to_list() == whole["town"].to_list()
    assert main(["evaluate", "model", path.name, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["test_rows"] == ROWS
    assert main(["predict", "model", path.name]) == 2
    assert "is large: say --out FILE.csv, which is written a block of rows at a time" in capsys.readouterr().err


@pytest.mark.parametrize("ending", ["csv", "parquet", "arrow"])
@pytest.mark.parametrize("change", ["longer", "shorter", "gone", "cut"])
def test_a_file_that_changes_while_it_is_read_is_told(tmp_path: Path, ending: str, change: str) -> None:
    path = tmp_path / f"table.{ending}"

    def write(rows: int) -> None:
        frame = polars.DataFrame({"x": [i / 7 for i in range(rows)], "y": [i % 2 for i in range(rows)]})
        getattr(frame, {"arrow": "write_ipc"}.get(ending, f"write_{ending}"))(path)

    write(300)
    table = cr.tables.scan(path)
    table.look("y")
    if change == "gone":
        path.unlink()
    elif change == "cut":
        path.write_bytes(path.read_bytes()[:-30])
    else:
        write(310 if change == "longer" else 200)
    with pytest.raises(InputError, match=r"was changed or removed while it was being read: begin again when nothing"):
        cr.TableModel.fit(table, "y", layers=(4,), epochs=1, verbose=False)
