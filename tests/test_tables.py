"""Tables: what their columns are, how they are split, and a network that knows the table it was trained on."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pandas
import polars
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file
from sklearn.compose import make_column_transformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, RobustScaler

import chainrule as cr
from chainrule.common.errors import DataWarning, FileFormatError, InputError, NetworkWarning
from chainrule.common.texts import Note
from chainrule.tables import TableModel, columns, preparation, split, training
from chainrule.tables.class_weights import WeightedLoss, weights_of
from chainrule.tables.encoders import Date, Numeric
from chainrule.tables.frames import as_frame, texts
from chainrule.tables.splitting import validating
from chainrule.tables.targets import Target
from chainrule.training.callbacks import EarlyStopping
from examples.data.make_tables import make

QUICK: dict[str, Any] = {"layers": (8,), "epochs": 3, "verbose": False}


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example tables."""
    folder = tmp_path_factory.mktemp("tables")
    make(folder)
    return folder


def kind(values: Any, **said: Any) -> tuple[str, str]:
    column = columns({"a": values}, **said)["a"]
    return column.kind, column.note


# What columns are.

READ_AS: list[tuple[list[Any], str, str]] = [
    (["1", "2.5", "-3e2"], "numeric", "-300 to 2.5"),
    (["1,234", "56", "7,000,001.5"], "numeric", "56 to 7e+06, numbers like 1,234.5"),
    (["1,5", "2", "1.234,25"], "numeric", "1.5 to 1234.25, numbers like 1.234,5"),
    (["12 %", "3%", "50.5 %"], "numeric", "3 to 50.5, numbers like 1.5 %"),
    (["$1,200", "$ 3", "-$4"], "numeric", "-4 to 1200, numbers like 1,234.5 $"),
    (["1 234 567", "5", "89"], "numeric", "5 to 1.23457e+06, numbers like 1,234.5"),
    (["3만원", "5만원", "3만원"], "numeric", "3 to 5, numbers like 1.5 만원"),
    (["3만원", "5,000원", "3만원"], "categorical", ""),
    (["12kg", "3.5 kg"], "numeric", "3.5 to 12, numbers like 1.5 kg"),
    (["(941)", "12", "1,000"], "numeric", "-941 to 1000, numbers like 1,234.5"),
    (["$(941)", "($5)", "$12"], "numeric", "-941 to 12, numbers like 1.5 $"),
    (["(1)", "(2)", "(3)"], "categorical", ""),
    (["1€50", "2€50"], "categorical", ""),
    (["2호선", "3호선", "2호선"], "categorical", ""),
    (
        [f"{i} apples" for i in range(5)] + [f"{i} pears" for i in range(7)],
        "left out",
        "numbers with different or unknown units, such as '0 apples': leave them off",
    ),
    (["3,000원", "500원", "70원"], "numeric", "70 to 3000, numbers like 1,234.5 원"),
    (["yes", "No", "yes"], "boolean", ""),
    ([True, False, None], "boolean", ""),
    ([1, 0, 1], "boolean", ""),
    ([2, 3, 3], "numeric", "2 to 3"),
    (["S", "C", "S", None], "categorical", ""),
    (["01234", "99999", "01234"], "categorical", ""),
    (["2024-01-31", "2024-02-01"], "date", "dates like 2024-01-31"),
    (["31/01/2024", "01/02/2024"], "date", "dates like 01/02/2024"),
    (["1/2/2024", "3/4/2024"], "date", "dates like 1/2/2024, month first"),
    (["2024-01-31", "1 Feb 2024", "2024/03/01"], "date", "dates like 1 Feb 2024"),
    (["2024년 1월 31일", "2024년 2월 1일"], "date", "dates like 2024년 1월 31일"),
    ([date(2024, 1, 31), None, date(2023, 1, 1)], "date", ""),
    ([datetime(2024, 1, 31, 5), datetime(2024, 1, 31, 6)], "date", ""),
    (["No", "Yes", "no", "refused", "unknown"], "categorical", ""),
    (["No", "Yes", "no", "YES"], "boolean", ""),
    (
        ["12.01.24", "13.01.24"],
        "left out",
        "dates with two digits for the year, such as 12.01.24: write all four",
    ),
    (["1２3", "4", "4"], "categorical", ""),
    (["", "NA", None, "?"], "left out", "all values are missing"),
    (["x", "x", "x"], "left out", "all values are 'x'"),
    ([f"person {i}" for i in range(12)], "left out", "texts that hardly repeat, such as names"),
    ([str(i) for i in range(1, 15)], "left out", "it counts the rows (--numeric a learns from it)"),
    ([[1], [2]], "left out", "its values are of type List(Int64)"),
    (["20240131", "20240201"], "date", "dates like 20240131"),
    ([20240131, 20240201, 20240131], "date", "dates like 20240131"),
    (["20240131", "20241301"], "numeric", "2.02401e+07 to 2.02413e+07"),
    (["202401311230", "202401311245"], "date", "dates like 202401311230"),
    (["2024-01-31 오전 9:30", "2024-01-31 오후 12:05"], "date", "dates like 2024-01-31 오전 9:30"),
    (["2024. 1. 31. 오후 3:05:10", "2024. 2. 1. 오전 12:05:10"], "date", "dates like 2024. 1. 31. 오후 3:05:10"),
    (["01/31/2024 9:30 AM", "02/13/2024 12:05 PM"], "date", "dates like 01/31/2024 9:30 AM"),
    (["09:30", "23:59"], "date", "times of day like 09:30"),
    (["오전 9:30", "오후 11:00:05"], "date", "times of day like 오전 9:30"),
    (["16:9", "4:3"], "categorical", ""),
]


@pytest.mark.parametrize(("values", "expected", "note"), READ_AS, ids=[str(values[:2]) for values, *_ in READ_AS])
def test_what_a_column_is(values: list[Any], expected: str, note: str) -> None:
    assert kind(values) == (expected, note)


