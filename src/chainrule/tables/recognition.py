"""What one column of a table is: numbers, categories, truth values, dates, a picture, or nothing to learn from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from chainrule.common.errors import InputError
from chainrule.common.texts import Note, later, tr
from chainrule.tables.dates import (
    CLOCKS,
    SHORT_YEAR,
    date_formats,
    format_without_signs,
    is_ambiguous,
    mostly,
    parsed_dates,
)
from chainrule.tables.frames import NAME_OF_A_PICTURE, Series, has_no_texts, needs_polars, texts, with_digits
from chainrule.tables.number_texts import CURRENCIES, PLAIN, NumberFormat, difference, number_format
from chainrule.tables.rows import WrongRowError

Kind = Literal["numeric", "categorical", "boolean", "date", "picture", "left out"]
later("left out")  # tables show it; the words of the other kinds stand in encoders.py

BOOLEANS = [("false", "true"), ("no", "yes"), ("n", "y"), ("f", "t"), ("off", "on"), ("0", "1"), ("아니오", "예")]
"""The texts of truth values, in small letters."""
_MOST_CATEGORIES = 50  # of a column of texts whose values mostly differ; more of them are names or sentences
_FEW_WORDS = 3  # different ones that stand for missing numbers or dates in a column; more have a meaning of their own
_FEWEST = 10  # different values that tell that most are numbers
_MOSTLY_WITH_A_UNIT = 0.8  # of the different values of a column
# What stands before the number is a sign or a currency; other letters make it a name, as in Room 5A and 사람0호.
_WITH_A_UNIT = rf"^(?:{'|'.join(map(re.escape, CURRENCIES))}|[^\w\s]{{0,3}})\s*\d[\d.,]*\s*[^\d\s.,]{{1,10}}$"
_YEARS = 1500, 2200
_IDENTIFIER = re.compile(
    r"(^|[_\s.-])(id|ids|uuid|guid|key|index|no|nr|row|rownames?)$|(?<=[a-z])(Id|ID)$|번호$|^연번$|^순번$|^column 1$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Column:
    """What a column of a table is.

    Attributes
    ----------
    name
        Its name.
    kind
        What its values are taken for.
    told
        How they are read, or why the column is left out.
    missing, distinct
        How many values are missing, and how many different ones there are.
    numbers
        How its numbers are written.
    dates
        How its dates are written, in the formats of `strptime`.
    examples
        Some of its values.
    words
        What stands for a missing value in it.
    """

    name: str
    kind: Kind
    told: Note | None = field(default=None, hash=False)
    missing: int = 0
    distinct: int = 0
    numbers: NumberFormat = PLAIN
    dates: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        """How its values are read, or why it is left out, in the reader's language."""
        return "" if self.told is None else str(self.told)

    @property
    def read_as(self) -> str:
        """How its values are read, for people."""
        words = "; " + tr("missing: {words}", words=shown(self.words, 3)) if self.words else ""
        return (self.note or ", ".join(self.examples)) + words


def followed(told: Note | None, more: Note) -> Note:
    """Return what is told of a column with something more."""
    return more if told is None else Note("{told}, {more}", {"told": told, "more": more})


def shown(names: Sequence[str], most: int = 8) -> str:
    """Return names in one line."""
    more = " " + tr("and {count:,} more", count=len(names) - most) if len(names) > most else ""
    return ", ".join(f"{name!r:.60}" for name in names[:most]) + more


def more_rows(rows: int) -> str:
    """Return how many rows are of a sort that a message names one of, if there are more."""
    return " " + tr("({rows:,} rows are of that sort)", rows=rows) if rows > 1 else ""


def recognized_column(series: Series, forced: Kind | None) -> Column:
    """Return what a column is; what the user said comes first."""
    polars = needs_polars("A table")
    if forced == "left out":
        return Column(series.name, "left out", Note("you said so"))
    if series.dtype == polars.Array:
        return Column(series.name, "picture", Note("{shape}", {"shape": " x ".join(map(str, series.dtype.shape))}))
    if series.dtype.is_numeric() and forced in (None, "numeric", "categorical"):
        return column_of_numbers(series, forced)
    if has_no_texts(series):
        return Column(series.name, "left out", Note("its values are of type {dtype}", {"dtype": series.dtype}))
    values = texts(series)
    distinct = values.drop_nulls().unique().sort()
    known = Column(
        series.name,
        "left out",
        missing=values.null_count(),
        distinct=distinct.len(),
        examples=tuple(f"{value:.20}" for value in distinct.head(3)),
    )
    if distinct.len() == 0:
        return replace(known, told=Note("all values are missing"))
    if forced == "categorical":
        return replace(known, kind="categorical")
    if forced == "numeric":
        return _numeric(known, values, distinct, number_format(distinct)[0])
    if forced == "date":
        return _date(known, series, values, distinct)
    return _recognized(known, series, values, distinct)


