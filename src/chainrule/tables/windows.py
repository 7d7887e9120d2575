"""The past of each row as an example: windows of rows in the order of time, none of which sees the future."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chainrule.common.errors import InputError
from chainrule.common.settings import whole
from chainrule.tables.columns import Columns, check_has
from chainrule.tables.columns import columns as recognized
from chainrule.tables.descriptions import rebuilt_numbers
from chainrule.tables.encoders import read_numbers
from chainrule.tables.frames import Frame, as_frame, texts, with_numbers
from chainrule.tables.number_texts import NumberFormat
from chainrule.tables.rows import WrongRowError, place_of, rows_of, with_places_of
from chainrule.tables.splitting import moments_of, time_formats, written_times

_LONGER = 1.5  # times the usual step is a gap; months differ by less
_SEASONS = {1 / 24: 24, 1 / 48: 48, 1 / 96: 96, 1.0: 7}  # rows of a season by the days of a step: a day, a week
_MONTHS = range(28, 32), 12


class Windows(NamedTuple):
    """Examples of what came before.

    Attributes
    ----------
    X
        The last rows before each prediction, of shape (windows, history, features).
    y
        The values to predict, of shape (windows,).
    rows
        Which row of the table each value stands in.
    names
        The columns that are the features.
    """

    X: NDArray[np.float32]
    y: NDArray[np.float64]
    rows: NDArray[np.int64]
    names: tuple[str, ...]


@dataclass(frozen=True)
class Past:
    """What is seen before a prediction.

    Attributes
    ----------
    history
        How many rows.
    horizon
        How many rows later the predicted one is.
    time
        The column that orders the rows; as they come if None.
    formats
        How its dates were written in training: 01/02/2024 in a new table means the same.
    numbers
        How its numbers were written; None if it holds dates, or nobody knows yet.
    step
        How far apart two rows were in training (in days, if times are dates); None if nobody knows yet.
    """

    history: int
    horizon: int
    time: str | None
    formats: tuple[str, ...] = ()
    numbers: NumberFormat | None = None
    step: float | None = None

    def __post_init__(self) -> None:
        whole("windows", "history", self.history, least=1)
        whole("windows", "horizon", self.horizon, least=1)

    def of_training(self, frame: Frame, columns: Columns) -> Past:
        """Return the same with what the rows of training say about time; how it is written, the whole table told."""
        if self.time is None or frame.height < 2:
            return self
        formats, numbers = written_times(columns, self.time)
        if not formats and numbers is None:
            with rows_of(frame):
                formats, numbers = time_formats(frame[self.time])
        return replace(self, formats=formats, numbers=numbers, step=self._step(self.moments(frame)))

    def moments(self, frame: Frame) -> NDArray[np.float64]:
        """Return the time of each row, read as in training.

        Raises
        ------
        InputError
            If there is no such column, or a row has no time.
        """
        assert self.time is not None
        check_has(frame, self.time)
        with rows_of(frame):
            moments = moments_of(frame[self.time], self.formats, self.numbers)
            if np.isnan(moments).any():
                row = int(np.isnan(moments).argmax())
                raise WrongRowError("Column {name!r} is missing in {row}: it orders the rows.", row, name=self.time)
        return moments

    @staticmethod
    def _step(moments: NDArray[np.float64]) -> float:
        """Return how far apart two rows usually are."""
        return float(np.median(np.diff(np.sort(moments))))

    def _check_step(self, moments: NDArray[np.float64]) -> None:
        """Raise an error if rows are much closer or farther apart than those of training."""
        if self.step is None or len(moments) < 2:
            return
        times = self._step(moments) / self.step
        if not 1 / _LONGER <= times <= _LONGER:
            raise InputError(
                "The rows are {times:.3g} times as far apart in {time!r} as those of training, so what the network "
                "learned of them does not hold: bring them to the same step.",
                times=times,
                time=self.time,
            )

    def windows(self, frame: Frame, target: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the rows of each window, of shape (windows, history), and the row that is predicted from it.

        Windows over a gap in time are left out, and those in which the target is missing.

        Raises
        ------
        InputError
            If rows have no time, or the same one.
        """
        order, steps = np.arange(frame.height), np.ones(max(frame.height - 1, 0))
        if self.time is not None:
            moments = self.moments(frame)
            order = np.argsort(moments, kind="stable")
            steps = np.diff(moments[order])
            if (steps == 0).any():
                twice = int((steps == 0).argmax())
                one, other = (place_of(frame, row) for row in sorted(order[twice : twice + 2].tolist()))
                raise InputError(
                    "Column {time!r} is the same in {one} and {other}: a table of several series is split into one "
                    "table each, and a time in several columns, such as a year and a month, is joined to one.",
                    time=self.time,
                    one=one,
                    other=other,
                )
            self._check_step(moments)
        usual = self.step or (np.median(steps) if len(steps) else 1.0)
        ends = np.arange(self.history - 1, frame.height - self.horizon)
        gaps = np.concatenate([[0], np.cumsum(steps > _LONGER * usual)])
        unknown = np.concatenate([[0], np.cumsum(texts(frame[target]).is_null().to_numpy()[order])])
        first = ends - self.history + 1
        whole_ones = (gaps[ends + self.horizon] == gaps[first]) & (unknown[ends + 1] == unknown[first])
        ends = ends[whole_ones]
        return order[ends[:, None] + np.arange(1 - self.history, 1)], order[ends + self.horizon]

    def check_some(self, frame: Frame, rows: NDArray[np.int64]) -> None:
        """Raise an error if a table has no window at all."""
        if not len(rows):
            raise InputError(
                "{rows:,} rows make no window of {history} and a row {horizon} later without a gap: take a shorter "
                "history, or more rows.",
                rows=frame.height,
                history=self.history,
                horizon=self.horizon,
            )

    def season(self, frame: Frame) -> int:
        """Return how many rows make a season: a day of hours, a week of days, a year of months; 0 if nobody knows."""
        if self.time is None or frame.height < 2:
            return 0
        step = self._step(self.moments(frame))
        if round(step) in _MONTHS[0]:
            return _MONTHS[1]
        return next((rows for days, rows in _SEASONS.items() if abs(step / days - 1) < 0.01), 0)


