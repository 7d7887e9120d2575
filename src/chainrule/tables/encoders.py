"""How a column of each kind becomes inputs of a network: numbers that were measured in training, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from chainrule.common.errors import InputError
from chainrule.common.texts import later, tr
from chainrule.tables.dates import CLOCKS, PLAIN_DATES, ahead_of_utc, in_microseconds, parsed_dates
from chainrule.tables.frames import Series, few_distinct, needs_polars, texts
from chainrule.tables.number_texts import NumberFormat, difference
from chainrule.tables.pictures import has_other_channels, in_channels
from chainrule.tables.recognition import BOOLEANS
from chainrule.tables.rows import WrongRowError

LARGEST = 3e38
SMALLEST = 1e-38  # scale: a number over it stays finite
CLIP = 3.0  # where smooth clipping begins to tell: 3 becomes 2.1, and nothing gets beyond 3
_DAY = 86_400_000_000  # microseconds

Inputs = NDArray[np.float32]


@dataclass(frozen=True)
class Encoder:
    """What becomes of one column.

    Attributes
    ----------
    name
        The column's name.
    """

    name: str
    kind: ClassVar[str] = ""

    @property
    def width(self) -> int:
        """How many inputs it makes."""
        raise NotImplementedError

    def encode(self, series: Series, inputs: Inputs) -> int:
        """Write the inputs of a column, of shape (rows, width), and return how many values training did not know."""
        raise NotImplementedError


def smoothly_clipped(z: NDArray[Any]) -> NDArray[Any]:
    r"""Return numbers of a usual size as they are, and extreme ones as nearly $\pm 3$.

    .. math:: z / \sqrt{1 + (z / 3)^2}

    Source: Holzmueller, Grinsztajn and Steinwart, Better by default: strong pre-tuned MLPs and boosted trees on tabular
    data, 2024.
    """
    return z / np.hypot(1.0, z / CLIP)


@dataclass(frozen=True)
class Numeric(Encoder):
    """A number: minus its center, over its scale, smoothly clipped; 0 where it is missing.

    Attributes
    ----------
    numbers
        How it is written in texts.
    center, scale
        Median and distance of the quartiles in training; mean and standard deviation if the quartiles are the same.
    missing
        Whether a second input says that it is missing.
    words
        What stood for a missing value in training.
    """

    numbers: NumberFormat
    center: float
    scale: float
    missing: bool
    words: tuple[str, ...] = ()
    kind: ClassVar[str] = later("numeric")

    @property
    def width(self) -> int:
        """How many inputs it makes."""
        return 2 if self.missing else 1

    def read(self, series: Series) -> NDArray[np.float64]:
        """Return a column as float64, NaN where it is missing."""
        return read_numbers(series, self.numbers, self.words)

    def encode(self, series: Series, inputs: Inputs) -> int:
        """Write the inputs."""
        x = self.read(series)
        missing = np.isnan(x)
        inputs[:, 0] = np.where(missing, 0, smoothly_clipped((x - self.center) / self.scale))
        if self.missing:
            inputs[:, 1] = missing
        return 0


def read_numbers(series: Series, format: NumberFormat, words: tuple[str, ...] = ()) -> NDArray[np.float64]:
    """Return a column as float64, NaN where it is missing, or raise an error that names the row which is no number.

    Words that stand for a missing value besides the usual ones are said.
    """
    if not series.dtype.is_numeric():
        values = texts(series)
        numbers = format.parsed(values)
        _refuse(values, numbers, format.text, words, format)
        series = numbers
    x: NDArray[np.float64] = series.cast(float).to_numpy()  # NaN where it is null
    if (large := np.abs(x) > LARGEST).any():
        row = int(large.argmax())
        raise WrongRowError(
            "Column {name!r} is {value:g} in {row}, but numbers go up to {largest:g}, the largest of float32: leave it "
            "empty if it is unknown.",
            row,
            name=series.name,
            value=x[row],
            largest=LARGEST,
        )
    return x


def _refuse(
    values: Series, parsed: Series, what: str, words: tuple[str, ...], numbers: NumberFormat | None = None
) -> None:
    """Raise an error if a value was not parsed and is none of the words for a missing one."""
    wrong = (parsed.is_null() & values.is_not_null()).arg_true()
    if wrong.len() and words:
        wrong = wrong.filter(~values[wrong].is_in(words))
    if wrong.len():
        value = str(values[wrong[0]])
        differs = "" if numbers is None else difference(value, numbers)
        raise WrongRowError(
            "Column {name!r} held {what} in training, but {row} is {value!r:.40}: write it in the same way, or leave "
            "it empty if it is unknown.{differs}",
            wrong[0],
            name=values.name,
            what=tr(what),
            value=value,
            differs=f" {differs}".rstrip(),
        )


@dataclass(frozen=True)
class Categorical(Encoder):
    """A category: one input for each that training knew, 1 where it is that one; two categories are one input of ±1.

    Attributes
    ----------
    categories
        Their texts; "" is a missing value.
    other
        Whether a last input stands for all others.
    rare
        The others that training knew.
    """

    categories: tuple[str, ...]
    other: bool
    rare: tuple[str, ...] = ()
    kind: ClassVar[str] = later("categorical")

    @property
    def width(self) -> int:
        """How many inputs it makes."""
        return 1 if len(self.categories) == 2 and not self.other else len(self.categories) + self.other

    def codes(self, series: Series) -> NDArray[np.int64]:
        """Return the place of each value's category, or -1 if training did not know it."""
        polars = needs_polars("A table")
        if (distinct := few_distinct(series)) is not None:
            codes = series.replace_strict(distinct, self.codes(distinct), return_dtype=polars.Int64)
        else:
            places = dict(zip(self.categories, range(len(self.categories)), strict=True))
            values = self.values(series).fill_null("")
            codes = values.replace_strict(places, default=-1, return_dtype=polars.Int64)
        return codes.to_numpy()  # type: ignore[no-any-return]

    def values(self, series: Series) -> Series:
        """Return the texts of a column."""
        return texts(series)

    def encode(self, series: Series, inputs: Inputs) -> int:
        """Write the inputs."""
        codes = self.codes(series)
        known = codes >= 0
        if self.width < len(self.categories):
            inputs[:, 0] = np.where(known, 2 * codes - 1, 0)
        else:
            inputs[:] = codes[:, None] == np.arange(self.width)
            if self.other:
                inputs[:, -1] = ~known
        return int(self.values(series.filter(~known)).drop_nulls().is_in(self.rare).not_().sum())