def test_words_among_numbers_and_dates_are_missing_values_and_are_told() -> None:
    """Few words without digits: whatever has digits, or comes in many words, may be a mistake or mean something."""
    numbers, dates = [str(i / 2) for i in range(20)], [f"{day}.01.2024" for day in range(13, 18)]
    for values, what in (numbers, "numbers"), (dates, "dates"):
        frame = {"a": [*values, "Summe", "Summe"]}
        row = len(values) + 1
        with pytest.warns(
            DataWarning,
            match=rf"Column 'a' holds {what}, but row {row} \({row + 1} with the header\) is 'Summe' \(2 rows are of "
            "that sort\\): counted as missing",
        ):
            found = columns(frame)
        column = found["a"]
        assert column.kind == ("numeric" if what == "numbers" else "date") and column.words == ("Summe",)
        prepared = preparation.fit(as_frame(frame), found, None)
        assert prepared.prepare(as_frame({"a": [values[0], "Summe"]})).X[:, -1].tolist() == [0, 1]
        with pytest.raises(InputError, match=r"Column 'a' held .* is 'total'"):
            prepared.prepare(as_frame({"a": ["total"]}))
    assert columns({"a": ["7", "8", "x", "7"]})["a"].read_as == "7, 8, x; but for 'x' these are numbers (--numeric a)"
    with pytest.warns(DataWarning, match=r"row 3 \(4 with the header\) is 'x': counted as missing"):
        assert columns({"a": ["7", "8", "x", "7"]}, numeric=["a"])["a"].kind == "numeric"


def test_what_people_write_for_a_missing_value_is_one_in_every_column_and_is_told() -> None:
    frame = {
        "n": ["3", "n.d.", "4", "k.A.", "5"],
        "d": ["2024-01-31", "미상", "2024-02-01", "-", "0000-00-00"],
        "c": ["a", "b", "n.d.", "a", "NA"],
    }
    found = columns(frame)
    assert [(c.kind, c.missing) for c in found] == [("numeric", 2), ("date", 3), ("categorical", 2)]
    assert [c.read_as for c in found] == [
        "3 to 5; missing: 'k.A.', 'n.d.'",
        "dates like 2024-01-31; missing: '-', '0000-00-00', '미상'",
        "a, b; missing: 'n.d.'",
    ]


def test_a_target_with_a_word_among_its_numbers_is_refused() -> None:
    frame = {"x": list(range(30)), "y": [*(str(i / 2) for i in range(29)), "Summe"]}
    with pytest.warns(DataWarning, match="30 .* is 'Summe'"), pytest.raises(InputError, match="some rows hold 'Summe'"):
        TableModel.fit(frame, "y", **QUICK)


def test_a_table_with_a_header_only_has_no_predictions(tmp_path: Path) -> None:
    frame = frame_of().with_columns(clock=polars.Series(["09:30", "23:15"] * 60), when=polars.col("when").cast(str))
    (tmp_path / "new.csv").write_text("x,color,when,clock\n")
    model = TableModel.fit(frame, "wins", **QUICK)
    for data in cr.tables.read(tmp_path / "new.csv"), cr.tables.scan(tmp_path / "new.csv"):
        assert model.predict(data).shape == (0,)


def test_what_the_user_says_comes_first() -> None:
    assert kind(["1", "2"], categorical=["a"]) == ("categorical", "")
    assert kind([str(i) for i in range(15)], numeric=["a"]) == ("numeric", "0 to 14")
    assert kind(["1", "2"], drop=["a"]) == ("left out", "you said so")
    with pytest.raises(InputError, match=r"There is no column 'b'\. The columns are 'a'\."):
        kind(["1"], drop=["b"])
    with pytest.raises(InputError, match="Column 'a' is named as numeric and as date: name it once"):
        kind(["1"], numeric=["a"], date=["a"])
    with pytest.raises(InputError, match="Column 'a' holds no dates that can be read, such as 2024-02-01: 'x'"):
        kind(["x"], date=["a"])


def test_a_value_that_does_not_belong_is_named_with_its_row() -> None:
    values = [str(i / 2) for i in range(20)]
    values[12] = "12.5.1"
    with pytest.raises(
        InputError,
        match=r"Column 'a' holds numbers, but row 13 \(14 with the header\) is '12\.5\.1'\. Correct it, leave it empty",
    ):
        kind(values)
    with pytest.raises(InputError, match=r"but row 1 \(2 with the header\) is 'a' \(4 rows are of that sort\)"):
        kind([*"abcd", "1"], numeric=["a"])
    dates = [f"2024-01-{day:02}" for day in range(1, 29)]
    with pytest.raises(InputError, match=r"holds dates, but row 5 \(6 with the header\) is '2024-02-30'\. Correct it"):
        kind([*dates[:4], "2024-02-30", *dates[4:]])
    with pytest.raises(InputError, match="Column 'a' is infinite in row 2"):
        kind([1.0, float("inf")])
    with pytest.raises(InputError, match="dates with the month first and with the day first"):
        kind(["13/01/2024", "01/13/2024"])


@pytest.mark.parametrize("texts", [["1,5", "2,25"], ["1.5", "2.25"], ["+1.50", "2.250 "]])
def test_decimal_commas_are_the_same_numbers(texts: list[str]) -> None:
    series = polars.Series("a", texts).str.strip_chars()
    assert columns({"a": texts})["a"].numbers.parsed(series).to_list() == [1.5, 2.25]


@pytest.mark.parametrize(
    "same",
    [
        [[3, 4], [3.0, 4.0], ["3", " 4 "], ["3", "4"], np.array([3, 4], np.uint8)],
        [[3, None], [3.0, None], [3.0, float("nan")], ["3", "NA"], pandas.Series([3, None])],
        [[True, False], ["true", "false"]],
        [[1.5, 2.0], ["1.5", "2.0"], ["1.5", "2"]],
        [[2.0, 4.0], ["2.0", "4.0"], [2, 4]],
        [
            ["a", None],
            ["a ", ""],
            pandas.Series(["a", None], dtype=object),
            pandas.Series(["a", None], dtype="category"),
        ],
    ],
)
def test_a_value_has_one_text_whatever_holds_it(same: list[Any]) -> None:
    def text(values: Any) -> Any:
        return texts(
            as_frame(pandas.DataFrame({"a": values}) if isinstance(values, pandas.Series) else {"a": values})["a"]
        ).to_list()

    assert [text(values) for values in same] == [text(same[0])] * len(same)


# How columns become inputs: what scikit-learn's pipeline would give, from the numbers in the file.


