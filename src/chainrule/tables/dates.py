"""Dates and times that are written as texts."""

from __future__ import annotations

from chainrule.common.errors import InputError
from chainrule.tables.frames import Series, needs_polars, texts

_WITHOUT_SIGNS = ("%Y%m%d", "%Y%m%d%H%M", "%Y%m%d%H%M%S")
_DATES = [
    *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y. %m. %d.", "%Y년 %m월 %d일"),
    *("%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y"),
    *("%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y"),
]
CLOCKS = ("%H:%M", "%H:%M:%S", "%H:%M:%S%.f", "%I:%M %p", "%I:%M:%S %p")
"""The formats of times of day, which are those of the first day of 1970."""
_TIMES = ["", *(f" {clock}" for clock in CLOCKS), *(f"T{clock}" for clock in CLOCKS[:3])]
_ZONE = "%:z"
NUMBERED_MONTH = r"^\s*(?:19|20)[0-9]{2}\.?(?:0[1-9]|1[0-2])\s*$"
"""A pattern for months that may be numbers, too: 2024.01 and 202401."""
_MONTH = "^(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])$"
_NUMBERED_MONTHS = {"%Y.%m": r"^(?:19|20)[0-9]{2}\.(?:0[1-9]|1[0-2])$", "%Y%m": _MONTH}
_MONTHS = ("%Y-%m", "%Y/%m", *_NUMBERED_MONTHS, "%Y. %m.", "%Y년 %m월", "%m/%Y", "%b-%Y", "%b %Y", "%B %Y")
FORMATS = [
    *(f"{date}{time}{zone}" for date in _DATES for time in _TIMES for zone in (["", _ZONE] if time else [""])),
    *_WITHOUT_SIGNS,
    *_MONTHS,
]
"""The formats that are known, as `strptime` writes them; where day and month could be either, the month comes first."""
PLAIN_DATES = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f")
"""As programs write them: such texts have one meaning, whatever training had."""
SHORT_YEAR = r"^[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2}(?:$|[ T])"
"""A pattern for dates that are not read: 12.01.24 could be a day of 2012 or of 2024."""
_YEAR = "^[^:]*[0-9]{4}"  # before the time; strptime takes 12.01.24 for a day of the year 12
_EITHER = {"%m/%d": "%d/%m", "%d/%m": "%m/%d"}
_CLOCK = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?"
# Behind a time: the end of 2024-01-05 is no zone.
_ZONE_BEHIND = r"(:[0-9]{2}(?:\.[0-9]+)?|[Mm]\.?)\s*(?:[Zz]|UTC|GMT|(?:UTC|GMT)?([+-])([0-9]{2}):?([0-9]{2})?)$"
_AM_OR_PM = r"([AaPp])(?:\.\s?)?[Mm]\.?"
_HALF_DAY = rf"{_AM_OR_PM}(?:\s*(?:[Zz]|UTC|GMT|[+-][0-9:]+))?$|오전|오후"
_TIME_OF_DAY = rf"^(?:오전|오후)?\s*{_CLOCK}\s*(?:{_AM_OR_PM})?$"
_NO_TIME_OF_DAY = r"^(?:2[4-9]|[3-9][0-9]|[0-9]{3,}):[0-9]{2}|^[0-9]+:[6-9][0-9]"  # 24:10 and 16:75, as ratios are
_DIGITS = r"^(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[0-2][0-9][0-5][0-9](?:[0-5][0-9])?)?$"
_NUMBER = r"^[0-9.]+$"
_SEASON = r"^[0-9]{2}([0-9]{2})[-/.]([0-9]{2})$"  # 2009-10, the season that begins in 2009, as months are written
# A date has a number of up to four digits and a sign, or the name of a month before it, or no signs at all.
_DATE = rf"^[^\d]*\d{{1,4}}[^\d]|{_DIGITS}|{_MONTH}|^[A-Za-z]{{3,9}}[ -][0-9]{{4}}$"
_MOSTLY = 0.8  # of the different values
_FEWEST = 10  # different values that tell what most are
_LOOKED_AT = 10  # texts from either end that tell which formats are worth trying on all