def column_of_numbers(series: Series, forced: Kind | None) -> Column:
    """Return what a column of numbers is."""
    x = series.cast(float).to_numpy()  # NaN where it is null
    present = x[~np.isnan(x)]
    if np.isinf(present).any():
        raise WrongRowError(
            "Column {name!r} is infinite in {row}: numbers are finite or missing.",
            int(np.isinf(x).argmax()),
            name=series.name,
        )
    distinct = np.unique(present)
    examples = tuple(f"{value:.15g}" for value in distinct[:3])
    known = Column(series.name, "left out", missing=len(x) - len(present), distinct=len(distinct), examples=examples)
    if not len(distinct):
        return replace(known, told=Note("all values are missing"))
    span = Note("{low:.6g} to {high:.6g}", {"low": distinct[0], "high": distinct[-1]})
    if forced is not None:
        return replace(known, kind=forced, told=span if forced == "numeric" else None)
    if dates := _date_without_signs(distinct):
        values = with_digits(series)
        return _date(known, values, values, values.drop_nulls().unique().sort(), dates)
    if distinct.tolist() == [0, 1]:
        return replace(known, kind="boolean")
    if len(distinct) == 1:
        return replace(known, told=Note("all values are {value!r:.40}", {"value": examples[0]}))
    if len(distinct) == len(x) >= _FEWEST and distinct[0] >= 0 and (distinct == np.floor(distinct)).all():
        counted = distinct[-1] - distinct[0] == len(distinct) - 1 and not _are_years(distinct)
        if _IDENTIFIER.search(series.name):
            return replace(known, told=Note("an identifier: each row has its own number"))
        if counted:
            return replace(
                known, told=Note("it counts the rows (--numeric {name} learns from it)", {"name": series.name})
            )
    return replace(known, kind="numeric", told=span)


def _are_years(distinct: NDArray[Any]) -> bool:
    return bool(_YEARS[0] <= distinct[0] and distinct[-1] <= _YEARS[1])


def _date_without_signs(distinct: NDArray[Any]) -> tuple[str, ...]:
    """Return the format if most of some different numbers are dates without signs, such as 20240131."""
    polars = needs_polars("A table")
    if len(distinct) < 2 or not 1900_01 <= np.median(distinct) < 1e14:
        return ()
    return format_without_signs(with_digits(polars.Series(distinct)))[0]


def _recognized(known: Column, series: Series, values: Series, distinct: Series) -> Column:
    """Return what a column looks like."""
    polars = needs_polars("A table")
    small = tuple(distinct.str.to_lowercase().unique().sort())
    if series.dtype == polars.Boolean or small in map(_sorted, BOOLEANS):
        return replace(known, kind="boolean")
    if distinct.len() == 1:
        return replace(known, told=Note("all values are {value!r:.40}", {"value": distinct[0]}))
    if series.dtype.is_temporal():
        return replace(known, kind="date")
    if format_without_signs(distinct)[0]:
        return _date(known, series, values, distinct)
    number, are_numbers = number_format(distinct)
    if mostly(are_numbers, distinct.len()):
        codes = distinct.str.contains("^0[0-9]").any()  # post codes, which measure nothing
        return _words(known, values, distinct) if codes else _numeric(known, values, distinct, number)
    dates, are_dates = date_formats(series.name, distinct)
    # Few different dates with a word among them are no categories, as few numbers may be.
    if dates and (mostly(are_dates, distinct.len()) or distinct.len() < _FEWEST):
        return _date(known, series, values, distinct, dates)
    column = _words(known, values, distinct)
    if column.kind == "categorical" and (others := _few_words(distinct, number.parsed(distinct))):
        values = {
            "examples": ", ".join(known.examples),
            "others": shown(others),
            "numbers": number.note,
            "name": known.name,
        }
        return replace(column, told=Note("{examples}; but for {others} these are {numbers} (--numeric {name})", values))
    return column