def test_inputs_are_those_of_the_pipeline() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(5, 3, 300) ** 3
    town = rng.choice(["Ulm", "Bonn", "Köln"], 300)
    frame = polars.DataFrame({"x": x, "town": town})
    pipeline = make_column_transformer(
        (make_pipeline(RobustScaler(), FunctionTransformer(lambda z: z / np.sqrt(1 + z**2 / 9))), ["x"]),
        (OneHotEncoder(sparse_output=False), ["town"]),
    )
    expected = pipeline.fit_transform(pandas.DataFrame({"x": x, "town": town}))
    prepared = preparation.fit(frame, columns(frame), None)
    np.testing.assert_allclose(prepared.prepare(frame).X, expected, rtol=1e-6, atol=1e-6)


def test_a_number_that_mostly_is_the_same_is_scaled_by_its_spread() -> None:
    frame = polars.DataFrame({"x": [0.0] * 90 + [100.0] * 10})
    encoder = preparation.fit(frame, columns(frame, numeric=["x"]), None).encoders[0]
    assert isinstance(encoder, Numeric)
    assert (encoder.center, encoder.scale) == pytest.approx((10.0, 30.0))


def test_missing_values_say_so() -> None:
    frame = polars.DataFrame({"x": ["1", "2", None, "4"], "c": ["a", "b", None, "c"], "b": ["yes", None, "no", "no"]})
    X = preparation.fit(frame, columns(frame), None).prepare(frame).X
    assert X.shape == (4, 2 + 4 + 3)
    assert X[2, :2].tolist() == [0, 1]
    assert X[2, 2:6].tolist() == [1, 0, 0, 0]
    assert X[:, 6:].tolist() == [[0, 0, 1], [1, 0, 0], [0, 1, 0], [0, 1, 0]]


def test_dates_go_round_in_circles() -> None:
    hours = [datetime(2024, 1, 1 + i // 24, i % 24) for i in range(72)]
    frame = polars.DataFrame({"t": hours})
    prepared = preparation.fit(frame, columns(frame), None)
    encoder = prepared.encoders[0]
    assert isinstance(encoder, Date) and encoder.cycles == ("day",)  # three days tell nothing of weeks
    X = prepared.prepare(frame).X
    np.testing.assert_allclose(X[:48, 1:], X[24:, 1:], atol=1e-6)
    np.testing.assert_allclose(np.hypot(X[:, 1], X[:, 2]), 1, atol=1e-6)


def test_rare_and_unseen_categories() -> None:
    frame = polars.DataFrame({"c": ["a"] * 150 + ["b"] * 99 + ["d"]})
    prepared = preparation.fit(frame, columns(frame), None)
    assert prepared.width == 3  # a, b and all others
    new = prepared.prepare(polars.DataFrame({"c": ["a", "e", "d"]}))
    assert new.X.tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 1]] and new.unknown == {"c": 1}
    frame = polars.DataFrame({"c": ["a", "b", "c"] * 3})
    new = preparation.fit(frame, columns(frame), None).prepare(polars.DataFrame({"c": ["e", "a", None]}))
    assert new.unknown == {"c": 1} and new.X[0].tolist() == [0, 0, 0]


# Splits.


def test_a_split_draws_the_share_of_each_class() -> None:
    frame = polars.DataFrame({"y": ["a"] * 80 + ["b"] * 20, "i": range(100)})
    for seed in range(5):
        train, test = split(frame, stratify="y", seed=seed)
        assert test["y"].value_counts().sort("y")["count"].to_list() == [16, 4]
        assert sorted(train["i"].to_list() + test["i"].to_list()) == list(range(100))
    assert split(frame, seed=1).test.equals(split(frame, seed=1).test)
    assert not split(frame, seed=1).test.equals(split(frame, seed=2).test)


def test_a_split_by_time_keeps_moments_together() -> None:
    frame = {"t": ["2024-01-03", "2024-01-01", "2024-01-02", "2024-01-03"], "i": [0, 1, 2, 3]}
    train, test = split(frame, 0.25, time="t")
    assert (train["i"].to_list(), test["i"].to_list()) == ([1, 2], [0, 3])
    with pytest.raises(
        InputError, match=r"Column 't' is missing in row 2 \(3 .*\): to split by time, each row needs one"
    ):
        split({"t": ["1", None, "3"]}, time="t")
    with pytest.raises(
        InputError, match=r"Column 't' is no time: it holds 'a' in row 1 .*, and neither dates nor numbers"
    ):
        split({"t": ["a", "b", "c"]}, time="t")
    with pytest.raises(InputError, match=r"it holds 'total' in row 3 \(4 with the header\), and neither"):
        split({"t": ["2024-01-01", "2024-01-02", "total"]}, time="t")


def test_a_split_by_group_keeps_groups_together() -> None:
    frame = polars.DataFrame({"who": [i // 5 for i in range(100)], "i": range(100)})
    for seed in range(5):
        train, test = split(frame, group="who", seed=seed)
        assert not set(train["who"]) & set(test["who"]) and test.height == 20


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"share": 1.0}, "split takes share as a number above 0 and below 1"),
        ({"share": 0.01}, r"A share of 0\.01 of 4 rows leaves no row to test on"),
        ({"group": "a", "time": "a"}, "A table is split by one rule, but several were said: time, group"),
        ({"group": "z"}, "There is no column 'z'"),
        ({"group": "one"}, "Column 'one' has one group only"),
    ],
)
def test_what_cannot_be_split(said: dict[str, Any], error: str) -> None:
    with pytest.raises(InputError, match=error):
        split({"a": [1, 2, 3, 4], "one": [1] * 4}, **said)


def test_rows_on_both_sides_are_counted() -> None:
    with pytest.warns(DataWarning, match=r"\d+ of 10 rows that test are the same as rows that train"):
        split({"a": [*range(25)] * 2})


# The model.


def frame_of(n: int = 120) -> polars.DataFrame:
    rng = np.random.default_rng(0)
    x, color = rng.normal(size=n), rng.choice(["red", "green", "blue"], n)
    wins = np.where(x + (color == "red") + rng.normal(0, 0.3, n) > 0.5, "yes", "no")
    return polars.DataFrame(
        {"x": x.round(3), "color": color, "when": [date(2024, 1, 1 + i % 28) for i in range(n)], "wins": wins}
    )


@pytest.fixture(scope="module")
def model() -> TableModel:
    return TableModel.fit(frame_of(), "wins", layers=(16,), epochs=30, verbose=False)


def test_it_learns(model: TableModel) -> None:
    with pytest.warns(DataWarning, match="The model learned from about 100%"):
        assert model.evaluate(frame_of())["accuracy"] > 0.8
    assert model.target.classes == ("no", "yes")


