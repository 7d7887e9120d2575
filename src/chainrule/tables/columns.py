"""What the columns of a table are: numbers, categories, truth values, dates, pictures, or nothing to learn from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from chainrule.common.errors import DataWarning, InputError, warn
from chainrule.common.names import meant
from chainrule.common.text_table import text_table
from chainrule.common.texts import tr
from chainrule.tables.dates import NUMBERED_MONTH, numbered_months
from chainrule.tables.frames import Frame, Series, needs_polars, texts, with_numbers, words_for_missing
from chainrule.tables.number_texts import NumberFormat, number_format
from chainrule.tables.recognition import (
    Column,
    Kind,
    column_of_numbers,
    followed,
    more_rows,
    recognized_column,
    shown,
)
from chainrule.tables.rows import place_of, rows_of
from chainrule.tables.scans import rows_to_look_at

_SHOWN = 60  # columns of a table that is printed
_FIRST = 1000  # rows that tell whether a column may hold months


class Columns(Sequence[Column]):
    """The columns of a table; prints as one, and gives a column by its name or its place."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = {column.name: column for column in columns}

    def __getitem__(self, place: Any) -> Any:
        return self._columns[place] if isinstance(place, str) else list(self._columns.values())[place]

    def __len__(self) -> int:
        return len(self._columns)

    def __iter__(self) -> Iterator[Column]:
        return iter(self._columns.values())

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return list(self._columns)

    def __str__(self) -> str:
        rows = [[c.name, tr(c.kind), f"{c.missing:,}", f"{c.distinct:,}", c.read_as] for c in self[:_SHOWN]]
        table = text_table(
            [tr("column"), tr("kind"), tr("missing"), tr("different"), tr("read as")], rows, texts=(0, 1, 4)
        )
        return f"{table}\n{tr('and {count:,} more columns', count=len(self) - _SHOWN)}" if len(self) > _SHOWN else table


def columns(
    data: Any,
    *,
    numeric: Sequence[str] = (),
    categorical: Sequence[str] = (),
    date: Sequence[str] = (),
    drop: Sequence[str] = (),
) -> Columns:
    """Tell what each column of a table is.

    Parameters
    ----------
    data
        A table, as for `TableModel.fit`; of one in a file, rows that stand for all are looked at.
    numeric, categorical, date, drop
        The names of columns that are numbers, categories, dates, or to be left out, whatever they look like.

    Raises
    ------
    InputError
        If there is no such column, one is named twice, or a value is not of the kind that its column has.

    Warns
    -----
    DataWarning
        If a word stands among numbers or dates, which is then a missing value.

    Examples
    --------
    >>> import chainrule as cr
    >>> frame = {"age": ["34", "1,234", "?"], "paid": ["12 %", "3 %", "7.5 %"], "town": ["Ulm", "Bonn", "Ulm"]}
    >>> print(cr.tables.columns(frame))
    column  kind         missing  different  read as
    age     numeric            1          2  34 to 1234, numbers like 1,234.5; missing: '?'
    paid    numeric            0          3  3 to 12, numbers like 1.5 %
    town    categorical        0          2  Bonn, Ulm
    """
    frame = rows_to_look_at(data)
    forced: dict[str, Kind] = {}
    sorts: list[tuple[Kind, Sequence[str]]] = [
        ("numeric", numeric), ("categorical", categorical), ("date", date), ("left out", drop)
    ]  # fmt: skip
    for kind, names in sorts:
        for name in names:
            check_has(frame, name)
            if name in forced:
                raise InputError(
                    "Column {name!r} is named as {forced} and as {kind}: name it once.",
                    name=name,
                    forced=tr(forced[name]),
                    kind=tr(kind),
                )
            forced[name] = kind
    others = {*forced, *_months(frame)} - set(numeric)
    plain = with_numbers(frame, [name for name in frame.columns if name not in others])
    usual = words_for_missing(frame)
    found = []
    for name in frame.columns:
        with rows_of(frame):
            column = recognized_column(plain[name], forced.get(name))
        if column.words:
            _warn_of_words(column, frame)
        found.append(replace(column, words=(*usual.get(name, ()), *column.words)))
    dropped = [texts(frame[name]).drop_nulls().unique() for name, kind in forced.items() if kind == "left out"]
    formats = [*(column.numbers for column in found), *(number_format(values)[0] for values in dropped)]
    if any(format.decimal == "," for format in formats):
        found = [_with_thousands(column, frame[column.name], forced.get(column.name)) for column in found]
    return Columns(found)


def _months(frame: Frame) -> set[str]:
    """Return the columns that hold months such as 2024.10, which as a number would be 2024.1."""
    polars = needs_polars("A table")
    first = frame.head(_FIRST).select(polars.col(polars.String))
    if not first.width:
        return set()
    like = first.select(polars.all().str.contains(NUMBERED_MONTH).any()).row(0, named=True)
    return {name for name, some in like.items() if some and numbered_months(texts(first[name]).drop_nulls().unique())}


def _with_thousands(column: Column, series: Series, forced: Kind | None) -> Column:
    """Return a column of a table with decimal commas, in which 1.285 is a thousand and not a fraction, if all fit."""
    if column.kind != "numeric" or column.numbers.decimal == "," or series.dtype != needs_polars("A table").String:
        return column
    format = NumberFormat(",", grouped=True, unit=column.numbers.unit)
    values = texts(series)
    read, before = format.parsed(values), column.numbers.parsed(values)
    if not format.groups(values) or (before.is_not_null() & read.is_null()).any():
        return column
    thousands = column_of_numbers(read.alias(column.name), forced)
    return replace(thousands, told=followed(thousands.told, format.note), numbers=format, words=column.words)


def _warn_of_words(column: Column, frame: Frame) -> None:
    """Warn of words among numbers or dates, and name the first."""
    values = texts(frame[column.name])
    rows = values.is_in(column.words).fill_null(False).arg_true()
    warn(
        "Column {name!r} holds {what}, but {row} is {value!r:.40}{more}: counted as missing. Leave such "
        "cells empty, drop the rows if they are totals, or name the column as categorical or as one to drop.",
        DataWarning,
        name=column.name,
        what=_what(column),
        row=place_of(frame, rows[0]),
        value=values[rows[0]],
        more=more_rows(rows.len()),
    )


def _what(column: Column) -> str:
    return tr("dates") if column.kind == "date" else column.numbers.text


def check_has(frame: Frame, name: Any) -> None:
    """Raise an error if a frame has no column of that name."""
    if name not in frame.columns:
        near = meant(str(name), frame.columns)
        fix = " " + tr("Did you mean {name!r}?", name=near) if near else ""
        raise InputError(
            "There is no column {name!r}.{fix} The columns are {columns}.",
            name=name,
            fix=fix,
            columns=shown(frame.columns),
        )
