"""From the columns of a table to the inputs of a network, as they were measured in training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chainrule.common.errors import DataWarning, InputError, missing_extra, warn
from chainrule.common.names import meant
from chainrule.common.texts import tr
from chainrule.tables.columns import Columns
from chainrule.tables.encoders import (
    CYCLES,
    SMALLEST,
    Boolean,
    Categorical,
    Date,
    Encoder,
    Numeric,
    Picture,
    days,
    read_dates,
    read_numbers,
    truth_values,
)
from chainrule.tables.frames import Frame, Series, texts, with_numbers, with_plain_numbers
from chainrule.tables.number_texts import PLAIN
from chainrule.tables.recognition import Column, shown
from chainrule.tables.rows import rows_of
from chainrule.tables.scans import Scan

_MOST_CATEGORIES = 50  # with an input of their own; the rarest share one
_RARE = 3  # rows of a category that is too rare to learn from, in a table of many rows
_MANY_ROWS = 200
_LARGEST_LEVEL = 255.0
_FIRST = 100  # rows


class Prepared(NamedTuple):
    """The inputs of a table.

    Attributes
    ----------
    X
        Of shape (rows, inputs).
    unknown
        For each column how many categories training did not know, where there are any.
    """

    X: NDArray[np.float32]
    unknown: dict[str, int]


class Preparation:
    """What becomes of each column of a table.

    Parameters
    ----------
    encoders
        One for each column that is learned from.
    """

    def __init__(self, encoders: Sequence[Encoder]) -> None:
        self.encoders = tuple(encoders)

    @property
    def names(self) -> list[str]:
        """The names of the columns that are learned from."""
        return [encoder.name for encoder in self.encoders]

    @property
    def width(self) -> int:
        """How many inputs they make."""
        return sum(encoder.width for encoder in self.encoders)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one example: (inputs,), or that of its picture."""
        first = self.encoders[0]
        return first.shape if isinstance(first, Picture) else (self.width,)

    def prepare(self, frame: Frame) -> Prepared:
        """Return the inputs of a table with the same columns, in any order; others are not looked at.

        Raises
        ------
        InputError
            If a column is missing, or a value is not of the column's kind.
        """
        there = set(frame.columns)
        if missing := [name for name in self.names if name not in there]:
            raise InputError(
                "The model was trained with the columns {names}, but the table lacks {missing}. It has "
                "{columns}.{suggestion}",
                names=shown(self.names),
                missing=shown(missing),
                columns=shown(frame.columns),
                suggestion=likely(missing, frame.columns),
            )
        plain = [e.name for e in self.encoders if isinstance(e, Numeric) and e.numbers == PLAIN]
        cells = with_numbers(with_plain_numbers(frame, plain), plain)
        X = np.zeros((frame.height, self.width), np.float32)
        start, unknown = 0, {}
        for encoder in self.encoders:
            with rows_of(frame):
                n = encoder.encode(cells[encoder.name], X[:, start : start + encoder.width])
            if n:
                unknown[encoder.name] = n
            start += encoder.width
        return Prepared(X, unknown)


def check_readable(table: Any, columns: Columns) -> None:
    """Raise an error that names the row if a column of numbers or dates holds something else, as far as it is there."""
    if isinstance(table, Scan):
        for _ in table.map(lambda block: check_readable(block, columns)):
            pass
        return
    there = set(table.columns)
    read = [c for c in columns if c.kind in ("numeric", "date") and c.name in there]
    plain = [c.name for c in read if c.kind == "numeric" and c.numbers == PLAIN]
    frame = with_numbers(with_plain_numbers(table, plain), plain)
    for column in read:
        with rows_of(table):
            if column.kind == "numeric":
                read_numbers(frame[column.name], column.numbers, column.words)
            else:
                read_dates(frame[column.name], column.dates, column.words)