def described_past(past: Past) -> dict[str, Any]:
    """Return a past as plain data."""
    return {**vars(past), "numbers": None if past.numbers is None else dict(vars(past.numbers))}


def rebuilt_past(description: Mapping[str, Any]) -> Past:
    """Return the past of a description; raise TypeError or ValueError if it is none."""
    formats, step = description.get("formats", []), description.get("step")
    if not (isinstance(formats, list | tuple) and all(isinstance(format, str) for format in formats)):
        raise ValueError(f"its formats are {formats!r:.80}")
    if step is not None and not (isinstance(step, float) and math.isfinite(step) and step > 0):
        raise ValueError(f"its step is {step!r:.80}")
    written = description.get("numbers")
    numbers = None if written is None else rebuilt_numbers(written)
    return Past(**{**description, "formats": tuple(formats), "numbers": numbers})


def windows(data: Any, target: str, *, history: int, horizon: int = 1, time: str | None = None) -> Windows:
    """Return examples of what came before: the last rows of all columns of numbers, and the value that follows.

    Parameters
    ----------
    data
        A table, as for `TableModel.fit`.
    target
        The column of numbers to predict; its past is among the features.
    history
        How many rows are seen.
    horizon
        How many rows after the last of them the predicted one is.
    time
        A column of dates or numbers that orders the rows; as they come if None. Windows over a gap are left out, and
        so are those in which the target is missing or from which a missing one would be predicted.

    Raises
    ------
    InputError
        If there is no such column, a time is missing or comes twice, or there are too few rows.

    Examples
    --------
    >>> import chainrule as cr
    >>> past = cr.tables.windows({"day": [3, 1, 2, 4], "load": [30, 10, 20, 40]}, "load", history=2, time="day")
    >>> past.names, past.X[..., -1].tolist(), past.y.tolist(), past.rows.tolist()
    (('day', 'load'), [[10.0, 20.0], [20.0, 30.0]], [30.0, 40.0], [0, 3])
    """
    table = as_frame(data)
    check_has(table, target)
    names = tuple(c.name for c in recognized(table, numeric=[target]) if c.kind in ("numeric", "boolean"))
    frame = with_places_of(table, with_numbers(table, names))
    told = with_places_of(table, frame.select(names))
    formats = {c.name: (c.numbers, c.words) for c in recognized(told, numeric=names)}
    seen, rows = Past(history, horizon, time).windows(frame, target)
    with rows_of(frame):
        values = np.stack([read_numbers(frame[name], *formats[name]) for name in names], axis=1)
    known = ~np.isnan(values[rows, names.index(target)])
    seen, rows = seen[known], rows[known]
    Past(history, horizon, time).check_some(frame, rows)
    return Windows(values[seen].astype(np.float32), values[rows, names.index(target)], rows, names)