def test_what_a_user_of_scikit_learn_looks_for(model: TableModel) -> None:
    assert model.classes.tolist() == model.classes_.tolist() == ["no", "yes"]
    assert model.feature_names == model.feature_names_in_ == ["x", "color", "when"]
    x = [i % 7 / 2 for i in range(27)]
    places = model.predict_proba(frame_of()).argmax(axis=1)
    assert model.classes[places].tolist() == model.predict(frame_of()).tolist()
    assert TableModel.fit({"x": x, "y": [3, 1, 2] * 9}, "y", **QUICK).classes.tolist() == [1, 2, 3]
    values = TableModel.fit({"x": x, "y": [3.5, 1, 2] * 9}, "y", **QUICK)
    assert not hasattr(values, "classes_")


def test_the_order_of_columns_and_further_ones_change_nothing(model: TableModel) -> None:
    frame = frame_of()
    expected = model.predict_proba(frame)
    turned = frame.select("when", "wins", "color", "x").with_columns(polars.lit(7).alias("more"))
    assert np.array_equal(model.predict_proba(turned), expected)
    assert np.array_equal(model.predict_proba(frame.reverse())[::-1], expected)
    np.testing.assert_allclose(model.predict_proba(frame[:7]), expected[:7], rtol=1e-5)


def test_what_holds_the_table_changes_nothing(model: TableModel, tmp_path: Path) -> None:
    frame, path = frame_of(), tmp_path / "new.csv"
    expected = model.predict_proba(frame)
    frame.write_csv(path)
    for same in (
        frame.to_pandas(), frame.to_arrow(), frame.to_dict(as_series=False), frame.rows(named=True),
        frame.to_pandas().astype(object), cr.tables.read(path),
        frame.with_columns(polars.col("color").cast(polars.Categorical)),
    ):  # fmt: skip
        assert np.array_equal(model.predict_proba(same), expected)


def test_a_fresh_process_predicts_the_same(model: TableModel, tmp_path: Path) -> None:
    model.save(tmp_path / "model")
    frame_of().write_csv(tmp_path / "new.csv")
    code = """
import sys, numpy, pandas, polars, chainrule as cr
model = cr.TableModel.load("model")
assert "sklearn" not in sys.modules
for frame in cr.tables.read("new.csv"), pandas.read_csv("new.csv"), polars.read_csv("new.csv"):
    sys.stdout.write(model.predict_proba(frame).tobytes().hex() + "\\n")
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    expected = model.predict_proba(frame_of()).tobytes().hex()
    assert run.stdout.split() == [expected] * 3


def test_a_file_gives_back_all_of_it(model: TableModel, tmp_path: Path) -> None:
    model.save(tmp_path / "model")
    again = TableModel.load(tmp_path / "model")
    assert again.preparation.encoders == model.preparation.encoders
    assert (again.target, again.report) == (model.target, model.report)
    assert again.trained == model.trained
    with pytest.warns(NetworkWarning, match="gives its network alone"):
        assert isinstance(cr.load(tmp_path / "model"), cr.Network)


def changed(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the description in a model file, as somebody could who makes the digest anew by leaving it out."""
    with safe_open(path, framework="numpy") as file:
        arrays = {name: file.get_tensor(name) for name in file.keys()}
        description = json.loads(file.metadata()["chainrule"])
    del description["digest"]
    change(description)
    save_file(arrays, path, metadata={"chainrule": json.dumps(description)})


def first_column(**fields: Any) -> Callable[[dict[str, Any]], object]:
    return lambda description: description["table"]["columns"][0].update(fields)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(table=None),
        lambda d: d.update(table=[]),
        lambda d: d["table"].pop("target"),
        lambda d: d["table"]["columns"].pop(),
        lambda d: d["table"]["columns"].append(3),
        first_column(kind="code"),
        first_column(more=1),
        first_column(center="a"),
        first_column(center=None),
        first_column(scale=0.0),
        first_column(numbers={"decimal": "x"}),
        first_column(numbers=3),
        first_column(name=3),
        lambda d: d["table"]["columns"][1].update(categories=["a", 1, "b"]),
        lambda d: d["table"]["columns"][1].update(categories=["a", "a", "b"]),
        lambda d: d["table"]["columns"][2].update(cycles=["month"]),
        lambda d: d["table"]["target"].update(classes=["a", "b", "c"]),
        lambda d: d["table"]["target"].update(classes=[1, 2]),
        lambda d: d["table"]["target"].update(task="guess"),
        lambda d: d["table"].update(report=3),
        lambda d: d["table"]["report"].update(history=[1, 2]),
        lambda d: d["table"]["report"].update(rows="many"),
        lambda d: d["table"]["report"].pop("rows"),
        lambda d: d["table"]["report"].update(test={"a": 3}),
        lambda d: d["table"]["report"].update(versions=[1]),
        first_column(scale=1e-320),
        first_column(numbers={"decimal": ".", "grouped": False, "unit": "("}),
        lambda d: d["table"]["target"].update(whole=True, classes=["a", "b"]),
    ],
)
def test_a_file_that_describes_no_table_is_refused(model: TableModel, tmp_path: Path, change: Any) -> None:
    path = tmp_path / "model"
    model.save(path)
    changed(path, change)
    with pytest.raises(FileFormatError, match=r"model describes a table of|model does not describe a table"):
        TableModel.load(path)