@dataclass(frozen=True)
class Boolean(Categorical):
    """A truth value: -1 for false, 1 for true, whatever words a table has for them."""

    kind: ClassVar[str] = later("boolean")

    def values(self, series: Series) -> Series:
        """Return the texts, as "false" and "true"."""
        return truth_values(series)


def truth_values(series: Series) -> Series:
    """Return a column's truth values as the texts "false" and "true"; other texts stay."""
    words = {word: truth for pair in BOOLEANS for word, truth in zip(pair, ("false", "true"), strict=True)}
    values = texts(series).str.to_lowercase()
    return values.replace(words)


@dataclass(frozen=True)
class Date(Encoder):
    """A date: how long ago it is, as a number, and where it stands in the day, the week and the year, on circles.

    Attributes
    ----------
    formats
        How it is written in texts.
    center, scale
        Of the days since 1970, as for `Numeric`.
    ago
        Whether there is the number of days. What learns from the past of each row does without: it has the number of
        rows, and days to come are none that training knew.
    cycles
        Which of "day", "week" and "year" differ in training.
    missing
        Whether a further input says that it is missing.
    words
        What stood for a missing value in training.
    as_written
        Whether days and hours are those of its zone, as they are written. Models of before learned those of UTC.
    """

    formats: tuple[str, ...]
    center: float
    scale: float
    ago: bool
    cycles: tuple[str, ...]
    missing: bool
    words: tuple[str, ...] = ()
    as_written: bool = False
    kind: ClassVar[str] = later("date")

    @property
    def width(self) -> int:
        """How many inputs it makes."""
        return self.ago + 2 * len(self.cycles) + self.missing

    def read(self, series: Series) -> Series:
        """Return a column as dates with times, null where it is missing."""
        dates = read_dates(series, self.formats, self.words)
        return dates if self.as_written else dates - ahead_of_utc(series)

    def encode(self, series: Series, inputs: Inputs) -> int:
        """Write the inputs."""
        dates = self.read(series)
        missing = dates.is_null().to_numpy()
        columns = [smoothly_clipped((days(dates) - self.center) / self.scale)] if self.ago else []
        for cycle in self.cycles:
            angle = 2 * np.pi * CYCLES[cycle](dates)
            columns += [np.sin(angle), np.cos(angle)]
        for i, column in enumerate(columns):
            inputs[:, i] = np.where(missing, 0, column)
        if self.missing:
            inputs[:, -1] = missing
        return 0