def parsed_dates(series: Series, formats: tuple[str, ...]) -> Series:
    """Return texts as dates with times as they are written, whatever their zone; null for what is in no format."""
    polars = needs_polars("A table")
    if series.dtype.is_temporal():
        return in_microseconds(series)
    dates = polars.repeat(None, series.len(), dtype=polars.Datetime("us"), eager=True).alias(series.name)
    for format in formats:
        dates = dates.zip_with(dates.is_not_null(), _parsed(series, format))
    return dates


def ahead_of_utc(series: Series) -> Series:
    """Return how far dates and times, which are texts or of polars, are ahead of UTC: 0 if they say no zone."""
    polars = needs_polars("A table")
    if getattr(series.dtype, "time_zone", None):
        return in_microseconds(series) - in_microseconds(series.dt.convert_time_zone("UTC"))
    if series.dtype.is_temporal():
        return polars.repeat(0, series.len(), dtype=polars.Duration("us"), eager=True)
    words = texts(series)
    sign, hours, minutes = (words.str.extract(_ZONE_BEHIND, group) for group in (2, 3, 4))
    ahead = 60 * hours.cast(polars.Int64).fill_null(0) + minutes.cast(polars.Int64).fill_null(0)
    ahead = ahead.zip_with((sign != "-").fill_null(True), -ahead)
    return (ahead * 60_000_000).cast(polars.Duration("us"))


def in_microseconds(series: Series) -> Series:
    """Return dates or times of polars as they are where they are; a time of day is one of the first day of 1970.

    What has a zone keeps its hours: in UTC, midnight in Seoul would be the day before.
    """
    polars = needs_polars("A table")
    if series.dtype == polars.Duration:
        return series.cast(polars.Int64).cast(polars.Datetime("us"))
    if series.dtype == polars.Time:  # which counts nanoseconds
        return series.cast(polars.Int64).cast(polars.Datetime("ns")).cast(polars.Datetime("us"))
    if getattr(series.dtype, "time_zone", None):
        series = series.dt.replace_time_zone(None)
    return series.cast(polars.Datetime("us"))


def _parsed(series: Series, format: str) -> Series:
    polars = needs_polars("A table")
    if format in CLOCKS or format.endswith((_ZONE, "Z")):  # the latter in files of old models
        series, format = series.str.replace(_ZONE_BEHIND, "${1}"), format.removesuffix("Z").removesuffix(_ZONE)
    if format in CLOCKS:
        series = "1970-01-01 " + series.set(~series.str.contains(_TIME_OF_DAY).fill_null(False), None)
        format = f"%Y-%m-%d {format}"
    series = series.set(~series.str.contains(_YEAR).fill_null(False), None)
    if "%p" in format:
        series = _half_day_behind(series)
    if format in _MONTHS:
        if format in _NUMBERED_MONTHS:
            series = series.set(~series.str.contains(_NUMBERED_MONTHS[format]).fill_null(False), None)
        series, format = series + " 1", f"{format} %d"
    if "%H" in format or "%I" in format:
        return series.str.strptime(polars.Datetime("us"), format, strict=False)
    return series.str.strptime(polars.Date, format, strict=False).cast(polars.Datetime("us"))


def _half_day_behind(series: Series) -> Series:
    """Return texts with AM and PM behind the time, where `strptime` wants them; 오전 and 오후 stand before it."""
    korean = series.str.replace(rf"(오전|오후)\s*({_CLOCK})$", "${2} ${1}").str.replace("오전$", "AM")
    return korean.str.replace("오후$", "PM").str.replace(rf"([0-9])\s*{_AM_OR_PM}$", "${1} ${2}M")


def numbered_months(distinct: Series) -> str | None:
    """Return in which format some different texts are months such as 2024.01 or 202401; None if they are numbers.

    Of so many numbers, one would end in something else; and as a number, 2024.10 would be 2024.1.
    """
    numbers = distinct.filter(distinct.str.contains(_NUMBER).fill_null(False))
    if numbers.len() < _FEWEST or not mostly(numbers.len(), distinct.len()):
        return None
    return next((format for format, pattern in _NUMBERED_MONTHS.items() if numbers.str.contains(pattern).all()), None)