def test_a_file_that_is_cut_or_altered_is_refused(model: TableModel, tmp_path: Path) -> None:
    path = tmp_path / "model"
    model.save(path)
    raw = path.read_bytes()
    for damaged in raw[:-1], raw[: len(raw) // 2], raw.replace(b"green", b"grown"), raw[:-1] + bytes([raw[-1] ^ 1]):
        path.write_bytes(damaged)
        with pytest.raises(FileFormatError):
            TableModel.load(path)
    cr.save(cr.Network.mlp([2, 1]), path)
    with pytest.raises(FileFormatError, match="holds no model of a table: it is a network"):
        TableModel.load(path)


@pytest.mark.parametrize(
    ("new", "error"),
    [
        ({"x": [1.0], "color": ["red"]}, "trained with the columns 'x', 'color', 'when', but the table lacks 'when'"),
        (
            {"x": ["1", "soon"], "color": ["red"] * 2, "when": [None] * 2},
            r"Column 'x' held numbers .* row 2 \(3 with the header\) is 'soon'",
        ),
        (
            {"x": [1.0], "color": ["red"], "when": ["soon"]},
            "Column 'when' held dates in training, but row 1 .* is 'soon'",
        ),
        ({"x": [np.inf], "color": ["red"], "when": [None]}, "Column 'x' is inf in row 1 .*, but numbers go up to 3e"),
        (
            {"X": [1.0], "colour": ["red"], "when": [None]},
            r"lacks 'x', 'color'\. .* Did you mean 'X' for 'x', 'colour' for 'color'\?",
        ),
        (np.ones((2, 3)), "must be a frame of polars or pandas, .* but it is of type ndarray"),
        ({}, "The table has no columns"),
    ],
)
def test_what_cannot_be_predicted(model: TableModel, new: Any, error: str) -> None:
    with pytest.raises(InputError, match=error):
        model.predict(new)


def test_no_rows_have_no_predictions(model: TableModel) -> None:
    assert model.predict(frame_of()[:0]).shape == (0,)
    assert model.scored(frame_of()[:0]).columns[-3:] == ["prediction", "probability of no", "probability of yes"]


def test_unseen_categories_are_counted(model: TableModel) -> None:
    new = frame_of()[:3].with_columns(polars.Series("color", ["red", "pink", "pink"]))
    with pytest.warns(DataWarning, match="Column 'color' has 2 values that training did not know"):
        model.predict(new)


def test_predictions_stand_beside_the_columns_as_they_came(model: TableModel) -> None:
    frame = frame_of().with_columns(polars.lit(" as it was ").alias("note"))
    scored = model.scored(frame)
    assert scored[:, : frame.width].equals(frame)
    assert scored["prediction"].to_list() == model.predict(frame).tolist()
    np.testing.assert_allclose(scored["probability of no"] + scored["probability of yes"], 1, rtol=1e-6)
    with pytest.raises(InputError, match="columns that are called like the predictions, 'prediction': rename them"):
        model.scored(frame.rename({"note": "prediction"}))


LABELS: list[tuple[list[Any], list[Any]]] = [
    (["no", "yes"], ["no", "yes"]),
    ([0, 1], [0, 1]),
    (["1", "2", "10"], [1, 2, 10]),
    ([True, False], [False, True]),
    (["a", "b", "c"], ["a", "b", "c"]),
    (["1.5", "x"], ["1.5", "x"]),
]


@pytest.mark.parametrize(("labels", "expected"), LABELS)
def test_classes_come_back_as_they_were(labels: list[Any], expected: list[Any], tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, len(labels), 60)
    frame = polars.DataFrame({"x": y + rng.normal(0, 0.01, 60), "y": [labels[k] for k in y]}, strict=False)
    layers = [cr.Dense(16), cr.Tanh()]
    model = TableModel.fit(
        frame, "y", layers=layers, epochs=80, optimizer=cr.Adam(0.03), task="classification", verbose=False
    )
    model.save(tmp_path / "model")
    predicted = TableModel.load(tmp_path / "model").predict(frame)
    assert sorted(set(predicted.tolist())) == sorted(expected)
    assert [str(label) for label in predicted] == [str(labels[k]) for k in y]


def test_values_are_learned_and_given_in_their_units() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 10, 300)
    frame = {"x": x, "price": [f"{2e6 + 1e5 * v:,.0f}" for v in x]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)  # it is the same in other units
        model = TableModel.fit(frame, "price", layers=(32,), epochs=60, verbose=False)
    assert model.target.task == "regression"
    with pytest.warns(DataWarning, match="The model learned from about 100%"):
        scores = model.evaluate(frame)
    assert scores["r2"] > 0.98 and 0 < scores["mae"] < 1e5
    assert model.baselines(frame, frame)["ridge regression"]["r2"] > 0.8  # the ends are clipped


@pytest.mark.parametrize(
    ("frame", "said", "error"),
    [
        ({"x": [1, 2, 3], "y": ["a", "a", None]}, {}, "Column 'y' is 'a' in all rows with a value"),
        ({"x": [1, 2], "y": [None, None]}, {}, "Column 'y' is missing in all rows: there is nothing to learn"),
        ({"x": [1], "y": ["a"]}, {}, "Rows with a value of 'y': 1"),
        ({"y": ["a", "b"]}, {}, "There is no column to learn from besides 'y'"),
        ({"x": [5, 5], "y": ["a", "b"]}, {}, "no column to learn from besides 'y'. 'x': all values are '5'"),
        ({"x": [1, 2], "y": ["2024-01-01", "2024-01-02"]}, {}, "Column 'y' holds dates: a model predicts"),
        ({"x": [1, 2], "y": ["a", "b"]}, {"task": "regression"}, "predicted as a number, but row 1 .* is 'a'"),
        ({"x": [1, 2], "y": [1e200, 2e200]}, {"task": "regression"}, r"beyond 3e\+38, the largest of float32: divide"),
        ({"x": [1, 2], "y": ["1", "2e200"]}, {"task": "regression"}, r"beyond 3e\+38, the largest of float32: divide"),
        ({"x": [1, 2], "y": [1e-200, 2e-200]}, {"task": "regression"}, "than float32 can tell: multiply it by a power"),
        ({"x": [1, 2], "y": [2**60, 2**60 + 3]}, {"task": "regression"}, r"hardly keeps: subtract 1152921504606846976"),
        ({"x": [1, 2], "y": [3.5, 3.5]}, {"task": "regression"}, r"Column 'y' is 3\.5 in all rows"),
        ({"x": range(30), "y": [f"n{i}" for i in range(30)]}, {}, "has 30 different texts in 30 rows"),
        ({"x": [1, 2], "y": [1, 2]}, {"layers": (0,)}, "layers as a whole number of at least 1, but layers=0"),
    ],
)
@pytest.mark.filterwarnings("ignore::chainrule.common.errors.DataWarning")
def test_what_cannot_be_learned(frame: dict[str, Any], said: dict[str, Any], error: str) -> None:
    with pytest.raises(InputError, match=error):
        TableModel.fit(frame, "y", **{**QUICK, **said})


