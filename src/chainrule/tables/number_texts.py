"""Numbers that are written as texts for people: "1,234.5", "1.234,5", "12 %", "$ 3"."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chainrule.tables.frames import Series, needs_polars

UNITS = "%$€£¥₩원"
"""The signs of units that numbers may have."""
_BLANKS = " \u00a0\u202f"
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
        The sign that each number has, such as "%", or "".
    """

    decimal: str = "."
    grouped: bool = False
    unit: str = ""

    def parsed(self, series: Series) -> Series:
        """Return texts as float64; null for what is no number in this format.

        A percentage keeps its number: "12 %" is 12. Of a column with a unit, a number without it is none. The decimal
        sign says which signs may stand between thousands, so they are read whether or not training had any.
        """
        polars = needs_polars("A table")
        if series.dtype != polars.String:
            return series.cast(polars.Float64, strict=False)
        plain = series.str.replace_all("−", "-")
        if self.unit:
            sign = f"[{_BLANKS}]*{_escaped(self.unit)}?[{_BLANKS}]*"
            pattern = rf"^([+-]?){sign}([^{UNITS}]*[^{UNITS}{_BLANKS}]){sign}$"
            with_unit = plain.str.contains(self.unit, literal=True)
            plain = plain.set(~with_unit.fill_null(False), None).str.replace(pattern, "${1}${2}")
        groups = _GROUPS[self.decimal]
        # No thousands begin with 0: "0,562" has a decimal comma.
        whole = rf"[1-9][0-9]{{0,2}}(?:[{groups}][0-9]{{3}})+|[0-9]*"
        right = plain.str.contains(rf"^[+-]?(?:{whole})(?:{_escaped(self.decimal)}[0-9]*)?(?:[eE][+-]?[0-9]+)?$")
        plain = plain.set(~right.fill_null(False), None).str.replace_all(rf"[{groups}]", "")
        return plain.str.replace(self.decimal, ".", literal=True).cast(polars.Float64, strict=False)

    def groups(self, series: Series) -> bool:
        """Return whether some number has a sign between its thousands."""
        numbers = series.filter(self.parsed(series).is_not_null())
        return bool(numbers.str.contains(f"[0-9][{_GROUPS[self.decimal]}][0-9]{{3}}").any())

    @property
    def text(self) -> str:
        """How to say it to people, with an example."""
        number = {".": "1,234.5" if self.grouped else "1.5", ",": "1.234,5" if self.grouped else "1,5"}[self.decimal]
        if self == PLAIN:
            return "numbers"
        return f"numbers like {number}{f' {self.unit}' if self.unit else ''}"


PLAIN = NumberFormat()
"""Numbers as Python writes them."""


def _escaped(sign: str) -> str:
    return f"\\{sign}" if sign in ".$" else sign


def number_format(distinct: Series) -> tuple[NumberFormat, int]:
    """Return the format in which most of some different texts are numbers, and how many are.

    Where "1,234" alone could be both, it is a thousand: who writes a decimal comma has other decimals, too.
    """
    if distinct.len() == 0:
        return PLAIN, 0
    signs = [unit for unit in UNITS if distinct.str.contains(unit, literal=True).any()]
    candidates = [NumberFormat(decimal, unit=unit) for unit in (*signs, "") for decimal in _GROUPS]
    counts = [candidate.parsed(distinct).is_not_null().sum() for candidate in candidates]
    best = max(range(len(candidates)), key=lambda i: (counts[i], candidates[i].unit == "", -i))
    return replace(candidates[best], grouped=candidates[best].groups(distinct)), counts[best]
