"""Frames of any library as frames of polars, and their values as texts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from chainrule.common.errors import InputError, missing_extra

Frame: TypeAlias = Any
"""A `polars.DataFrame`."""
Series: TypeAlias = Any
"""A `polars.Series`."""

_SAID_BY_PROGRAMS = ("", "na", "n/a", "nan", "null", "#n/a", "<na>", "nat")
_SAID_BY_PEOPLE = (
    *("none", "nil", "missing", "-", "--", "–", "—", "?", ".", "n.a.", "n. a.", "#value!", "#ref!", "#div/0!", "#num!"),
    *("n.d.", "n. d.", "k.a.", "k. a.", "k.a", "미상", "결측", "무응답", "해당없음", "해당 없음"),
    *("0000-00-00", "0000-00-00 00:00:00"),
)
MISSING = (*_SAID_BY_PROGRAMS, *_SAID_BY_PEOPLE)
"""What stands for a missing value in a text, in small letters."""

NAME_OF_A_PICTURE = r"(?i)\.(png|jpe?g|bmp|gif|tiff?|webp|ppm|pgm)$"
"""A pattern for the names of files that hold pictures."""


def needs_polars(what: str) -> Any:
    """Return polars, or raise an error that says how to install it."""
    try:
        import polars
    except ImportError as error:
        raise missing_extra(what, "polars", "tables") from error
    return polars


def as_frame(data: Any, what: str = "The table") -> Frame:
    """Return a table as a frame of polars with at least one column.

    Parameters
    ----------
    data
        A frame of polars or pandas, a table of pyarrow, a dict of columns, or a list of dicts.
    what
        What it is, for errors.

    Raises
    ------
    InputError
        If it is none of these, or has names twice.
    """
    polars = needs_polars("A table")
    module = type(data).__module__.partition(".")[0]
    if isinstance(data, polars.DataFrame):
        frame = data
    elif isinstance(data, polars.LazyFrame):
        raise InputError("{what} is a LazyFrame, which is not computed yet: write frame.collect().", what=what)
    elif module == "pandas" and hasattr(data, "columns"):
        frame = _from_pandas(polars, data)
    elif module == "pyarrow" and hasattr(data, "column_names"):
        frame = _from_arrow(polars, data)
    elif isinstance(data, Mapping) or (isinstance(data, list) and data and isinstance(data[0], Mapping)):
        frame = _from_python(polars, data, what)
    else:
        raise InputError(
            "{what} must be a frame of polars or pandas, a table of pyarrow or a dict of columns, but it is of type "
            "{kind}. A file is read with chainrule.tables.read(path).",
            what=what,
            kind=type(data).__name__,
        )
    if not frame.width:
        raise InputError("{what} has no columns.", what=what)
    refuse_patterns(frame.columns)
    return frame


def like(data: Any, frame: Frame) -> Any:
    """Return a frame that `as_frame` made of a table, with columns more behind, as a table of the same library."""
    module = type(data).__module__.partition(".")[0]
    if module == "pandas":
        more = frame.columns[len(data.columns) :]
        return data.assign(**{name: frame[name].to_numpy() for name in more})
    if module == "pyarrow":
        for name in frame.columns[data.num_columns :]:
            data = data.append_column(name, frame[name].to_arrow())
        return data
    return frame


def _from_pandas(polars: Any, data: Any) -> Frame:
    names = [str(name) for name in data.columns]
    _once(names)
    return polars.DataFrame([_series(polars, name, data.iloc[:, i]) for i, name in enumerate(names)])


def _series(polars: Any, name: str, column: Any) -> Series:
    """Return a column of pandas; one that mixes types as texts."""
    try:
        return polars.Series(name, polars.from_pandas(column), strict=True).rename(name)
    except Exception:  # of pyarrow and polars, which have many for a column of mixed types
        return polars.Series(name, [None if _is_nothing(value) else str(value) for value in column], polars.String)


def _is_nothing(value: Any) -> bool:
    """Return whether a value of pandas is missing: None, NaN, NaT or NA, none of which equals itself."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return bool(isinstance(value, float) and value != value)


def _from_arrow(polars: Any, data: Any) -> Frame:
    _once([str(name) for name in data.column_names])
    return polars.from_arrow(data)


def _from_python(polars: Any, data: Any, what: str) -> Frame:
    try:
        return polars.DataFrame(data, strict=False)
    except (polars.exceptions.PolarsError, TypeError, ValueError) as error:
        raise InputError(
            "{what} cannot be read as columns of equal length: {error:.200}",
            what=what,
            error=str(error).splitlines()[0],
        ) from None


def _once(names: list[str]) -> None:
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError("The table has several columns named {twice!r}: give each its own name.", twice=twice)


def refuse_patterns(names: Iterable[str]) -> None:
    """Raise an error for a name that polars takes for a pattern which the name itself does not fit."""
    for name in names:
        if name.startswith("^") and name.endswith("$") and not _fits_itself(name):
            raise InputError(
                "A column is named {name!r}, which begins with ^ and ends with $: give it another name.", name=name
            )


