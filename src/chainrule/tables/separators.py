"""What separates the fields of a text file."""

from __future__ import annotations

import csv
import io

from chainrule.common.texts import later

SEPARATORS = ",;\t|"
LOOKED_AT = 50  # records that the separator is told from
NAMES = {",": later("comma"), ";": later("semicolon"), "\t": later("tab"), "|": later("bar")}
"""How they are called."""


def separator_of(text: str, usual: str) -> str:
    """Return what separates fields: with it, the first records have equally many, and several."""

    def merit(separator: str) -> tuple[bool, float, int, bool]:
        numbers = [len(record) for record in first_records(text, separator)]
        first = numbers[0] if numbers else 0
        return first > 1, sum(n == first for n in numbers) / max(len(numbers), 1), first, separator == usual

    best = max(SEPARATORS, key=merit)
    return best if merit(best)[0] else usual


def first_records(text: str, separator: str) -> list[list[str]]:
    """Return the first records that a separator makes of a text, without empty ones."""
    records: list[list[str]] = []
    try:
        for record in csv.reader(io.StringIO(text[: 1 << 20]), delimiter=separator):
            records += [record] if record else []
            if len(records) == LOOKED_AT:
                break
    except csv.Error:  # told with its row when all is read
        pass
    return records