def fit(frame: Frame, columns: Columns, target: str | None, *, ago: bool = True) -> Preparation:
    """Measure what the columns of a table, but the target, need to become inputs; of dates how long ago, if asked.

    Raises
    ------
    InputError
        If there is no column to learn from.
    """
    kept = [column for column in columns if column.kind != "left out" and column.name != target]
    filled = {column.name for column in kept if _has_values(frame[column.name], column.words)}
    used = [column for column in kept if column.name in filled]
    if empty := [column.name for column in kept if column.name not in filled]:
        warn(
            "No row that trains has a value of {empty}: left out. Where only later rows have one, split the table in "
            "another way.",
            DataWarning,
            empty=shown(empty),
        )
    if not used:
        notes = "; ".join(f"{column.name!r}: {column.note}" for column in columns if column.name != target)
        raise InputError(
            "There is no column to learn from besides {target!r}. {notes:.500}"
            if notes
            else "There is no column to learn from besides {target!r}.",
            target=target,
            notes=notes,
        )
    if len(used) > 1 and (picture := next((c for c in used if c.kind == "picture"), None)):
        others = [column.name for column in used if column is not picture]
        raise InputError(
            "Pictures are learned from by themselves: leave out {others}, or {picture!r}.",
            others=shown(others),
            picture=picture.name,
        )
    with rows_of(frame):
        numbers = {c.name: read_numbers(frame[c.name], c.numbers, c.words) for c in used if c.kind == "numeric"}
        dates = {c.name: read_dates(frame[c.name], c.dates, c.words) for c in used if c.kind == "date"}
    measured = _measured({**numbers, **{name: days(series) for name, series in dates.items()}})

    def encoder(column: Column) -> Encoder:
        series, name = frame[column.name], column.name
        if column.kind == "numeric":
            some = bool(np.isnan(numbers[name]).any())
            return Numeric(name, column.numbers, *measured[name], missing=some, words=column.words)
        if column.kind == "date":
            cycles = tuple(cycle for cycle, of in CYCLES.items() if _differ(of(dates[name])))
            if dates[name].dt.day().n_unique() == 1:  # months, whose first days say nothing of a week
                cycles = tuple(cycle for cycle in cycles if cycle != "week")
            some = dates[name].null_count() > 0
            return Date(name, column.dates, *measured[name], ago, cycles, some, column.words, as_written=True)
        if column.kind == "picture":
            return _picture(series)
        return _categorical(name, column.kind == "boolean", series)

    return Preparation([encoder(column) for column in used])


def _has_values(series: Series, words: tuple[str, ...]) -> bool:
    """Return whether some value is there that is no word for a missing one; mostly the first rows tell."""
    if series.dtype.is_nested():
        return True
    if series.dtype.is_numeric():
        return bool(series.cast(float).is_finite().any())
    some = (texts(rows).drop_nulls() for rows in (series.head(_FIRST), series))
    return any(len(values) and not (words and values.is_in(words).all()) for values in some)


def _differ(shares: NDArray[np.float64]) -> bool:
    """Return whether dates go through most of a cycle: what is learned of a part of it says nothing of the rest."""
    present = shares[~np.isnan(shares)]
    return bool(np.unique(np.floor(present * 6)).size >= 5)


def _measured(numbers: dict[str, NDArray[np.float64]]) -> dict[str, tuple[float, float]]:
    """Return the center and the scale of columns of numbers, NaN where they are missing."""
    if not numbers:
        return {}
    try:
        from sklearn.preprocessing import RobustScaler, StandardScaler
    except ImportError as error:
        raise missing_extra("Preparing a table", "scikit-learn", "tables") from error
    x = np.column_stack(list(numbers.values()))
    low, high = np.nanquantile(x, [0.25, 0.75], axis=0)
    spread, centers, scales = high > low, np.zeros(len(numbers)), np.ones(len(numbers))
    if spread.any():
        robust: Any = RobustScaler().fit(x[:, spread])
        centers[spread], scales[spread] = robust.center_, robust.scale_
    if not spread.all():  # most rows have the same value
        standard: Any = StandardScaler().fit(x[:, ~spread])
        centers[~spread], scales[~spread] = standard.mean_, standard.scale_
    scales[scales < SMALLEST] = 1.0
    return dict(zip(numbers, zip(centers.tolist(), scales.tolist(), strict=True), strict=True))


def _categorical(name: str, boolean: bool, series: Series) -> Categorical:
    """Return the encoder of categories: those that are frequent enough, in the order of their texts."""
    if boolean:
        missing = [""] if truth_values(series).null_count() else []
        return Boolean(name, (*missing, "false", "true"), other=False)
    values = texts(series).fill_null("").rename("category")  # a column may be called "rows", too
    counts = values.value_counts(name="rows").sort(["rows", "category"], descending=[True, False])
    rare = _RARE if series.len() >= _MANY_ROWS else 1
    n = min((counts["rows"] >= rare).sum(), _MOST_CATEGORIES)
    frequent, others = (sorted(half["category"]) for half in (counts[:n], counts[n:]))
    return Categorical(name, tuple(frequent), other=bool(others), rare=tuple(others))


def _picture(series: Series) -> Picture:
    scale = 1.0 if series.dtype.inner.is_float() else _LARGEST_LEVEL
    return Picture(series.name, tuple(series.dtype.shape), scale)


def likely(missing: Sequence[str], names: Sequence[str]) -> str:
    """Return a question that says which of the names were likely meant by those that are missing, if any were."""
    near = [(name, meant(name, names)) for name in missing[:3]]
    pairs = ", ".join(tr("{there!r} for {name!r}", there=there, name=name) for name, there in near if there is not None)
    return " " + tr("Did you mean {pairs}? Then rename what is there.", pairs=pairs) if pairs else ""