def _fits_itself(pattern: str) -> bool:
    try:
        return re.search(pattern, pattern) is not None
    except re.error:
        return False


_MANY = 1000  # values
# No code with zeros in front, such as 007; and [0-9], as \d takes digits of all scripts, which polars does not parse.
_NUMBER = r"^[+-]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"


def with_numbers(frame: Frame, names: Sequence[str]) -> Frame:
    """Return a frame in which those of some columns that are plain numbers in texts are float64.

    All columns are looked at together: one at a time, polars would take a second for some hundred.
    """
    polars = needs_polars("A table")
    schema = frame.schema  # which polars makes anew each time
    written = [name for name in names if schema[name] == polars.String]
    if not written:
        return frame
    words = polars.all().str.strip_chars()  # names such as "*" would be patterns for polars.col
    clean = frame[written].select(polars.when(~words.str.to_lowercase().is_in(MISSING)).then(words))
    plain = clean.select(polars.all().str.contains(_NUMBER).all()).row(0, named=True)
    numbers = [name for name, are_numbers in plain.items() if are_numbers]
    return frame.with_columns(clean[name].cast(polars.Float64) for name in numbers)


def with_plain_numbers(frame: Frame, names: Sequence[str]) -> Frame:
    """Return a frame in which those of some columns whose texts are finite numbers or empty are float64.

    Unlike `with_numbers`, which is slower, it takes 007 for a number, too.
    """
    polars = needs_polars("A table")
    schema = frame.schema
    written = [name for name in names if schema[name] == polars.String]
    if not written:
        return frame
    numbers = frame[written].cast(polars.Float64, strict=False)
    finite = numbers.select(polars.all().is_finite().all()).row(0)
    nulls = zip(frame[written].null_count().row(0), numbers.null_count().row(0), strict=True)
    plain = [name for name, f, (before, after) in zip(written, finite, nulls, strict=True) if f and before == after]
    return frame.with_columns(numbers[name] for name in plain)


def words_for_missing(frame: Frame) -> dict[str, tuple[str, ...]]:
    """Return for each column the words that people wrote in place of a missing value, if there are any."""
    polars = needs_polars("A table")
    written = frame.select(polars.col(polars.String))
    if not written.width:
        return {}
    words = polars.all().str.strip_chars()
    there = written.select(words.str.to_lowercase().is_in(_SAID_BY_PEOPLE).any()).row(0, named=True)
    found = {name: written[name].str.strip_chars().unique() for name, some in there.items() if some}
    return {
        name: tuple(each.filter(each.str.to_lowercase().is_in(_SAID_BY_PEOPLE).fill_null(False)).sort())
        for name, each in found.items()
    }


def has_no_texts(series: Series) -> bool:
    """Return whether values are of a type that is neither numbers, texts nor dates, such as lists and durations."""
    polars = needs_polars("A table")
    foreign = type(series.dtype).__name__ == "Extension"  # periods and intervals of pandas; old versions lack the type
    return bool(foreign or series.dtype.is_nested() or series.dtype in (polars.Object, polars.Binary, polars.Duration))


def with_digits(series: Series) -> Series:
    """Return numbers as texts, whole ones with all their digits: 20240131.0 is "20240131"."""
    polars = needs_polars("A table")
    if not series.dtype.is_float():
        return series.cast(polars.String)
    series = series.fill_nan(None)
    whole = series.set(((series != series.floor()) | (series.abs() > 1e15)).fill_null(False), None)
    return (
        whole.cast(polars.Int64, strict=False)
        .cast(polars.String)
        .zip_with(whole.is_not_null(), series.cast(polars.String))
    )


def few_distinct(series: Series) -> Series | None:
    """Return the different texts of a column if they are so few that what is done to each is better done once."""
    if series.dtype != needs_polars("A table").String or series.len() <= _MANY:
        return None
    distinct = series.unique()
    return distinct if distinct.len() < series.len() // 10 else None


def texts(series: Series) -> Series:
    """Return values as texts without blanks around them, null where they are missing.

    A value has the same text whatever library or file it comes from: 3, 3.0 and "3" are "3", and truth values are
    "true" and "false".
    """
    polars = needs_polars("A table")
    if has_no_texts(series):
        raise InputError(
            "Column {name!r} holds values of type {dtype}, which are neither numbers, texts nor dates: "
            "make numbers or texts of them first, or leave it out.",
            name=series.name,
            dtype=series.dtype,
        )
    if series.dtype.is_float():
        series = with_digits(series)
    if (distinct := few_distinct(series)) is not None:
        return series.replace(distinct, texts(distinct))
    words = series.cast(polars.String, strict=False).str.strip_chars().str.replace(r"^(-?[0-9]+)\.0+$", "${1}")
    return words.set(words.str.to_lowercase().is_in(MISSING).fill_null(False), None)
