"""Reader of rows of numbers in CSV files."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.common import reading
from chainrule.common.errors import FileFormatError


def read_csv(path: Path) -> NDArray[Any]:
    """Read the rows of a CSV file; a first line of names is skipped.

    Raises
    ------
    DataUnavailableError
        The file cannot be read.
    FileFormatError
        An entry is no number, rows differ in length, or there is none.
    """
    with reading.opened(path) as file:
        text = file.read()
    try:
        rows = [row for row in csv.reader(text.decode("utf-8-sig").splitlines()) if row]
        named = bool(rows) and not any(map(_is_number, rows[0]))
    except (ValueError, csv.Error) as error:
        raise FileFormatError(
            "{path} is not a CSV file of numbers with rows of one length: {error!s:.200}", path=path, error=error
        ) from error
    if not rows[named:]:
        raise FileFormatError("{path} has no row of numbers.", path=path)
    for i, row in enumerate(rows[named:], 1):
        _check(path, i, row, len(rows[named]), rows[0] if named else None)
    return np.array(rows[named:], float)


def _check(path: Path, number: int, row: list[str], length: int, names: list[str] | None) -> None:
    """Raise an error that says where an entry is no number, or that a row is longer or shorter than the first."""
    if len(row) != length:
        raise FileFormatError(
            "{path} is not a CSV file of numbers with rows of one length: row 1 has {expected} entries, but row {row} "
            "has {count}.",
            path=path,
            expected=length,
            row=number,
            count=len(row),
        )
    for column, entry in enumerate(row):
        if _is_number(entry):
            continue
        which = f"{column + 1} ({names[column]})" if names is not None and column < len(names) else str(column + 1)
        if not entry.strip():
            raise FileFormatError(
                "{path} is not a CSV file of numbers with rows of one length: column {column} of row {row} is empty: "
                "fill it in, or leave out the row or the column.",
                path=path,
                column=which,
                row=number,
            )
        raise FileFormatError(
            "{path} is not a CSV file of numbers with rows of one length: column {column} of row {row} is "
            "{entry!r:.40}: write a number for it (of a class, from 0), or leave out the row or the column.",
            path=path,
            column=which,
            row=number,
            entry=entry,
        )


def _is_number(entry: str) -> bool:
    try:
        float(entry)
    except ValueError:
        return False
    return True