def _sorted(pair: tuple[str, str]) -> tuple[str, ...]:
    return tuple(sorted(pair))


def _words(known: Column, values: Series, distinct: Series) -> Column:
    """Return what texts are: categories, or names and sentences that no two rows share."""
    present = values.len() - known.missing
    if distinct.str.contains(NAME_OF_A_PICTURE).all():
        return replace(known, told=Note("names of pictures, which are read if they are there"))
    if distinct.str.contains(SHORT_YEAR).all():
        return replace(
            known,
            told=Note("dates with two digits for the year, such as {value}: write all four", {"value": distinct[0]}),
        )
    if (distinct.len() > _MOST_CATEGORIES and distinct.len() > present / 2) or distinct.len() == present >= _FEWEST:
        if distinct.str.contains(_WITH_A_UNIT).sum() >= _MOSTLY_WITH_A_UNIT * distinct.len():
            return replace(
                known,
                told=Note(
                    "numbers with different or unknown units, such as {value!r:.40}: leave them off",
                    {"value": distinct[0]},
                ),
            )
        if distinct.len() == present and _IDENTIFIER.search(known.name):
            return replace(known, told=Note("an identifier: each row has its own text"))
        return replace(known, told=Note("texts that hardly repeat, such as names"))
    return replace(known, kind="categorical")


def _numeric(known: Column, values: Series, distinct: Series, format: NumberFormat) -> Column:
    """Return a column of numbers, or raise an error that names the row which is none."""
    numbers = format.parsed(distinct)
    words = _few_words(distinct, numbers)
    if not words:
        _refuse_others(known, values, distinct, numbers, format.text, format)
    told = Note("{low:.6g} to {high:.6g}", {"low": numbers.min(), "high": numbers.max()})
    if format != PLAIN:
        told = followed(told, format.note)
    return replace(known, kind="numeric", numbers=format, told=told, words=words)


def _date(
    known: Column, series: Series, values: Series, distinct: Series, formats: tuple[str, ...] | None = None
) -> Column:
    """Return a column of dates, or raise an error that names the row which is none."""
    if series.dtype.is_temporal():
        return replace(known, kind="date")
    formats = date_formats(known.name, distinct)[0] if formats is None else formats
    if not formats:
        raise InputError(
            "Column {name!r} holds no dates that can be read, such as 2024-02-01: {value!r:.40}.",
            name=known.name,
            value=distinct[0],
        )
    dates = parsed_dates(distinct, formats)
    words = _few_words(distinct, dates)
    if not words:
        _refuse_others(known, values, distinct, dates, "dates")
    distinct = distinct.filter(dates.is_not_null())
    told = Note("times of day like {value}" if formats[0] in CLOCKS else "dates like {value}", {"value": distinct[0]})
    if is_ambiguous(formats, distinct):
        told = followed(told, Note("day first" if formats[0].startswith("%d") else "month first"))
    return replace(known, kind="date", dates=formats, told=told, words=words)


def _few_words(distinct: Series, parsed: Series) -> tuple[str, ...]:
    """Return the texts among numbers or dates that stand for missing ones: few, without digits, which are mistakes."""
    others = distinct.filter(parsed.is_null())
    if others.len() > _FEW_WORDS or others.len() == distinct.len() or others.str.contains("[0-9]").any():
        return ()
    return tuple(others)


def _refuse_others(
    known: Column, values: Series, distinct: Series, parsed: Series, what: str, numbers: NumberFormat | None = None
) -> None:
    """Raise an error if a value was not parsed."""
    wrong = distinct.filter(parsed.is_null())
    if wrong.len() == 0:
        return
    rows = values.is_in(wrong.implode()).fill_null(False).arg_true()
    differs = "" if numbers is None else difference(values[rows[0]], numbers)
    raise WrongRowError(
        "Column {name!r} holds {what}, but {row} is {value!r:.40}{more}.{differs} Correct it, leave it empty "
        "where the value is unknown, or name the column as categorical or as one to drop.",
        rows[0],
        name=known.name,
        what=tr(what),
        value=values[rows[0]],
        more=more_rows(rows.len()),
        differs=f" {differs}".rstrip(),
    )
