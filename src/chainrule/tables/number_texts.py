"""Numbers that are written as texts for people: "1,234.5", "1.234,5", "12 %", "$ 3"."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from chainrule.common.texts import Note, tr
from chainrule.tables.frames import Series, needs_polars

UNITS = (
    *(
        "%",
        "‰",
        "$",
        "€",
        "£",
        "¥",
        "₩",
        "USD",
        "EUR",
        "Euro",
        "KRW",
        "GBP",
        "CHF",
        "원",
        "천원",
        "만원",
        "백만원",
        "억원",
    ),
    *("개", "명", "살", "세", "회", "건", "평", "점", "년", "개월", "일", "시간", "분", "초", "h", "min", "s", "ms"),
    *("t", "kg", "g", "mg", "km", "m", "cm", "mm", "km²", "m²", "㎡", "m³", "l", "L", "ml", "mL"),
    *("°C", "℃", "°F", "km/h", "W", "kW", "kWh", "V", "GB", "MB", "KB"),
)
"""Units that numbers may have; nothing that people count by, such as 2호선 and 3A, which are no measures."""
CURRENCIES = ("$", "€", "£", "¥", "₩", "USD", "EUR", "KRW", "GBP", "CHF")
"""The units that may stand before a number: V12 and L3 are names, and no volts and liters."""
_BLANKS = " \u00a0\u202f"
_BEHIND, _BEFORE = r"[0-9]\s*([^0-9\s()]+)\)?$", r"^[+-]?\s*([^0-9\s()+-])"  # what may be a unit
_GROUPS = {".": f",'{_BLANKS}", ",": f".'{_BLANKS}"}  # what may stand between thousands, by the decimal sign


@dataclass(frozen=True)
class NumberFormat:
    """How numbers are written.

    Attributes
    ----------
    decimal
        The sign before the decimals, "." or ",".
    grouped
        Whether some number of training had a sign between its thousands; others may have one, as 1.054,0 after 1,5.
    unit
        What each number has before or behind it, such as "%", or "".
    """

    decimal: str = "."
    grouped: bool = False
    unit: str = ""

    def parsed(self, series: Series) -> Series:
        """Return texts as float64; null for what is no number in this format.

        A percentage keeps its number: "12 %" is 12. Of a column with a unit, a number without it is none; one in
        brackets, as bookkeepers write it, is negative. The decimal sign says which signs may stand between thousands,
        so they are read whether or not training had any.
        """
        polars = needs_polars("A table")
        if series.dtype != polars.String:
            return series.cast(polars.Float64, strict=False)
        plain = series.str.replace_all("−", "-")
        plain = plain.str.replace(r"^([^0-9()]*)\(([^()+-]+)\)$", "-${1}${2}")
        if self.unit:
            unit, blanks = re.escape(self.unit), f"[{_BLANKS}]*"
            behind = plain.str.ends_with(self.unit).fill_null(False)
            before = plain.str.contains(f"^[+-]?{blanks}{unit}" if self.unit in CURRENCIES else "^$").fill_null(False)
            bare = plain.str.replace(f"^([+-]?){blanks}{unit}{blanks}", "${1}").set(~before, None)
            plain = plain.str.replace(f"{blanks}{unit}$", "").zip_with(behind, bare)
        groups = _GROUPS[self.decimal]
        # No thousands begin with 0: "0,562" has a decimal comma.
        whole = rf"[1-9][0-9]{{0,2}}(?:[{groups}][0-9]{{3}})+|[0-9]*"
        right = plain.str.contains(rf"^[+-]?(?:{whole})(?:{re.escape(self.decimal)}[0-9]*)?(?:[eE][+-]?[0-9]+)?$")
        plain = plain.set(~right.fill_null(False), None).str.replace_all(rf"[{groups}]", "")
        return plain.str.replace(self.decimal, ".", literal=True).cast(polars.Float64, strict=False)

    def groups(self, series: Series) -> bool:
        """Return whether some number has a sign between its thousands."""
        numbers = series.filter(self.parsed(series).is_not_null())
        return bool(numbers.str.contains(f"[0-9][{_GROUPS[self.decimal]}][0-9]{{3}}").any())

    @property
    def text(self) -> str:
        """How to say it to people, with an example."""
        return str(self.note)

    @property
    def note(self) -> Note:
        """The same for the readers of all languages."""
        number = {".": "1,234.5" if self.grouped else "1.5", ",": "1.234,5" if self.grouped else "1,5"}[self.decimal]
        if self == PLAIN:
            return Note("numbers")
        return Note("numbers like {number}", {"number": f"{number} {self.unit}".rstrip()})


PLAIN = NumberFormat()
"""Numbers as Python writes them."""


def difference(value: str, format: NumberFormat) -> str:
    """Return a sentence that says how a number in another format than the others differs; "" if it is no number."""
    polars = needs_polars("A table")
    own, are_numbers = number_format(polars.Series([value]))
    unit = own.unit
    if not are_numbers:
        match = re.fullmatch(r"[+-]?[0-9][0-9.,]*\s*([^0-9\s.,]{1,10})", value)
        if match is None:
            return ""
        unit = match[1]
    if unit != format.unit:
        if not format.unit:
            return tr("It has the unit {own!r}, and the others have none.", own=unit)
        if not unit:
            return tr("It has no unit, and the others have {unit!r}.", unit=format.unit)
        return tr("Its unit is {own!r}, and that of the others is {unit!r}.", own=unit, unit=format.unit)
    return tr("Its decimal sign is {own!r}, and that of the others is {sign!r}.", own=own.decimal, sign=format.decimal)


def number_format(distinct: Series) -> tuple[NumberFormat, int]:
    """Return the format in which most of some different texts are numbers, and how many are.

    Where "1,234" alone could be both, it is a thousand: who writes a decimal comma has other decimals, too.
    """
    if distinct.len() == 0:
        return PLAIN, 0
    behind, before = (distinct.str.extract(pattern).unique() for pattern in (_BEHIND, _BEFORE))
    units = [unit for unit in UNITS if unit in behind or (unit in before and unit in CURRENCIES)]
    candidates = [NumberFormat(decimal, unit=unit) for unit in (*units, "") for decimal in _GROUPS]
    counts = [candidate.parsed(distinct).is_not_null().sum() for candidate in candidates]
    best = max(range(len(candidates)), key=lambda i: (counts[i], candidates[i].unit == "", -i))
    if counts[best] and distinct.str.starts_with("(").all():  # (1), (2), ... are labels, and no negative numbers
        return PLAIN, 0
    return replace(candidates[best], grouped=candidates[best].groups(distinct)), counts[best]