def format_without_signs(distinct: Series) -> tuple[tuple[str, ...], int]:
    """Return in which format most of some different texts are dates such as 20240131, and how many are.

    Such texts could be numbers, too, so that as many of them as of other dates must be dates.
    """
    if month := numbered_months(distinct):
        return (month,), int(_parsed(distinct, month).is_not_null().sum())
    formats = dict(zip(map(len, ("20240131", "202401311230", "20240131123059")), _WITHOUT_SIGNS, strict=True))
    digits = distinct.filter(distinct.str.contains(_DIGITS).fill_null(False))
    lengths = digits.str.len_chars().value_counts(name="texts").sort("texts", descending=True)
    if not lengths.height:
        return (), 0
    format = formats[lengths.row(0)[0]]
    dates = int(_parsed(digits, format).is_not_null().sum())
    return ((format,), dates) if mostly(dates, distinct.len()) else ((), 0)


def mostly(some: int, all_: int) -> bool:
    """Return whether so many of the different values of a column are of a kind that the others are mistakes."""
    return some == all_ or (all_ >= _FEWEST and some >= _MOSTLY * all_)


def date_formats(name: str, distinct: Series) -> tuple[tuple[str, ...], int]:
    """Return the fewest formats that different texts have, and how many texts are dates in one of them.

    Raises
    ------
    InputError
        If some texts have the day first and others the month, so that nobody knows what 01/02/2024 is.
    """
    polars = needs_polars("A table")
    plain = distinct.str.replace(_ZONE_BEHIND, "${1}")
    impossible = plain.str.contains(_NO_TIME_OF_DAY).sum()
    clocks = plain.str.contains(_TIME_OF_DAY).sum() > distinct.len() / 2
    if clocks and impossible > (distinct.len() >= _FEWEST):  # one of many may be a mistake
        return (), 0
    dates = distinct.filter(distinct.str.contains(_DATE) & distinct.str.contains(_YEAR))
    if _are_seasons(dates):
        return (), 0
    rest, known = (distinct, CLOCKS) if clocks else (dates, FORMATS)
    if not rest.str.contains(_HALF_DAY).any():
        known = [format for format in known if "%p" not in format]
    total = rest.len()
    if total <= distinct.len() / 2:
        return (), 0
    formats: list[str] = []
    while rest.len():
        few = polars.concat([rest.head(_LOOKED_AT), rest.tail(_LOOKED_AT)])
        counts = {f: int(_parsed(rest, f).is_not_null().sum()) for f in known if _parsed(few, f).is_not_null().any()}
        if not counts or max(counts.values()) == 0:
            break
        best = max(counts, key=lambda f: (counts[f], -known.index(f)))
        rest = rest.filter(_parsed(rest, best).is_null())
        formats.append(best)
    starts = {format[:5] for format in formats}
    if {"%m/%d", "%d/%m"} <= starts:
        raise InputError(
            "Column {name!r} holds dates with the month first and with the day first, so that 01/02/2024 could be "
            "both: write them all as 2024-02-01.",
            name=name,
        )
    return tuple(formats), total - rest.len()


def _are_seasons(dates: Series) -> bool:
    """Return whether all texts are years with the next one, such as 2009-10, and no months."""
    polars = needs_polars("A table")
    begin, end = (dates.str.extract(_SEASON, group).cast(polars.Int64) for group in (1, 2))
    return dates.len() > 0 and bool(((begin + 1) % 100 == end).fill_null(False).all())


def is_ambiguous(formats: tuple[str, ...], distinct: Series) -> bool:
    """Return whether all dates could have day and month the other way round, too."""
    turned = tuple(_EITHER[format[:5]] + format[5:] for format in formats if format[:5] in _EITHER)
    return bool(turned) and bool(parsed_dates(distinct, turned).is_not_null().all())
