"""Which rows of a table train and which test: at random, by time, or whole groups at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chainrule.common.errors import InputError
from chainrule.common.settings import number, whole
from chainrule.common.texts import Note, tr
from chainrule.tables.columns import Columns, check_has
from chainrule.tables.dates import ahead_of_utc, date_formats, format_without_signs, parsed_dates
from chainrule.tables.encoders import days, read_dates, read_numbers
from chainrule.tables.frames import Frame, Series, as_frame, texts
from chainrule.tables.number_texts import NumberFormat, number_format
from chainrule.tables.repeated_rows import comparable, digests_of, warn_of_equal
from chainrule.tables.rows import WrongRowError
from chainrule.tables.scans import Scan, rows_of_table, some_of


class Split(NamedTuple):
    """A table in two parts, frames of polars (or tables in a file) with the rows in the order of the table."""

    train: Frame
    test: Frame


def split(
    data: Any, share: float = 0.2, *, stratify: str | None = None, time: str | None = None,
    group: str | None = None, seed: int = 0,
) -> Split:  # fmt: skip
    """Split a table into rows to train on and rows to test on.

    Parameters
    ----------
    data
        A table, as for `TableModel.fit`.
    share
        Of the rows (or of the groups) that test.
    stratify
        A column whose values have the same shares in both parts, such as that of the classes.
    time
        A column of dates or numbers instead: the last rows test, so that no row of training is later than one of them.
    group
        A column instead, such as that of a patient: all rows with the same value are in the same part.
    seed
        Of the draw.

    Raises
    ------
    InputError
        If there is no such column, it has missing values, or a part would be empty.

    Warns
    -----
    DataWarning
        If rows that test are the same as rows that train, so that they test nothing.

    Examples
    --------
    >>> import chainrule as cr
    >>> train, test = cr.tables.split({"hour": list(range(10)), "load": list("abcdefghij")}, 0.3, time="hour")
    >>> test["hour"].to_list()
    [7, 8, 9]
    """
    frame = data if isinstance(data, Scan) else as_frame(data)
    share = number("split", "share", share, 0, 1, "neither")
    seed = whole("split", "seed", seed, least=0)
    named = {name: column for name, column in (("stratify", stratify), ("time", time), ("group", group)) if column}
    if len(named) > 1:
        raise InputError(
            "A table is split by one rule, but several were said: {named}. Name one of them.", named=", ".join(named)
        )
    for column in named.values():
        check_has(frame, column)
    if time is not None:
        with rows_of_table(frame):
            tests = _latest(frame[time], share)
    elif group is not None:
        tests = _groups(frame[group], share, seed)
    else:
        strata = np.zeros(frame.height, int) if stratify is None else _codes(frame[stratify])
        tests = draw(strata, share, seed)
    if not tests.any() or tests.all():
        alone = (
            ""
            if stratify is None
            else " " + tr("A value of {column!r} that a single row has trains: leave out stratify.", column=stratify)
        )
        raise InputError(
            "A share of {share:g} of {rows:,} rows leaves no row to test on: give it more rows, or another "
            "share.{alone}"
            if not tests.any()
            else "A share of {share:g} of {rows:,} rows leaves no row to train on: give it more rows, or another "
            "share.{alone}",
            share=share,
            rows=frame.height,
            alone=alone,
        )
    parts = Split(some_of(frame, ~tests), some_of(frame, tests))
    if names := list(comparable(frame)):
        digests = digests_of(frame, names)  # of all rows at once: a file is read once more, and not twice
        warn_of_equal(digests[~tests], digests[tests], parts, names)
    return parts


def _codes(series: Series) -> NDArray[np.int64]:
    """Return the place of each value among the different ones."""
    return texts(series).fill_null("").rank("dense").to_numpy().astype(np.int64) - 1  # type: ignore[no-any-return]


def draw(strata: NDArray[np.int64], share: float, seed: int) -> NDArray[np.bool_]:
    """Return which rows test: the share of each stratum, drawn at random; a single row of a stratum trains."""
    random = np.random.default_rng(seed).permutation(len(strata))
    order = random[np.argsort(strata[random], kind="stable")]
    starts = np.searchsorted(strata[order], strata[order])
    sizes = np.searchsorted(strata[order], strata[order], side="right") - starts
    # Over the strata, rows test at equal distances, so that the shares of small ones add up to the whole one.
    place = np.arange(len(order))
    chosen = np.floor((place + 1) * share) > np.floor(place * share)
    tests = np.zeros(len(order), bool)
    tests[order] = chosen & (sizes > 1)
    return tests


def written_times(columns: Columns, name: str) -> tuple[tuple[str, ...], NumberFormat | None]:
    """Return in which formats a column of times is written, as the whole table told: a part of it may tell others."""
    column = next((column for column in columns if column.name == name), None)
    if column is None or column.kind not in ("date", "numeric"):
        return (), None
    return (column.dates, None) if column.kind == "date" else ((), column.numbers)


def _latest(
    series: Series, share: float, formats: tuple[str, ...] = (), numbers: NumberFormat | None = None
) -> NDArray[np.bool_]:
    """Return the last rows in time; those of one moment are in one part."""
    moments = moments_of(series, formats, numbers)
    if np.isnan(moments).any():
        raise WrongRowError(
            "Column {name!r} is missing in {row}: to split by time, each row needs one.",
            int(np.isnan(moments).argmax()),
            name=series.name,
        )
    first = np.sort(moments)[-max(1, round(len(moments) * share))]
    return moments >= first  # type: ignore[no-any-return]


def time_formats(series: Series) -> tuple[tuple[str, ...], NumberFormat | None]:
    """Return in which formats a column of dates or of numbers is written: of dates, or of numbers.

    Raises
    ------
    InputError
        If it is neither.
    """
    if series.dtype.is_temporal():
        return (), None
    values = texts(series)
    distinct = values.drop_nulls().unique()
    without_signs = format_without_signs(distinct)[0]
    numbers, some = number_format(distinct)
    if some == distinct.len() and not without_signs:
        return (), numbers
    formats, dates = date_formats(series.name, distinct)
    if dates == distinct.len():
        return formats, None
    parsed = parsed_dates(values, formats) if without_signs or dates >= some else numbers.parsed(values)
    row = (parsed.is_null() & values.is_not_null()).arg_true()[0]
    raise WrongRowError(
        "Column {name!r} is no time: it holds {value!r:.40} in {row}, and neither dates nor numbers.",
        row,
        name=series.name,
        value=values[row],
    )


def moments_of(
    series: Series, formats: tuple[str, ...] = (), numbers: NumberFormat | None = None
) -> NDArray[np.float64]:
    """Return a column of dates (in days, by UTC) or numbers as numbers in the order of time, NaN where it is missing.

    They are read in the formats that are given, or else in those that the column tells.

    Raises
    ------
    InputError
        If it is neither.
    """
    if not formats and numbers is None:
        formats, numbers = time_formats(series)
    if numbers is not None:
        return read_numbers(series, numbers)
    return days(read_dates(series, formats) - ahead_of_utc(series))


def _groups(series: Series, share: float, seed: int) -> NDArray[np.bool_]:
    """Return the rows of some groups, drawn at random, that have about the share of all rows."""
    codes = _codes(series)
    if codes.max(initial=0) == 0:
        raise InputError(
            "Column {name!r} has one group only, so all rows would be in the same part: name another column, or split "
            "at random.",
            name=series.name,
        )
    sizes = np.bincount(codes)
    order = np.random.default_rng(seed).permutation(len(sizes))
    before = np.cumsum(sizes[order]) - sizes[order]
    chosen = order[before < share * len(codes)]
    return np.isin(codes, chosen[: len(sizes) - 1])


def validating(
    table: Any,
    strata: NDArray[np.int64],
    share: float,
    *,
    time: str | None,
    group: str | None,
    seed: int,
    columns: Columns,
) -> NDArray[np.bool_]:
    """Return which rows of training tell when to stop: the last ones by time, whole groups, or a share of each stratum.

    They are to the other rows as those that test are to all of training. None, if all are of one moment or group.
    """
    if time is not None:
        with rows_of_table(table):
            last = _latest(table[time], share, *written_times(columns, time))
        return last if not last.all() else np.zeros(len(last), bool)
    if group is not None:
        several = texts(table[group]).fill_null("").n_unique() > 1
        return _groups(table[group], share, seed) if several else np.zeros(len(strata), bool)
    return draw(strata, share, seed)


def without_groups(columns: Columns, group: str | None) -> Columns:
    """Return columns with the one of groups left out: what is learned of a patient says nothing of another one."""
    left_out: dict[str, Any] = {
        "kind": "left out",
        "told": Note("its groups split the rows, and new rows are of other groups"),
    }
    return Columns([replace(column, **left_out) if column.name == group else column for column in columns])
