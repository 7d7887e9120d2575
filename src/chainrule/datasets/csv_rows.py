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
        X = np.array([[float(entry) for entry in row] for row in rows[named:]])
    except (ValueError, csv.Error) as error:
        raise FileFormatError(f"{path} is not a CSV file of numbers with rows of one length: {error!s:.200}") from error
    if not X.size:
        raise FileFormatError(f"{path} has no row of numbers.")
    return X


def _is_number(entry: str) -> bool:
    try:
        float(entry)
    except ValueError:
        return False
    return True