def read_dates(series: Series, formats: tuple[str, ...], words: tuple[str, ...] = ()) -> Series:
    """Return a column as dates with times, or raise an error that names the row which is none.

    Words that stand for a missing value besides the usual ones are said.
    """
    if series.dtype.is_temporal():
        return in_microseconds(series)
    values = texts(series)
    others = () if formats and formats[0] in CLOCKS else PLAIN_DATES
    dates = parsed_dates(values, tuple(dict.fromkeys((*formats, *others))))
    _refuse(values, dates, later("dates") if others else later("times of day"), words)
    return dates


def days(dates: Series) -> NDArray[np.float64]:
    """Return the days since 1970, NaN where a date is missing."""
    polars = needs_polars("A table")
    numbers = dates.cast(polars.Int64).cast(polars.Float64).fill_null(float("nan")).to_numpy()
    return numbers / _DAY  # type: ignore[no-any-return]


def _of_the_day(dates: Series) -> NDArray[np.float64]:
    return days(dates) % 1


def _of_the_week(dates: Series) -> NDArray[np.float64]:
    return np.floor(days(dates)) % 7 / 7


def _of_the_year(dates: Series) -> NDArray[np.float64]:
    return dates.dt.ordinal_day().cast(float).fill_null(float("nan")).to_numpy() / 366  # type: ignore[no-any-return]


CYCLES = {"day": _of_the_day, "week": _of_the_week, "year": _of_the_year}
"""The share of each cycle that has passed, from 0 to 1."""


@dataclass(frozen=True)
class Picture(Encoder):
    """A picture: its numbers over the largest of their type.

    Attributes
    ----------
    shape
        Height, width and channels.
    scale
        What its numbers are divided by, such as 255.
    """

    shape: tuple[int, ...]
    scale: float
    kind: ClassVar[str] = later("picture")

    @property
    def width(self) -> int:
        """How many inputs it makes."""
        return int(np.prod(self.shape))

    def encode(self, series: Series, inputs: Inputs) -> int:
        """Write the inputs."""
        polars = needs_polars("A table")
        if has_other_channels(series, self.shape):
            series = in_channels(series, self.shape[2])
        if series.dtype != polars.Array or tuple(series.dtype.shape) != self.shape:
            are = series.dtype.shape if series.dtype == polars.Array else [series.dtype]
            raise InputError(
                "Column {name!r} held pictures of {shape} in training, but they are {other} now: read them with the "
                "same size, read(..., size={size}).",
                name=self.name,
                shape=" x ".join(map(str, self.shape)),
                other=" x ".join(map(str, are)),
                size=self.shape[:2],
            )
        inputs[:] = series.to_numpy().reshape(len(series), -1) / self.scale
        return 0


ENCODERS: dict[str, type[Encoder]] = {cls.kind: cls for cls in (Numeric, Categorical, Boolean, Date, Picture)}
"""The encoders, by what a model file calls them."""
