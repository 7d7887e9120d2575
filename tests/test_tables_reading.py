"""Tables in files: CSV of every encoding and separator, Parquet, Arrow, Excel, NPZ, HDF5, folders of pictures."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import polars
import pytest
import xlsxwriter
from PIL import Image

import chainrule as cr
from chainrule.common.errors import DataUnavailableError, DataWarning, FileFormatError, InputError
from chainrule.tables import read
from chainrule.tables.encoders import read_numbers
from chainrule.tables.text_files import text_blocks

ROWS = [("Müller, Jr.", "1,5", "서울"), ('say "hi"', "2,25", "부산"), ("two\nlines", "", "서울")]
NAMES = ["name", "value", "city"]


def as_csv(separator: str = ",", end: str = "\n", rows: Any = ROWS) -> str:
    def cell(text: str) -> str:
        quoted = any(character in text for character in f'{separator}"\n\r')
        return '"{}"'.format(text.replace('"', '""')) if quoted else text

    return "".join(separator.join(map(cell, row)) + end for row in [NAMES, *rows])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "table.csv"


EXPECTED = polars.DataFrame([[v or None for v in column] for column in zip(*ROWS, strict=True)], schema=NAMES)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_any_separator_and_encoding(path: Path, separator: str, end: str, encoding: str) -> None:
    path.write_bytes(as_csv(separator, end).encode(encoding))
    assert read(path).equals(EXPECTED)


def test_korean_and_western_european(path: Path) -> None:
    path.write_bytes("도시,값\n서울,1\n부산 해운대,2\n".encode("cp949"))
    assert read(path).rows() == [("서울", "1"), ("부산 해운대", "2")]
    path.write_bytes("Größe;Straße\n5;Bäcker-Straße\n".encode("cp1252"))
    assert (read(path).columns, read(path).rows()) == (["Größe", "Straße"], [("5", "Bäcker-Straße")])
    path.write_bytes("café,prix (€)\nthé,5\n".encode("cp1252"))
    assert read(path).columns == ["café", "prix (€)"]


@pytest.mark.parametrize(
    ("text", "columns", "rows"),
    [
        ("a,b\n1,2\n", ["a", "b"], [("1", "2")]),
        ("a,b\n1,2", ["a", "b"], [("1", "2")]),
        ("a,b\r1,2\r", ["a", "b"], [("1", "2")]),
        ("\n\na,b\n\n1,2\n\n\n3,4\n\n", ["a", "b"], [("1", "2"), ("3", "4")]),
        ("a\n1\n\n3\n", ["a"], [("1",), (None,), ("3",)]),
        ("a,b,\n1,2,\n3,4,\n", ["a", "b"], [("1", "2"), ("3", "4")]),
        (",a\n0,x\n1,y\n", ["column 1", "a"], [("0", "x"), ("1", "y")]),
        ("a,b\n1,\n,2\n", ["a", "b"], [("1", None), (None, "2")]),
        ("a;b\n1,5;2,5\n", ["a", "b"], [("1,5", "2,5")]),
        ("a,b\n", ["a", "b"], []),
        ('a,b\n5" pipe,2\n', ["a", "b"], [('5" pipe', "2")]),
        (" a , b \n1,2\n", ["a", "b"], [("1", "2")]),
        ("text\nno separator; here\n", ["text"], [("no separator; here",)]),
        ("sep=;\na;b\n1,5;2,5\n", ["a", "b"], [("1,5", "2,5")]),
        ('"sep=,"\r\na,b\r\n1;5,2;5\r\n', ["a", "b"], [("1;5", "2;5")]),
        ("sep=^\na^b\n1,5^2\n", ["a", "b"], [("1,5", "2")]),
        (",,a,b\n0,0,x,1\n", ["column 1", "column 2", "a", "b"], [("0", "0", "x", "1")]),
        ("a,b\nx|y,1\nz|w,2\n", ["a", "b"], [("x|y", "1"), ("z|w", "2")]),
        ("y,400.5,401.5\n1,2,3\n", ["y", "400.5", "401.5"], [("1", "2", "3")]),
        ("first name\nBob Smith\n", ["first name"], [("Bob Smith",)]),
    ],
)
def test_how_text_is_read(path: Path, text: str, columns: list[str], rows: list[Any]) -> None:
    path.write_bytes(text.encode())
    frame = read(path)
    assert (frame.columns, frame.rows()) == (columns, rows)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "is empty: a table has a line with the names"),
        (" \n\n", "is empty"),
        ('""\n', "has neither names of columns nor values"),
        (";\n;\n", "has neither names of columns nor values"),
        (
            "a,b\n1,2\n3\n",
            r"Row 2 of .*table\.csv, in line 3, has 1 field, but its header has 2 fields \(a, b\): a comma inside",
        ),
        ("a;b\n1;2\n3;4;5\n", "Row 2 of .* has 3 fields, but its header has 2 fields .*: a semicolon inside"),
        ("a,b,c\n1,2\n3,4,5,6\n", "Row 1 of .* has 2 fields, but its header has 3 fields"),
        ('a,b\n1,2\n"3,4\n5,6\n', "wrong quotes in row 2, which begins in line 3: unexpected end of data"),
        ('a,b\n1,2\n"x"y,4\n', "wrong quotes in row 2, which begins in line 3"),
        ('"a,b\n1,2\n', "wrong quotes in the header, which begins in line 1"),
        ("a,b,a\n1,2,3\n", r"has 2 columns named 'a' \(columns 1, 3\): give each its own name"),
        (
            "5.1,3.5\n4.9,3.0\n",
            r"The first row of .* holds numbers \(5\.1, 3\.5\) where the names of the columns belong",
        ),
        ("a,b\n1,\0\n", r"has a byte of 0 in line 2, which no text has: it is damaged there"),
        (
            f'a,b\n1,2\n3,"{"x" * 140_000}\n',
            "field of more than 131,072 characters in row 2, which begins in line 3",
        ),
        ("T\na,b\n", r"has 2 fields, but its header has 1 field \(T\): if the first line is a title, remove what"),
        ("a,b\n1,2,\n3,4,\n", "Row 1 .* has 3 fields, but its header has 2 fields .*: if the first line is a title"),
        ("g,g,h,h\na,b,a,b\n1,2,3,4\n", "2 columns named 'g' .*, or join it with the one below if that is a further"),
        ("A,6,4,4\nB,7,3,2\n", "2 columns named '4' .*, or add a line with names if these are values"),
        ("M,0.455,0.36,0.9,15\nF,0.4,0.3,1,9\n", r"first row of .* holds numbers \(0\.455, 0\.36, 0\.9, 15\) where"),
        (
            "0.02  396.90  24.0\n0.03  392.83  21.6\n",
            "seem to have 3 fields with blanks between them, .*: put a comma or a tab in their place",
        ),
        ("sep=;\na;b\n1;2;3\n", "Row 1 of .*, in line 3, has 3 fields"),
        (
            "Report;;\n;;\na;b;c\n1;2;3\n",
            r"names 1 of its 3 columns \('Report'\), as a title or a heading .*\. They seem to be in line 3\.",
        ),
        ("2023,,2024,\na,b,c,d\n1,2,3,4\n", r"names 2 of its 4 columns \('2023', '2024'\).*: remove the lines above"),
        ("sep=;\n", "is empty"),
    ],
)
def test_what_is_wrong_is_named_with_its_row(path: Path, text: str, error: str) -> None:
    path.write_bytes(text.encode())
    with pytest.raises((InputError, FileFormatError), match=error):
        read(path)


@pytest.mark.parametrize("lines", [0, 1, 2])
def test_blocks_of_a_file_are_the_file(path: Path, lines: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [*([str(i), f"plain {i}", ""] for i in range(40)), *([f'{i}"', f"two\nlines, {i}", "x"] for i in range(40))]
    rows += [[str(i), "plain", "again"] for i in range(40)]
    path.write_text(as_csv(rows=rows) + "\n")
    whole = read(path)
    assert whole.rows() == [tuple(cell or None for cell in row) for row in rows]
    monkeypatch.setattr("chainrule.tables.text_files._BLOCK", 10 + 7 * lines)
    assert read(path).equals(whole) and len(list(text_blocks(path))) > 60
    path.write_text(as_csv(rows=[*rows, ["1", "2"]]))
    with pytest.raises(InputError, match=r"Row 121 of .* has 2 fields, but its header has 3 fields"):
        read(path)
    path.write_text(as_csv(rows=rows) + '"1,2,3\n')
    with pytest.raises(InputError, match="wrong quotes in row 121, which begins in line 162: unexpected end of data"):
        read(path)
    path.write_text("a\n1\n\n2\n\n\n3\n\n\n\n")
    assert read(path)["a"].to_list() == ["1", None, "2", None, None, "3"]


def test_files_of_frames(tmp_path: Path) -> None:
    frame = polars.DataFrame({"a": [1, 2], "b": ["x", None]})
    frame.write_parquet(tmp_path / "one")
    frame.write_ipc(tmp_path / "two")
    assert read(tmp_path / "one").equals(frame) and read(tmp_path / "two").equals(frame)
    for name in "one", "two":
        raw = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(raw[: len(raw) // 2])
        with pytest.raises(FileFormatError, match=r"cannot be read: .* It is truncated or damaged"):
            read(tmp_path / name)


def test_what_is_no_table_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text('[{"a": 1}]')
    with pytest.raises(InputError, match=r"list.json is JSON and no table: write it as CSV or Parquet"):
        read(tmp_path / "list.json")
    (tmp_path / "table.csv.gz").write_bytes(gzip.compress(b"a,b\n1,2\n"))
    with pytest.raises(InputError, match=r"table.csv.gz is packed: unpack it first, as with `gunzip --keep"):
        read(tmp_path / "table.csv.gz")
    (tmp_path / "x.gz").write_bytes(gzip.compress(bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4])))
    assert read(tmp_path / "x.gz").rows() == [(1, 2), (3, 4)]


def sheets(path: Path, **pages: Any) -> None:
    with xlsxwriter.Workbook(path) as book:
        for name, rows in pages.items():
            page = book.add_worksheet(name)
            for i, row in enumerate(rows):
                page.write_row(i, 0, row)


def test_the_sheet_with_the_table(tmp_path: Path) -> None:
    path, table, notes = tmp_path / "book.xlsx", [["a", "b"], [1, 2]], [["Notes"], ["of the year"]]
    for first in [], notes:
        sheets(path, first=first, data=table)
        assert read(path).rows() == [("1", "2")]
    sheets(path, first=notes, data=table, more=table)
    with pytest.raises(
        InputError, match=r"The sheet 'first' of .* holds no table, .* --sheet 'data' .* 'data', 'more'"
    ):
        read(path)
    sheets(path, first=notes, empty=[])
    assert read(path).columns == ["Notes"]


def test_excel(tmp_path: Path) -> None:
    rows = {
        sheet: [["name", "value", ""], [sheet, 1.5, ""], ["b", "", ""], ["c", 2, ""]] for sheet in ("first", "second")
    }
    sheets(tmp_path / "book.xlsx", **rows)
    assert read(tmp_path / "book.xlsx").rows() == [("first", "1.5"), ("b", None), ("c", "2")]
    assert read(tmp_path / "book.xlsx", sheet="second")["name"][0] == "second"
    with pytest.raises(InputError, match="has no sheet 'third'; its sheets are 'first', 'second'"):
        read(tmp_path / "book.xlsx", sheet="third")
    with pytest.raises(InputError, match=r"The first line of the sheet 'first' of .* names 1 of its 2 columns"):
        sheets(tmp_path / "titled.xlsx", first=[["Report", ""], ["a", "b"], [1, 2]])
        read(tmp_path / "titled.xlsx")
    raw = (tmp_path / "book.xlsx").read_bytes()
    (tmp_path / "book.xlsx").write_bytes(raw[:-100])
    with pytest.raises(FileFormatError, match="truncated or damaged"):
        read(tmp_path / "book.xlsx")


def test_arrays(tmp_path: Path) -> None:
    X, y = np.arange(6.0).reshape(3, 2), np.array([0, 1, 0])
    np.savez(tmp_path / "a.npz", X=X, y=y, more=np.zeros(5))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["group/X"], file["y"], file["more"] = X, np.array(["no", "yes", "no"], object), np.zeros(5)
    frame = read(tmp_path / "a.npz", x="X", y="y")
    assert frame.to_dict(as_series=False) == {"X_0": [0, 2, 4], "X_1": [1, 3, 5], "y": [0, 1, 0]}
    assert read(tmp_path / "a.h5", x="group/X", y="y")["y"].to_list() == ["no", "yes", "no"]
    for name in "a.npz", "a.h5":
        with pytest.raises(InputError, match=r"have not equally many rows: .* Name those of the inputs"):
            read(tmp_path / name)
        with pytest.raises(InputError, match=r"has no array 'Z'; it has"):
            read(tmp_path / name, x="Z")
    np.savez(tmp_path / "b.npz", X=np.array([{}, []], object))
    with pytest.raises(FileFormatError):
        read(tmp_path / "b.npz")  # it would have to be unpickled
    with pytest.raises(InputError, match="is a file of arrays, for which sheet='a' means nothing"):
        read(tmp_path / "a.npz", sheet="a")
    with pytest.raises(DataUnavailableError, match=r"nope\.csv cannot be read"):
        read(tmp_path / "nope.csv")


@pytest.fixture
def shapes(tmp_path: Path) -> Path:
    """Pictures of bars that lie and that stand."""
    rng = np.random.default_rng(0)
    for kind in "lying", "standing":
        (tmp_path / "shapes" / kind).mkdir(parents=True)
        for i in range(40):
            picture = rng.integers(0, 60, (16, 16), dtype=np.uint8)
            picture[6 + i % 4 : 9 + i % 4] = 230
            Image.fromarray(picture if kind == "lying" else picture.T).save(tmp_path / "shapes" / kind / f"{i:02}.png")
    return tmp_path / "shapes"


def test_a_folder_of_pictures_is_learned(shapes: Path, tmp_path: Path) -> None:
    frame = read(shapes)
    assert frame.columns == ["file", "picture", "class"] and frame["picture"].dtype.shape == (16, 16, 1)
    model = cr.TableModel.fit(frame, "class", layers=(8,), epochs=12, verbose=False)
    with pytest.warns(DataWarning, match="The model learned from about 100%"):
        assert model.evaluate(frame)["accuracy"] > 0.9
    model.save(tmp_path / "model")
    again = cr.TableModel.load(tmp_path / "model")
    assert np.array_equal(again.predict_proba(frame), model.predict_proba(frame))
    with pytest.raises(InputError, match=r"of 16 x 16 x 1 in training, but they are 8 x 8 x 1 now: .*size=\(16, 16\)"):
        again.predict(read(shapes, size=(8, 8)))
    with pytest.raises(InputError, match="but they are String now"):
        again.predict({"picture": ["a.png"]})


def test_gray_pictures_are_taken_for_colored_ones_and_the_other_way(shapes: Path) -> None:
    gray = read(shapes)
    colored = gray.with_columns(polars.Series("picture", np.repeat(gray["picture"].to_numpy(), 3, axis=-1)))
    for frame, other in ((gray, colored), (colored, gray)):
        model = cr.TableModel.fit(frame, "class", layers=(8,), epochs=1, verbose=False)
        assert np.array_equal(model.predict_proba(other), model.predict_proba(frame))


def test_pictures_of_every_kind(tmp_path: Path) -> None:
    folder = tmp_path / "pictures" / "a"
    folder.mkdir(parents=True)
    gray = np.tile(np.arange(8, dtype=np.uint8) * 30, (4, 1))
    Image.fromarray(gray).save(folder / "0.png")
    Image.fromarray(gray.astype(np.uint16) * 257).save(folder / "1.png")
    Image.fromarray(gray).convert("P").save(folder / "2.png")
    Image.fromarray(np.dstack([gray] * 3 + [np.full_like(gray, 255)])).save(folder / "3.png")
    turned = Image.fromarray(gray[::-1, ::-1])
    exif = turned.getexif()
    exif[0x0112] = 3  # the camera was held upside down
    turned.save(folder / "4.png", exif=exif)
    frame = read(tmp_path / "pictures")
    assert frame["picture"].dtype.shape == (4, 8, 3)  # one has colors
    pictures = frame["picture"].to_numpy()[..., 0].astype(int)
    assert np.abs(pictures - gray).max() <= 1
    (folder / "5.png").write_bytes(b"no picture")
    with pytest.raises(FileFormatError, match=r"5\.png is no picture that Pillow can read"):
        read(tmp_path / "pictures")
    with pytest.raises(InputError, match="has no folders with pictures: it needs a folder for each class"):
        read(folder)


def test_the_way_through_the_careful_reader_gives_the_same(path: Path) -> None:
    rows = [(f"n{i}", str(i), "x") for i in range(50)]
    path.write_text(as_csv(rows=rows))
    plain = read(path)
    path.write_text(as_csv(rows=rows).replace("n7", '"n7"'))
    assert read(path).equals(plain)


def test_two_arrays_that_make_a_column_of_the_same_name_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.zeros((3, 2)), x_0=np.ones(3))
    with pytest.raises(InputError, match="has 'x_0' both as a column of the array"):
        read(tmp_path / "a.npz")


def test_no_thousands_begin_with_zero() -> None:
    (found,) = cr.tables.columns({"x": ["0,562", "-0,292", "2,877", "1,004"]})
    assert found.numbers is not None and found.numbers.decimal == ","


@pytest.mark.parametrize(
    ("training", "new", "values"),
    [
        (["1,5", "2,25"], ["1.054,0", "12.345.678", "-1.000,5", "7"], [1054.0, 12345678.0, -1000.5, 7.0]),
        (["1.5", "2.25"], ["1,054.0", "12'345'678", "1 000.5", "7"], [1054.0, 12345678.0, 1000.5, 7.0]),
        (["1,5 €", "2 €"], ["1.054,0 €", "€ 3"], [1054.0, 3.0]),
    ],
)
def test_the_decimal_sign_of_training_says_what_stands_between_thousands(
    training: list[str], new: list[str], values: list[float]
) -> None:
    (column,) = cr.tables.columns({"x": training})
    assert read_numbers(polars.Series("x", new), column.numbers).tolist() == values
    for wrong in "1.5" if "," in training[0] else "1,5", "1234.567" if "," in training[0] else "1234,567":
        with pytest.raises(InputError, match=f"Column 'x' held numbers.* '{wrong}"):
            read_numbers(polars.Series("x", [wrong + column.numbers.unit]), column.numbers)


@pytest.mark.parametrize("title", ["Report of 2024\n", "Report, of 2024\n", "Report\n\n", "# a\n# b, c\n# d\n"])
def test_a_title_above_a_table_of_commas_is_told_with_the_line_of_the_names(path: Path, title: str) -> None:
    path.write_text(f"{title}a,b,c\n1,2,3\n")
    said = (
        rf"The first line of .*, '{title.splitlines()[0]}', looks like a title: .* in line {title.count(chr(10)) + 1}, "
    )
    with pytest.raises(InputError, match=said + "with a comma between them"):
        read(path)
