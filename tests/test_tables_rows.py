"""Rows in errors and warnings are called as they are in the file, whatever was left out or split off since."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import polars
import pytest

import chainrule as cr
from chainrule.cli import main
from chainrule.common.errors import DataWarning, InputError
from chainrule.tables.answers import with_answers
from chainrule.tables.rows import place_of, places_of

QUICK: dict[str, Any] = {"layers": (4,), "epochs": 1, "verbose": False}
ROWS = 60
BAD = 40  # the row whose cell is wrong, counted from 0


def lines(cell: str, *, blank: int) -> str:
    """Return a table of which a row has the cell, with blank lines, and one row in ten without a target."""
    rows = [f"{i % 7}.5,{'' if i % 10 == 3 else i % 5 * 1.5}" for i in range(ROWS)]
    rows[BAD] = f"{cell},3.0"
    return "\n".join(["x,y", *rows[:3], *[""] * blank, *rows[3:]]) + "\n"


def numbered_rows(path: Path, *, large: bool) -> Any:
    return cr.tables.scan(path) if large else cr.tables.read(path)


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("blank", [0, 2])
def test_a_row_is_that_of_the_file(tmp_path: Path, large: bool, blank: int) -> None:
    path = tmp_path / "table.csv"
    path.write_text(lines("1.5.1", blank=blank))
    row = rf"row {BAD + 1} \(line {BAD + 2 + blank} of the file\) is '1\.5\.1'"
    with pytest.raises(InputError, match=row):
        cr.tables.columns(numbered_rows(path, large=large), numeric=["x"])
    path.write_text(lines("soon", blank=blank))
    with pytest.warns(DataWarning, match=row.replace(r"1\.5\.1", "soon")):
        cr.tables.columns(numbered_rows(path, large=large), numeric=["x"])


@pytest.mark.parametrize("large", [False, True])
def test_a_row_keeps_its_place_through_splits_and_rows_without_a_target(tmp_path: Path, large: bool) -> None:
    path = tmp_path / "table.csv"
    path.write_text(lines("2.5", blank=2))
    model = cr.TableModel.fit(polars.read_csv(path).drop_nulls(), "y", **QUICK)
    path.write_text(lines("1.5.1", blank=2))
    table = numbered_rows(path, large=large)
    wrong = rf"row {BAD + 1} \(line {BAD + 4} of the file\) is '1\.5\.1'"
    answered = with_answers(table, "y", quiet=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # rows are the same
        parts = cr.tables.split(answered, 0.5, time="y")
    doors: list[Callable[[Any], Any]] = [model.predict, model.evaluate, lambda rows: model.compare(rows, rows)]
    for door in doors:
        for rows in (table if door == model.predict else answered, *parts):
            if (rows["x"] == "1.5.1").any():
                with pytest.raises(InputError, match=wrong):
                    door(rows)


def test_a_row_of_a_frame_that_was_split_is_that_of_the_frame() -> None:
    frame = polars.DataFrame({"x": range(20), "y": [None, *map(float, range(19))], "z": ["1"] * 20})
    parts = cr.tables.split(with_answers(frame, "y", quiet=True), 0.4, time="x")
    assert place_of(parts.test, 0) == f"row {parts.test['x'][0] + 1} ({parts.test['x'][0] + 2} with the header)"
    assert places_of(frame).tolist() == [[i, 0] for i in range(20)]
    assert places_of(parts.test[2:])[0, 0] == 0  # nobody knows of what others make of it


def test_an_unknown_class_is_named_with_its_row_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("x,color\n" + "".join(f"{i % 9},{'red' if i % 2 else 'blue'}\n" for i in range(40)))
    model = cr.TableModel.fit(cr.tables.read(path), "color", **QUICK)
    path.write_text("x,color\n\n1,red\n2,\n\n3,green\n")
    for table in cr.tables.read(path), cr.tables.scan(path):
        with pytest.raises(InputError, match=r"'green' in row 3 \(line 6 of the file\)"):
            model.evaluate(with_answers(table, "color", quiet=True))
    with pytest.raises(InputError, match=r"'green' in row 2 \(3 with the header\)"):
        model.evaluate(pandas.DataFrame({"x": [1, 2], "color": ["red", "green"]}))


def test_windows_name_rows_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("day,load\n\n" + "".join(f"2024-01-{i % 19 + 1:02},{i % 3}\n" for i in range(20)))
    with pytest.raises(InputError, match=r"row 1 \(line 3 of the file\) and row 20 \(line 22 of the file\)"):
        cr.tables.windows(cr.tables.read(path), "load", history=2, time="day")


def test_fields_over_several_lines_and_blank_lines_of_one_column(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text('text,x\n"a\nb",1\n"c",2\n\nd,3\n')
    assert places_of(cr.tables.read(path)).tolist() == [[0, 2], [1, 4], [2, 6]]
    path.write_text("x\n1\n\n\n2\n")
    frame = cr.tables.read(path)
    assert frame["x"].to_list() == ["1", None, None, "2"] and places_of(frame)[:, 1].tolist() == [2, 3, 4, 5]
    path.write_text("sep=;\nx;y\n1;2\n")
    assert places_of(cr.tables.read(path)).tolist() == [[0, 3]]


def test_a_sheet_has_its_own_rows(tmp_path: Path) -> None:
    sheets = pytest.importorskip("xlsxwriter", reason="writes Excel files")
    with sheets.Workbook(tmp_path / "table.xlsx") as book:
        sheet = book.add_worksheet()
        for row, cells in {2: ("a", "b"), 3: (1, "x"), 5: (2, "y")}.items():
            sheet.write_row(row, 1, cells)
    frame = cr.tables.read(tmp_path / "table.xlsx")
    assert frame["a"].to_list() == ["1", "2"] and places_of(frame).tolist() == [[0, 4], [1, 6]]


def test_the_command_names_rows_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    rows = [f"{x:.3f},{'' if i == 1 else f'{x * 2:.3f}'}" for i, x in enumerate(rng.normal(size=80))]
    rows[50] = f"1e39,{rng.normal():.3f}"  # read, but no float32
    Path("table.csv").write_text("x,y\n\n" + "\n".join(rows) + "\n")
    for seed in "0", "1", "2", "3", "4":  # among the rows that train, and among those that test
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert main(["train", "table.csv", "--target", "y", "--seed", seed, "--layers", "4", "--epochs", "1"]) == 2
        assert "in row 51 (line 53 of the file)" in capsys.readouterr().err