@pytest.mark.usefixtures("no_type_checks")
@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"columns": columns({"x": [1, 2]})}, "columns says nothing of 'y'"),
        ({"batch_size": 0}, "TableModel.fit takes batch_size as a whole number of at least 1, but batch_size=0"),
        ({"epochs": "3"}, "TableModel.fit takes epochs as a whole number"),
        ({"callbacks": EarlyStopping(2)}, "TableModel.fit takes callbacks as a list of callbacks"),
        ({"class_weight": "balance"}, "class_weight is 'balanced' or a weight for each class, but it is 'balance'"),
        ({"foo": 3}, "TableModel.fit takes no 'foo'. Of Network.fit it takes epochs, batch_size"),
        ({"epoch": 3}, "TableModel.fit takes no 'epoch'. Did you mean 'epochs'?"),
        ({"horizon": 7}, "horizon=7 goes with history"),
        ({"time": "nope"}, "There is no column 'nope'"),
        ({"group": "y"}, "'y' is to be predicted, so it is no time and no group"),
        ({"group": "x", "history": 2}, "leave out the group"),
    ],
)
def test_what_is_said_wrong_is_told_before_all_else(said: dict[str, Any], error: str) -> None:
    with pytest.raises(InputError, match=re.escape(error)):
        TableModel.fit({"x": range(60), "y": [0, 1] * 30}, "y", **{**QUICK, **said})


def test_what_tells_when_to_stop_is_as_far_from_training_as_what_tests() -> None:
    table = polars.DataFrame({"t": range(100), "g": [f"g{i // 10}" for i in range(100)]})
    strata = np.zeros(100, int)
    known: dict[str, Any] = {"seed": 0, "columns": columns(table)}
    last = validating(table, strata, 0.2, time="t", group=None, **known)
    assert np.flatnonzero(last).tolist() == list(range(80, 100))
    whole = validating(table, strata, 0.2, time=None, group="g", **known)
    assert whole.sum() == 20 and all(len(set(whole[i : i + 10])) == 1 for i in range(0, 100, 10))
    one = table.with_columns(t=polars.lit(1), g=polars.lit("a"))
    assert not validating(one, strata, 0.2, time="t", group=None, **known).any()
    assert not validating(one, strata, 0.2, time=None, group="g", **known).any()


def test_a_part_of_a_table_is_read_as_the_whole_one() -> None:
    """Days up to the 12th alone could be months."""
    days = [f"{day:02}/0{month}/2024" for month in (1, 2, 3) for day in range(1, 13)]
    whole = polars.DataFrame({"when": [*days, "25/03/2024"], "x": range(37)})
    last = validating(whole[:36], np.zeros(36, int), 0.25, time="when", group=None, seed=0, columns=columns(whole))
    assert np.flatnonzero(last).tolist() == list(range(27, 36))


def test_times_of_day_are_the_same_as_texts_and_as_times() -> None:
    clock = [f"{hour:02}:{minute:02}:00" for hour in range(24) for minute in (0, 17, 45)]
    y = [i % 24 for i in range(72)]
    model = TableModel.fit({"at": clock, "y": y}, "y", verbose=False, epochs=2)
    times = polars.DataFrame({"at": polars.Series(clock).str.to_time("%H:%M:%S")})
    np.testing.assert_array_equal(model.predict({"at": clock}), model.predict(times))


def test_a_column_named_like_all_of_them_is_one(tmp_path: Path) -> None:
    table = polars.DataFrame({"*": [1, 2, 3, 4], "a": [1, 2, 3, 4], "y": [5, 6, 7, 8]})
    assert [part.height for part in split(table, 0.5)] == [2, 2]


def test_a_name_that_polars_takes_for_a_pattern_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("*,^a.*$,y\n1,2,3\n", "utf-8")
    for read in lambda: cr.tables.read(tmp_path / "a.csv"), lambda: columns({"^a$": [1, 2]}):
        with pytest.raises(InputError, match=r"begins with \^ and ends with \$: give it another name"):
            read()


