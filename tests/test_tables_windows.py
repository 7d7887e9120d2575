"""Windows of rows in time: nothing of the future gets in, and gaps are left out."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chainrule as cr
from chainrule.common.errors import DataWarning, FileFormatError, InputError
from chainrule.tables import TableModel, windows
from chainrule.tables.descriptions import described as described_part
from chainrule.tables.scores import naive
from chainrule.tables.windows import Past

START = datetime(2024, 1, 1)


def hours(n: int, load: Any = None) -> polars.DataFrame:
    times = [START + timedelta(hours=i) for i in range(n)]
    return polars.DataFrame({"hour": times, "load": np.arange(n, dtype=float) if load is None else load})


@settings(deadline=None)
@given(
    n=st.integers(3, 40), history=st.integers(1, 8), horizon=st.integers(1, 6), seed=st.integers(0, 9),
    lost=st.lists(st.integers(1, 38), max_size=3, unique=True),
)  # fmt: skip
def test_a_window_is_what_came_just_before(n: int, history: int, horizon: int, seed: int, lost: list[int]) -> None:
    """Against the slow way: look at the rows that should be there one by one."""
    kept = [i for i in range(n) if i not in lost or i >= n - 1]
    shuffled = np.random.default_rng(seed).permutation(kept)
    frame = polars.DataFrame({"hour": [START + timedelta(hours=int(i)) for i in shuffled], "load": shuffled * 1.0})
    seen, rows = Past(history, horizon, "hour").windows(frame, "load")
    values = shuffled * 1.0
    found = {(tuple(values[window]), values[row]) for window, row in zip(seen, rows, strict=True)}
    there = set(kept)
    expected = {
        (tuple(map(float, range(last - history + 1, last + 1))), float(last + horizon))
        for last in kept
        if all(hour in there for hour in range(last - history + 1, last + horizon + 1))
    }
    if len(kept) >= 2 * len(lost) + 3:  # else the gaps may be the usual step
        assert found == expected


def test_windows_as_arrays() -> None:
    past = windows(hours(6).with_columns(polars.lit("x").alias("word")), "load", history=3, horizon=2, time="hour")
    assert past.names == ("load",)
    assert past.X[..., 0].tolist() == [[0, 1, 2], [1, 2, 3]]
    assert (past.y.tolist(), past.rows.tolist()) == ([4, 5], [4, 5])
    network = cr.Network([cr.LSTM(4), cr.Dense(1)], "mean_squared_error")
    network.fit(past.X, past.y[:, None], epochs=1, verbose=False)
    assert network.predict(past.X).shape == (2, 1)


def test_a_window_with_an_unknown_target_is_left_out() -> None:
    frame = hours(6, [0.0, 1.0, None, 3.0, 4.0, None])
    seen, rows = Past(2, 1, "hour").windows(frame, "load")
    assert (seen.tolist(), rows.tolist()) == ([[0, 1], [3, 4]], [2, 5])  # what is predicted may be unknown


@pytest.mark.parametrize(
    ("frame", "said", "error"),
    [
        (
            hours(3),
            {"history": 3},
            "3 rows make no window of 3 and a row 1 later without a gap: take a shorter history",
        ),
        (hours(3), {"history": 0}, "windows takes history as a whole number of at least 1"),
        (hours(3), {"history": 1, "horizon": 0}, "windows takes horizon as a whole number of at least 1"),
        (hours(3), {"history": 1, "time": "day"}, "There is no column 'day'"),
        (
            polars.concat([hours(3), hours(3)]),
            {"history": 1, "time": "hour"},
            r"is the same in row 1 \(2 .*\) and row 4 \(5",
        ),
        (
            hours(3).with_columns(hour=polars.Series(["1", None, "3"])),
            {"history": 1, "time": "hour"},
            "missing in row 2",
        ),
    ],
)
def test_what_makes_no_windows(frame: polars.DataFrame, said: dict[str, Any], error: str) -> None:
    with pytest.raises(InputError, match=error):
        windows(frame, "load", **said)


@pytest.fixture(scope="module")
def wave() -> polars.DataFrame:
    t = np.arange(600)
    return hours(600, 100 + 10 * np.sin(2 * np.pi * t / 24) + np.random.default_rng(0).normal(0, 0.5, 600))


@pytest.fixture(scope="module")
def model(wave: polars.DataFrame) -> TableModel:
    return TableModel.fit(wave[:480], "load", history=24, time="hour", layers=(32,), epochs=30, verbose=False)


def test_it_is_better_than_the_last_value(model: TableModel, wave: polars.DataFrame) -> None:
    test = wave[480 - 24 :]
    baselines = model.baselines(wave[:480], test)
    assert set(baselines) == {"last value", "one season before"}
    assert model.evaluate(test)["mae"] < baselines["last value"]["mae"]


def test_the_future_changes_no_prediction(model: TableModel, wave: polars.DataFrame) -> None:
    expected = model.predict(wave)
    assert np.isnan(expected[:24]).all() and not np.isnan(expected[24:]).any()
    changed = wave.with_columns(load=polars.when(polars.col("hour") >= wave["hour"][300]).then(-1e3).otherwise("load"))
    predicted = model.predict(changed)
    assert np.array_equal(predicted[24:301], expected[24:301])  # row 300 itself is predicted from those before
    assert not np.isclose(predicted[301], expected[301])


def test_rows_in_any_order_and_from_a_file(model: TableModel, wave: polars.DataFrame, tmp_path: Path) -> None:
    expected = model.predict(wave)
    np.testing.assert_allclose(model.predict(wave.reverse())[::-1], expected, rtol=1e-5)
    model.save(tmp_path / "model")
    again = TableModel.load(tmp_path / "model")
    assert again.past == model.past
    assert np.array_equal(again.predict(wave), expected, equal_nan=True)
    assert again.scored(wave)["prediction"].null_count() == 24


def test_an_hour_that_is_not_there_yet_is_forecast(model: TableModel, wave: polars.DataFrame) -> None:
    asked = wave.with_columns(load=polars.when(polars.col("hour") < wave["hour"][-1]).then("load"))
    assert model.predict(asked)[-1] == pytest.approx(model.predict(wave)[-1], rel=1e-5)


def test_the_season_is_the_last_one_that_is_known(wave: polars.DataFrame, model: TableModel) -> None:
    frame = hours(100, np.arange(100.0) % 24)
    for horizon in 1, 5, 24, 30:
        scores = naive(model.target, Past(48, horizon, "hour"), frame)
        assert scores["one season before"]["mae"] == 0
        assert (scores["last value"]["mae"] == 0) == (horizon == 24)


def test_classes_have_a_past() -> None:
    """Every third hour is a, whatever the hour is called: those before it tell."""
    frame = hours(120).with_columns(state=polars.Series([["a", "b", "c"][i % 3] for i in range(120)]))
    train, test = frame[:90], frame[66:]
    model = TableModel.fit(train, "state", history=24, time="hour", layers=(16,), epochs=60, verbose=False)
    assert model.target.task == "classification" and model.evaluate(test)["accuracy"] == 1.0
    P = model.predict_proba(test)
    assert np.isnan(P[:24]).all() and np.allclose(P[24:].sum(axis=1), 1)
    assert model.predict(test).tolist() == [None] * 24 + test["state"][24:].to_list()
    assert model.scored(test)["prediction"].to_list() == model.predict(test).tolist()
    assert model.scored(test)["probability of a"].null_count() == 24
    assert model.baselines(train, test) == {"last class": {"accuracy": 0.0}, "one season before": {"accuracy": 1.0}}


def test_a_past_that_no_row_has() -> None:
    for load in [float(i) for i in range(20)], ["a", "b"] * 10:
        with pytest.raises(InputError, match="20 rows make no window of 30 and a row 1 later without a gap: take a"):
            TableModel.fit({"load": load, "x": [1.5, 2.5] * 10}, "load", history=30, verbose=False)


def test_numbers_in_time_are_values_unless_said_otherwise() -> None:
    frame = hours(90, [[1, 2, 5][i % 3] for i in range(90)])
    said: dict[str, Any] = {"history": 2, "time": "hour", "layers": (4,), "epochs": 1, "verbose": False}
    assert TableModel.fit(frame, "load", **said).target.task == "regression"
    assert TableModel.fit(frame, "load", task="classification", **said).target.classes == ("1", "2", "5")


SMALL: dict[str, Any] = {"history": 3, "time": "hour", "layers": (4,), "epochs": 2, "verbose": False}


def test_a_hole_in_the_target_glues_no_rows_together() -> None:
    """With every tenth value missing, six of ten rows have the three before them; none is predicted from others."""
    frame = hours(200).with_columns(load=polars.Series([None if i % 10 == 9 else float(i) for i in range(200)]))
    with pytest.warns(DataWarning, match="'load' is missing in 20 of 200 rows, and windows with them are left out"):
        model = TableModel.fit(frame, "load", **SMALL)
    assert model.past is not None and model.past.step == pytest.approx(1 / 24)
    predicted = model.predict(frame)
    assert [i for i in range(10, 20) if not np.isnan(predicted[i])] == [13, 14, 15, 16, 17, 18, 19]


def test_every_other_target_may_be_missing() -> None:
    frame = hours(120).with_columns(load=polars.Series([None if i % 2 else float(i % 7) for i in range(120)]))
    with (
        pytest.warns(DataWarning, match="missing in 60 of 120 rows"),
        pytest.raises(InputError, match="make no window of 3 and a row 1 later"),
    ):
        TableModel.fit(frame, "load", **SMALL)


def test_windows_have_a_value_to_predict() -> None:
    past = windows({"load": [1, 2, 3, None, 5, 6, 7]}, "load", history=2)
    assert (past.y.tolist(), past.rows.tolist()) == ([3, 7], [2, 6])


def test_a_target_that_looks_like_an_identifier_has_a_past() -> None:
    model = TableModel.fit(hours(120, list(range(120))), "load", **SMALL)
    assert model.preparation.names == ["hour", "load"]


def test_dates_are_read_as_in_training() -> None:
    """1 to 12 June with the day first, which alone would be the sixth of each month."""

    def table(start: datetime, days: int) -> polars.DataFrame:
        texts = [(start + timedelta(days=i)).strftime("%d/%m/%Y") for i in range(days)]
        return polars.DataFrame({"hour": texts, "load": np.arange(days) % 7 + 0.5})

    model = TableModel.fit(table(START, 120), "load", **SMALL)
    assert not np.isnan(model.predict(table(datetime(2024, 6, 1), 12))[3:]).any()


def test_numbers_that_are_times_are_read_as_in_training(tmp_path: Path) -> None:
    """1.001 is a thousand after 0,5 in training, though alone it would be one."""
    load = np.arange(60) % 7 + 0.5
    training = {"hour": [f"{i / 2:.1f}".replace(".", ",") for i in range(60)], "load": load}
    model = TableModel.fit(training, "load", **SMALL)
    model.save(tmp_path / "model")
    model = TableModel.load(tmp_path / "model")
    new = {"hour": [f"1.{i:03},{half}" for i in range(1, 11) for half in "05"], "load": load[:20]}
    assert not np.isnan(model.predict(new)[3:]).any()
    new["hour"] = [f"1.{i:03}" for i in range(1, 21)]
    with pytest.raises(InputError, match="The rows are 2 times as far apart"):
        model.predict(new)


def test_dates_without_signs_are_times() -> None:
    days = [(START + timedelta(days=i)).strftime("%Y%m%d") for i in range(120)]
    frame = polars.DataFrame({"hour": days, "load": np.arange(120) % 7 + 0.5})
    for table in frame, frame.with_columns(polars.col("hour").cast(int)):
        model = TableModel.fit(table, "load", **SMALL)
        assert model.past is not None and model.past.step == 1.0 and not np.isnan(model.predict(table)[3:]).any()


def test_the_step_is_that_of_training(model: TableModel, wave: polars.DataFrame) -> None:
    daily = wave.with_columns(hour=START + timedelta(days=1) * polars.int_range(wave.height))
    with pytest.raises(InputError, match="The rows are 24 times as far apart in 'hour' as those of training"):
        model.predict(daily)
    for change in {"step": "1"}, {"step": -1.0}, {"formats": [1]}, {"numbers": {"decimal": "x"}}:
        described = {
            "columns": [described_part(encoder) for encoder in model.preparation.encoders],
            "target": described_part(model.target),
            "report": {},
            "past": {**vars(model.past), **change},
        }
        with pytest.raises(FileFormatError, match=r"its (step|formats|decimal)"):
            TableModel.of(model.network, described, "it")
