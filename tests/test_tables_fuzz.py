"""Tables as people have them: each gives a right result or one sentence, and never a traceback or half a file.

`CHAINRULE_FUZZ` multiplies their number: ``make fuzz`` tries 5,000.
"""

from __future__ import annotations

import csv
import io
import os
import warnings
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import chainrule as cr
from chainrule.cli import main
from chainrule.common.errors import ChainruleError
from chainrule.tables.encoders import read_numbers

FUZZ = int(os.environ.get("CHAINRULE_FUZZ", "1"))
USUAL = settings(
    deadline=None,
    max_examples=60 if FUZZ == 1 else 250 * FUZZ,
    print_blob=False,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

NAMES = [
    *(
        "age",
        "Fare",
        "id",
        "price (€)",
        "y",
        "x",
        "prediction",
        "probability of 0",
        "target",
        "class",
        "file",
        "column 1",
    ),
    *(
        "나이",
        "col,umn",
        'quo"te',
        " blank ",
        "",
        "a",
        "A",
        "1",
        "-",
        "name\nof two lines",
        "missing",
        "loss",
        "0.W",
        "가격",
    ),
]
CELLS = {
    "whole": st.integers(-1000, 10**6).map(str),
    "decimal": st.floats(-1e6, 1e6).map(lambda x: f"{x:.3f}"),
    "huge": st.sampled_from(["1e308", "-1e308", "1e-320", "1e400", "9" * 40, "inf", "-Infinity", "NaN"]),
    "comma": st.floats(0, 1e6).map(lambda x: f"{x:.2f}".replace(".", ",")),
    "thousands": st.integers(0, 10**7).map(lambda n: f"{n:,}"),
    "percent": st.integers(0, 100).map(lambda n: f"{n} %"),
    "money": st.integers(0, 10**5).map(lambda n: f"${n:,}"),
    "truth": st.sampled_from(["yes", "no"]),
    "few": st.sampled_from(["S", "C", "Q"]),
    "korean": st.sampled_from(["서울", "부산", "대구"]),
    "constant": st.just("same"),
    "nothing": st.sampled_from(["", "NA", "?", "null"]),
    "iso": st.dates(date(1990, 1, 1), date(2030, 1, 1)).map(str),
    "german": st.dates(date(1990, 1, 1), date(2030, 1, 1)).map(lambda d: f"{d:%d.%m.%Y}"),
    "american": st.dates(date(1990, 1, 1), date(2030, 1, 1)).map(lambda d: f"{d:%m/%d/%Y}"),
    "british": st.dates(date(1990, 1, 1), date(2030, 1, 1)).map(lambda d: f"{d:%d/%m/%Y}"),
    "text": st.text(max_size=12),
    "odd": st.sampled_from(
        ['"', '""', "a,b", "a;b", "x\ny", "'", "\\", "=1+1", "\t", "0x1F", "00123", "1.2.3", "--", "٣"]
    ),
}
MIXED = st.sampled_from(list(CELLS)).flatmap(lambda kind: CELLS[kind])


@st.composite
def tables(draw: Callable[..., Any]) -> list[list[str]]:
    """A header and rows; columns have a kind of their own, and some have other values in them."""
    width, height = draw(st.integers(1, 6)), draw(st.sampled_from([0, 1, 2, 5, 9, 15, 40, 90, 260]))
    header = draw(st.lists(st.sampled_from(NAMES), min_size=width, max_size=width, unique=draw(st.integers(0, 5)) > 0))
    columns = []
    for _ in range(width):
        cell = CELLS[draw(st.sampled_from(list(CELLS)))]
        pool = draw(st.lists(cell, min_size=3, max_size=12)) + draw(st.lists(MIXED, max_size=draw(st.integers(0, 1))))
        rng = np.random.default_rng(draw(st.integers(0, 99)))
        columns.append([str(pool[i]) for i in rng.integers(0, len(pool), height)])
    return [header, *(list(row) for row in zip(*columns, strict=True))]


@st.composite
def files(draw: Callable[..., Any]) -> bytes:
    """The bytes of a table in some encoding, with some separator, and with something wrong in some of them."""
    table = draw(tables())
    text = io.StringIO()
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    ends = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    csv.writer(text, delimiter=draw(st.sampled_from(",;\t|")), quoting=quoting, lineterminator=ends).writerows(table)
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp949", "cp1252", "latin-1"]))
    raw = text.getvalue().encode(encoding, "replace")
    damage = draw(st.sampled_from([None, None, None, "cut", "quote", "byte", "field", "zero", "twice"]))
    place = draw(st.integers(0, max(len(raw) - 1, 0)))
    return {
        None: raw,
        "cut": raw[:place],
        "quote": raw[:place] + b'"' + raw[place:],
        "byte": raw[:place] + b"\xff" + raw[place + 1 :],
        "field": raw[:place] + b"," + raw[place:],
        "zero": raw[:place] + b"\0" + raw[place:],
        "twice": raw + raw,
    }[damage]


def says(capsys: pytest.CaptureFixture[str], *arguments: str) -> int:
    """Run a command; what it says beside its result is sentences, each in a line."""
    capsys.readouterr()
    with warnings.catch_warnings():
        warnings.simplefilter("always")  # the command prints them
        status = main(list(arguments))
    err = capsys.readouterr().err
    assert status in (0, 2), (status, err)
    assert all(line.startswith("chainrule: ") for line in err.splitlines()), err
    assert status == 0 or err
    return status


@pytest.mark.usefixtures("no_type_checks")
@USUAL
@given(
    raw=files(), target=st.sampled_from(NAMES), seed=st.integers(0, 3),
    more=st.sampled_from([[], [], [], ["--history", "2"], ["--history", "30"], ["--class-weight", "balanced"]]),
)  # fmt: skip
def test_any_file_is_trained_on_or_refused_in_a_sentence(
    raw: bytes,
    target: str,
    seed: int,
    more: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("table.csv").write_bytes(raw)
    for name in ("model", "scored.csv"):
        Path(name).unlink(missing_ok=True)
    try:
        frame = cr.tables.read("table.csv")
    except ChainruleError as error:
        assert "table.csv" in str(error)
    else:
        target = frame.columns[seed % frame.width]  # else the target would hardly ever be there
    arguments = ["--target", target, "--layers", "4", "--epochs", "1", "--seed", str(seed), *more]
    trained = says(capsys, "train", "table.csv", "--out", "model", *arguments)
    assert trained or Path("model").exists()
    if Path("model").exists():  # also where it could be trained, but not tested
        cr.TableModel.load("model")
    if trained == 0:
        assert says(capsys, "info", "model") == 0
        scored = says(capsys, "predict", "model", "table.csv", "--out", "scored.csv")
        assert (scored == 0) == Path("scored.csv").exists()
        says(capsys, "evaluate", "model", "table.csv")
    assert {path.name for path in tmp_path.iterdir()} <= {"table.csv", "model", "scored.csv"}


STYLES: dict[str, Callable[[float], str]] = {
    "plain": lambda x: f"{x:.2f}",
    "comma": lambda x: f"{x:.2f}".replace(".", ","),
    "grouped": lambda x: f"{x:,.2f}",
    "grouped comma": lambda x: f"{x:,.2f}".translate(str.maketrans(",.", ".,")),
    "blanks": lambda x: f"{x:,.2f}".replace(",", " "),
    "percent": lambda x: f"{x:.2f} %",
    "won": lambda x: f"{x:,.2f}원",
    "dollars": lambda x: f"${x:,.2f}",
}


@settings(USUAL)
@given(
    values=st.lists(st.integers(-(10**8), 10**8).map(lambda n: n / 100), min_size=2, max_size=30, unique=True),
    style=st.sampled_from(list(STYLES)),
    separator=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp949"]),
    missing=st.sampled_from(["", "NA", "?", "n/a"]),
)
def test_numbers_are_read_as_they_were_meant(
    values: list[float], style: str, separator: str, encoding: str, missing: str, tmp_path: Path
) -> None:
    text = io.StringIO()
    rows = [["값", "other"], *([STYLES[style](x), "a"] for x in values), [missing, "b"]]
    csv.writer(text, delimiter=separator).writerows(rows)
    (tmp_path / "table.csv").write_bytes(text.getvalue().encode(encoding))
    frame = cr.tables.read(tmp_path / "table.csv")
    column = cr.tables.columns(frame, numeric=["값"])["값"]
    assert (column.kind, column.missing) == ("numeric", 1)
    assert read_numbers(frame["값"], column.numbers)[:-1].tolist() == values