@pytest.mark.parametrize("by", [{"time": "t"}, {"group": "g"}])
def test_rows_that_tell_when_to_stop(by: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    spy = Mock(wraps=validating)
    monkeypatch.setattr(training, "validating", spy)
    x = [i % 7 / 2 for i in range(100)]
    frame = {"x": x, "t": range(100), "g": [f"g{i // 10}" for i in range(100)], "y": [0, 1] * 50}
    TableModel.fit(frame, "y", **QUICK, **by)
    said = {name: value for name, value in spy.call_args.kwargs.items() if name != "columns"}
    assert said == {"seed": 0, "time": None, "group": None, **by}


def test_groups_only_split(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Of a patient who is in the rows that train, nothing is learned that would hold for another one."""
    frame = {"x": [i % 7 / 2 for i in range(100)], "who": [i // 10 for i in range(100)], "y": [0, 1] * 50}
    model = TableModel.fit(frame, "y", group="who", **QUICK | {"verbose": True})
    assert model.preparation.names == ["x"]
    assert "who     left out        0         10  its groups split the rows, and new rows are of other groups" in (
        capsys.readouterr().out
    )
    assert model.predict({"x": [1.0]}).shape == (1,)
    with pytest.raises(InputError, match=r"no column to learn from besides 'y'\. 'who': its groups split the rows"):
        TableModel.fit({"who": frame["who"], "y": frame["y"]}, "y", group="who", **QUICK)


def test_time_is_learned_from_and_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    frame = {"t": [i * 1.5 for i in range(100)], "x": [i % 7 / 2 for i in range(100)], "y": [0, 1] * 50}
    said = QUICK | {"verbose": True, "time": "t"}
    assert TableModel.fit(frame, "y", **said).preparation.names == ["t", "x"]
    assert "'t' orders the rows and is learned from, too; --drop t, or columns(..., drop=['t'])" in (
        capsys.readouterr().out
    )
    assert TableModel.fit(frame, "y", columns=columns(frame, drop=["t"]), **said).preparation.names == ["x"]
    assert "learned from, too" not in capsys.readouterr().out


def test_own_validation_data_tell_when_to_stop() -> None:
    rng = np.random.default_rng(0)
    frame = {"x": rng.normal(size=200), "y": rng.integers(0, 2, 200)}
    model = TableModel.fit(frame, "y", layers=(64,), epochs=60, verbose=False, validation_split=0.3)
    losses = [epoch["val_loss"] for epoch in model.report["history"]]
    assert len(losses) < 60 and model.trained.endswith(f"epoch {np.argmin(losses) + 1} is kept, the best one on the "
                                                       "validation data")  # fmt: skip


@pytest.mark.usefixtures("no_type_checks")
def test_a_task_is_one_of_two() -> None:
    guess: Any = "guess"
    with pytest.raises(InputError, match="task is 'classification' or 'regression', but it is 'guess'"):
        TableModel.fit({"x": [1, 2], "y": [1, 2]}, "y", task=guess)


def test_what_a_target_asks_for() -> None:
    def task(y: Any) -> str:
        return TableModel.fit({"x": np.arange(len(y)) % 7 * 1.5, "y": y}, "y", **QUICK).target.task

    rng = np.random.default_rng(0)
    assert task(rng.choice([1, 2, 3], 60).tolist()) == "classification"
    assert task(rng.normal(size=60).tolist()) == "regression"
    assert task(rng.integers(0, 500, 60).tolist()) == "regression"
    assert task(rng.choice([1.5, 2.5], 60).tolist()) == "classification"


def test_numbers_that_hardly_differ_are_saved_with_a_scale_that_can_be_loaded(tmp_path: Path) -> None:
    frame = {"x": [i * 1e-320 for i in range(30)], "y": [i % 7 + 0.5 for i in range(30)]}
    model = TableModel.fit(frame, "y", **QUICK)
    model.save(tmp_path / "model")
    assert np.isfinite(TableModel.load(tmp_path / "model").predict(frame)).all()


def test_rare_categories_were_known_and_others_not() -> None:
    frame = {"color": ["red", "blue"] * 150 + ["green"], "y": [i % 7 + 0.5 for i in range(301)]}
    model = TableModel.fit(frame, "y", **QUICK)
    model.predict({"color": ["red", "green", None]})
    with pytest.warns(DataWarning, match="'color' has 2 values that training did not know"):
        model.predict({"color": ["red", "green", "pink", "gold"]})


@pytest.mark.parametrize(
    "values",
    [
        [timedelta(1)] * 30,
        [[1], [2]] * 15,
        [b"a", b"b"] * 15,
        polars.from_pandas(pandas.Series(pandas.interval_range(0, 30))),
    ],
)
def test_values_that_are_nothing_a_table_holds_are_named(values: Any) -> None:
    frame = {"x": [float(i % 7) for i in range(30)], "z": values}
    assert columns(frame)["z"].note.startswith("its values are of type")
    with pytest.raises(InputError, match="Column 'z' holds values of type"):
        TableModel.fit(frame, "z", **QUICK)


def test_a_column_called_like_the_predictions_is_refused_before_training() -> None:
    for name in "prediction", "probability of a":
        with pytest.raises(InputError, match=f"columns '{name}' are called like the predictions"):
            TableModel.fit({name: [i % 7 for i in range(30)], "y": ["a", "b"] * 15}, "y", **QUICK)


def test_what_stood_for_missing_answers_is_said() -> None:
    frame = {"x": [i % 7 for i in range(60)], "y": ["none", "a", "b"] * 20}
    with pytest.warns(DataWarning, match=r"20 of 60 rows \('none' stands for a missing value\)"):
        TableModel.fit(frame, "y", **QUICK)


@pytest.mark.parametrize("target", ["y", "*", "^.*$"])
@pytest.mark.parametrize("name", ["rows", "count", "category", "^.*$", "*"])
def test_a_column_may_have_any_name(name: str, target: str) -> None:
    if name == target:
        return
    frame = {name: ["red", "blue", "green"] * 20, "x": [str(i % 7) for i in range(60)], target: ["1", "2.5", "3"] * 20}
    model = TableModel.fit(frame, target, columns=columns(frame, numeric=["x"]), **QUICK)
    assert [encoder.kind for encoder in model.preparation.encoders] == ["categorical", "numeric"]
    assert model.predict(frame).shape == (60,)


@pytest.mark.parametrize("values", [[1.5, 2.5], ["2024-01-02", "2024-02-03"], ["red", "blue"], ["yes", "no"]])
def test_a_column_without_values_in_the_rows_that_train_is_left_out(values: list[Any], tmp_path: Path) -> None:
    late = [None] * 58 + values
    frame = as_frame({"x": [float(i % 7) for i in range(60)], "late": late, "y": [float(i % 9) for i in range(60)]})
    with pytest.warns(DataWarning, match="No row that trains has a value of 'late'"):
        model = TableModel.fit(frame[:58], "y", columns=columns(frame), **QUICK)
    model.save(tmp_path / "model")
    assert TableModel.load(tmp_path / "model").predict(frame).shape == (60,)


def test_leaks_rare_classes_and_missing_answers_are_pointed_out() -> None:
    frame = frame_of().with_columns(polars.col("wins").replace({"yes": "1 prize", "no": "none at all"}).alias("prize"))
    with pytest.warns(DataWarning, match="Column 'prize' says what 'wins' is: if it is known only afterwards"):
        TableModel.fit(frame, "wins", **QUICK)
    x = np.random.default_rng(0).normal(size=60)
    with pytest.warns(DataWarning, match="Column 'euros' says what 'y' is"):
        TableModel.fit({"euros": 3 * x + 1, "y": x}, "y", **QUICK)
    with pytest.warns(DataWarning, match=r"Class 'b' of 'y' has 5\.0% of the rows"):
        TableModel.fit({"x": x, "y": ["a"] * 57 + ["b"] * 3}, "y", **QUICK)
    with pytest.warns(DataWarning, match="'y' is missing in 4 of 60 rows, which are left out"):
        TableModel.fit({"x": x, "y": [None] * 4 + list(x[4:] + 0.5 * x[::-1][4:])}, "y", **QUICK)


def test_classes_that_differ_in_capitals_are_pointed_out() -> None:
    frame = {"a": [i % 7 / 2 for i in range(80)], "b": ["No", "yes", "no", "yes"] * 20}
    with pytest.warns(DataWarning, match="The classes 'No' and 'no' of 'b' differ in capital letters only"):
        TableModel.fit(frame, "b", epochs=1, layers=(4,), verbose=False)


def test_weights_of_classes() -> None:
    """A class that weighs more is said more often, also where it is told which epoch is the best."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=400)
    frame = {"x": x, "y": np.where(x + rng.normal(size=400) > 1, "hi", "lo")}
    said: dict[str, Any] = {"epochs": 40, "layers": (8,), "verbose": False}
    models = [
        TableModel.fit(frame, "y", class_weight=weights, **said)
        for weights in (None, "balanced", {"lo": 1.0, "hi": 20.0})
    ]
    assert len(models[2].report["history"]) == 40  # the plain loss grows from the first epoch on
    shares = [(model.predict(frame) == "hi").mean() for model in models]
    assert shares[0] + 0.1 < shares[1] < shares[2] - 0.1
    with pytest.raises(InputError, match=r"weight for each class of 'y', which are 'hi', 'lo', but it has .*'3'"):
        TableModel.fit(frame, "y", class_weight={"lo": 1.0, 3: 2.0}, **said)
    with pytest.raises(InputError, match="class_weight is for classes, but 'x' is learned as a number"):
        TableModel.fit(frame, "x", class_weight="balanced", **said)


@pytest.mark.parametrize("classes", [2, 3])
def test_the_loss_weighs_examples_as_their_classes(classes: int) -> None:
    rng = np.random.default_rng(0)
    y, Z = rng.integers(classes, size=20), rng.normal(size=(20, 1 if classes == 2 else 3))
    weights = (1.0, 5.0, 0.5)[:classes]
    P = np.hstack([1 / (1 + np.exp(Z)), 1 / (1 + np.exp(-Z))]) if classes == 2 else np.exp(Z)
    losses, w = -np.log(P[np.arange(20), y] / P.sum(axis=1)), np.array(weights)[y]
    metric = WeightedLoss(cr.BinaryCrossEntropy() if classes == 2 else cr.CategoricalCrossEntropy(), weights)
    Y = y[:, None].astype(float) if classes == 2 else y
    halves = [metric.counts(Z[rows], Y[rows]) for rows in (slice(0, 7), slice(7, 20))]
    assert metric.score(halves[0] + halves[1]) == pytest.approx((w * losses).sum() / w.sum())


def test_weights_by_place() -> None:
    target = Target("y", "classification", Note(""), ("3", "7", "false"))
    assert weights_of(target, {7: 2.0, 3: 1.0, False: 4.0}, np.zeros(0, int)) == {0: 1.0, 1: 2.0, 2: 4.0}
    assert weights_of(target, "balanced", np.array([0, 0, 0, 1])) == {0: 2 / 3, 1: 2.0, 2: 2.0}


def test_the_same_seed_gives_the_same_model() -> None:
    one, two, other = (
        TableModel.fit(frame_of(), "wins", seed=seed, **QUICK).predict_proba(frame_of()) for seed in (1, 1, 2)
    )
    assert np.array_equal(one, two) and not np.array_equal(one, other)


def test_layers_and_settings_are_those_that_were_said() -> None:
    model = TableModel.fit(
        frame_of(), "wins", layers=[cr.Dense(3), cr.Tanh()], epochs=2, optimizer="sgd", batch_size=7, verbose=False
    )
    assert [layer.label for layer in model.network.body.layers] == ["Dense", "tanh", "Dense"]
    assert len(model.report["history"]) == 2


@pytest.mark.slow
@pytest.mark.usefixtures("no_type_checks")
def test_ten_thousand_columns(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = [
        ",".join(f"c{i}" for i in range(10_000)),
        *(",".join(map(str, row)) for row in rng.integers(0, 99, (30, 10_000))),
    ]
    (tmp_path / "wide.csv").write_text("\n".join(rows))
    frame = cr.tables.read(tmp_path / "wide.csv")
    model = TableModel.fit(frame, "c17", task="regression", **QUICK)
    assert model.predict(frame).shape == (30,)
    assert str(columns(frame)).endswith("and 9,940 more columns")


def test_the_example_tables_are_learned_better_than_by_their_baselines(folder: Path) -> None:
    frame = cr.tables.read(folder / "houses.csv")
    train, test = split(frame)
    model = TableModel.fit(train, "price", epochs=25, verbose=False)
    scores, baselines = model.evaluate(test), model.baselines(train, test)
    assert scores["r2"] > 0.9 > baselines["mean"]["r2"]
    assert columns(frame)["sold"].dates == ("%d/%m/%Y",)


def test_one_table_has_one_decimal_sign() -> None:
    """1.285 is a thousand where other columns have decimal commas, as far as all of its column may be one."""
    table = {"pieces": ["1.285", "892", "3.100"] * 4, "price": ["3,51", "4,20", "5,00"] * 4, "x": ["1.5", "2", "3"] * 4}
    pieces, price, x = cr.tables.columns(table)
    assert (pieces.numbers.decimal, price.numbers.decimal, x.numbers.decimal) == (",", ",", ".")
    assert pieces.note == "892 to 3100, numbers like 1.234,5"
    assert cr.tables.columns(table, drop=["price"])[0].note == pieces.note
    alone = cr.tables.columns({"pieces": table["pieces"]})[0]
    assert alone.note == "1.285 to 892"
    model = cr.TableModel.fit(table | {"y": range(12)}, "y", verbose=False, epochs=1)
    encoder = next(encoder for encoder in model.preparation.encoders if encoder.name == "pieces")
    assert isinstance(encoder, Numeric)
    assert encoder.read(polars.Series("pieces", ["1.285", "2.000.000"])).tolist() == [1285, 2_000_000]


@pytest.mark.parametrize(("times", "warned"), [(1, True), (30, False)])
def test_a_row_of_totals_is_told(times: int, warned: bool) -> None:
    shop = ["Köln", "München"] * 30 + ["Summe"] * times
    table = {"shop": shop, "y": list(range(len(shop)))}
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        cr.TableModel.fit(table, "y", verbose=False, epochs=1)
    assert any("'shop' holds 'Summe' in 1 of its rows" in str(warning.message) for warning in told) == warned


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["L1", "L2", "L3"], "categorical"),
        (["V10", "V12", "W3"], "categorical"),
        (["$ 1", "$ 2", "$ 3.5"], "numeric"),
        (["-€1", "€2", "3 €"], "numeric"),
        (["1 V", "2 V", "3 V"], "numeric"),
        (range(1900, 1930), "numeric"),
        (range(100, 130), "left out"),
    ],
    ids=str,
)
def test_letters_before_numbers_are_names_and_years_count_no_rows(values: Any, kind: str) -> None:
    assert cr.tables.columns({"x": list(values) * (10 if len(values) == 3 else 1)})[0].kind == kind


def test_of_many_columns_the_first_are_printed() -> None:
    columns = cr.tables.columns({f"c{i}": [1.5, 2.5 + i] for i in range(63)})
    lines = str(columns).splitlines()
    assert len(lines) == 62 and lines[-2].startswith("c59 ") and lines[-1] == "and 3 more columns"
