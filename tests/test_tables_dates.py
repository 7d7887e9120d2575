"""Dates and times: without signs, with zones and halves of the day, and what only looks like a time of day."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import polars
import pytest

import chainrule as cr
from chainrule.common.errors import DataWarning, InputError
from chainrule.files.models import load_described, write
from chainrule.tables.dates import parsed_dates
from chainrule.tables.encoders import Date
from chainrule.tables.splitting import moments_of, time_formats

DAYS = [f"202401{day:02}" for day in range(1, 25)]


def kind(values: list[Any]) -> Any:
    return cr.tables.columns({"x": values})["x"]


@pytest.mark.parametrize("wrong", ["20241301", "20240230", "5", "2024"])
@pytest.mark.parametrize("type_", [str, int, float])
def test_a_bad_cell_among_dates_without_signs_is_told(wrong: str, type_: Any) -> None:
    values = [type_(day) for day in [*DAYS, wrong]]
    with pytest.raises(InputError, match=rf"Column 'x' holds dates, but row 25 \(26 with the header\) is '{wrong}'"):
        kind(values)
    with pytest.raises(InputError, match=rf"it holds '{wrong}' in row 25"):
        time_formats(polars.Series("x", [str(value) for value in [*DAYS, wrong]]))


def test_words_and_dates_with_signs_among_dates_without() -> None:
    with pytest.warns(DataWarning, match="holds dates, but row 25 .* is 'Summe'"):
        column = kind([*DAYS, "Summe"])
    assert (column.kind, column.dates, column.words) == ("date", ("%Y%m%d",), ("Summe",))
    assert kind([*DAYS, "2024-02-03"]).dates == ("%Y%m%d", "%Y-%m-%d")
    for minutes, format in ("1230", "%Y%m%d%H%M"), ("123059", "%Y%m%d%H%M%S"):
        for type_ in str, int, float:
            column = kind([type_(day + minutes) for day in DAYS])
            assert (column.kind, column.dates) == ("date", (format,))
    assert kind([str(100_000 + 7 * i) for i in range(30)]).kind == "numeric"


@pytest.mark.parametrize("zone", ["Z", "z", "+00", "+00:00", "+0000", " UTC", " GMT", "+09:00", "+09", " -05:30"])
def test_a_time_with_a_zone_keeps_its_day(zone: str) -> None:
    for pattern in "2024-01-{:02} 00:30{}", "2024-01-{:02}T00:30:00{}", "01/{:02}/2024 00:30{}":
        values = [pattern.format(day, zone) for day in range(1, 29)]
        column = kind(values)
        assert column.kind == "date"
        dates = parsed_dates(polars.Series(values), column.dates)
        assert dates.to_list() == [datetime(2024, 1, day, 0, 30) for day in range(1, 29)]


def test_rows_are_ordered_by_the_moment_and_not_by_the_clock() -> None:
    texts = polars.Series(["2024-01-01T09:30+09:00", "2024-01-01T00:30Z", "2023-12-31T19:00-05:30"])
    assert np.ptp(moments_of(texts)) == 0
    seoul = polars.Series([datetime(2024, 1, 1)]).dt.replace_time_zone("Asia/Seoul")
    assert moments_of(seoul) == pytest.approx(moments_of(polars.Series(["2023-12-31 15:00"])))


def test_days_of_frames_with_a_zone_do_not_shift() -> None:
    days = pandas.date_range("2024-01-01", periods=60, tz="Asia/Seoul")
    frame = pandas.DataFrame({"day": days, "y": np.arange(60) % 7 + 0.5})
    columns = cr.tables.columns(frame)
    prepared = cr.tables.preparation.fit(cr.tables.frames.as_frame(frame), columns, "y")
    plain = frame.assign(day=days.tz_localize(None).strftime("%Y-%m-%d"))
    again = cr.tables.preparation.fit(cr.tables.frames.as_frame(plain), cr.tables.columns(plain), "y")
    X = prepared.prepare(cr.tables.frames.as_frame(frame)).X
    np.testing.assert_array_equal(X, again.prepare(cr.tables.frames.as_frame(plain)).X)


@pytest.mark.parametrize("am, pm", [("a.m.", "p.m."), ("A.M.", "P.M."), ("a. m.", "p. m."), ("am", "pm")])
@pytest.mark.parametrize("blank", ["", " "])
def test_halves_of_the_day(am: str, pm: str, blank: str) -> None:
    values = [f"{hour}:30{blank}{half}" for hour in range(1, 13) for half in (am, pm)]
    column = kind(values)
    assert column.kind == "date" and column.note.startswith("times of day")
    hours = parsed_dates(polars.Series(values), column.dates).dt.hour().to_list()
    assert hours == [half + hour % 12 for hour in range(1, 13) for half in (0, 12)]
    for behind in "", " UTC", "+09:00":
        values = [f"2024-01-{day:02} 10:30{blank}{pm}{behind}" for day in range(1, 25)]
        dates = parsed_dates(polars.Series(values), kind(values).dates)
        assert dates.to_list() == [datetime(2024, 1, day, 22, 30) for day in range(1, 25)]


def test_ratios_and_scores_are_no_times_of_day() -> None:
    assert kind(["16:09", "04:03", "21:09", "32:09"] * 5).kind == "categorical"
    assert kind([f"{i}:{i * 7 % 90:02}" for i in range(1, 30)] * 3).kind == "categorical"
    assert kind(["16:09", "04:30", "21:09"] * 5).kind == "date"
    with pytest.raises(InputError, match=r"row 20 .* is '25:10'"):  # one of many is a mistake
        kind([*(f"{i}:30" for i in range(1, 20)), "25:10"])


MONTHS = [(year, month) for year in (2022, 2023) for month in range(1, 13)]
NAMES_OF_MONTHS = "January February March April May June July August September October November December".split()


@pytest.mark.parametrize(
    "pattern",
    [
        *("{y}-{m:02}", "{y}/{m:02}", "{y}.{m:02}", "{y}{m:02}", "{y}. {m}.", "{y}년 {m}월", "{m:02}/{y}"),
        *("{name} {y}", "{name:.3} {y}", "{name:.3}-{y}"),
    ],
)
def test_months_are_dates(pattern: str) -> None:
    texts = [pattern.format(y=y, m=m, name=NAMES_OF_MONTHS[m - 1]) for y, m in MONTHS]
    column = kind(texts)
    assert column.kind == "date"
    assert parsed_dates(polars.Series(texts), column.dates).to_list() == [datetime(y, m, 1) for y, m in MONTHS]
    days = [(datetime(y, m, 1) - datetime(1970, 1, 1)).days for y, m in MONTHS]
    assert moments_of(polars.Series(texts)).tolist() == days
    data = {"month": texts, "y": [float(i % 7) for i in range(len(texts))]}
    frame = cr.tables.frames.as_frame(data)
    (encoder,) = cr.tables.preparation.fit(frame, cr.tables.columns(frame), "y").encoders
    assert isinstance(encoder, Date) and encoder.cycles == ("year",)  # on which day of a week months begin says nothing


def test_what_only_looks_like_months() -> None:
    assert kind(["2009-10", "2010-11", "2011-12"] * 8).kind == "categorical"  # seasons
    assert kind(["2022.01", "2022.02"] * 8).kind == "numeric"
    assert kind([f"{2000 + i}.{i + 1:02}" for i in range(13)]).kind == "numeric"  # 2012.13 is no month
    assert kind([f"{200_000 + 2 * i}" for i in range(13)]).kind == "numeric"
    assert kind([2022 + i / 100 for i in range(1, 13)]).kind == "numeric"
    column = cr.tables.columns({"x": [f"2022.{i:02}" for i in range(1, 13)], "y": range(12)}, numeric=["x"])["x"]
    assert (column.kind, column.note) == ("numeric", "2022.01 to 2022.12")


def test_the_end_of_a_date_is_no_zone() -> None:
    days = [f"2024-01-{day}" for day in range(10, 32)] + ["2024-02-01", "2024-02-02"]
    assert np.diff(moments_of(polars.Series(days))).tolist() == [1.0] * 23
    assert np.diff(moments_of(polars.Series(["28-02-2024", "29-02-2024", "01-03-2024"]))).tolist() == [1.0, 1.0]


def test_a_model_of_before_that_learned_hours_by_utc_goes_on_with_them(tmp_path: Path) -> None:
    times = [f"2024-01-{1 + i // 24:02}T{i % 24:02}:00:00+09:00" for i in range(120)]
    data = {"time": times, "y": [float(i % 24 < 9) for i in range(120)]}
    model = cr.TableModel.fit(data, "y", layers=(4,), epochs=1, task="regression", verbose=False)
    model.save(tmp_path / "new")
    network, description = load_described(tmp_path / "new")
    (column,) = description["table"]["columns"]
    assert column.pop("as_written") is True
    write(network, tmp_path / "old", {"table": description["table"]})
    new, old = (cr.TableModel.load(tmp_path / name) for name in ("new", "old"))
    written = polars.Series(times)
    encoders: list[Any] = [model.preparation.encoders[0] for model in (new, old)]
    assert [encoder.read(written)[9].hour for encoder in encoders] == [9, 0]
    zoned = polars.Series(times).str.to_datetime("%Y-%m-%dT%H:%M:%S%:z").dt.convert_time_zone("Asia/Seoul")
    assert [encoder.read(zoned)[9].hour for encoder in encoders] == [9, 0]
    old.save(tmp_path / "again")
    assert cr.TableModel.load(tmp_path / "again").preparation.encoders == old.preparation.encoders
