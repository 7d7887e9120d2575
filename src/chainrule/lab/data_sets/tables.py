"""A table of one's own: kept by a token, looked at column by column, and made into examples."""

from __future__ import annotations

import hashlib
import re
import tempfile
import threading
import warnings
import zipfile
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chainrule import tables
from chainrule.common.errors import ChainruleError, DataWarning, FileFormatError, InputError
from chainrule.common.texts import tr
from chainrule.lab.data_sets.choice import DataChoice
from chainrule.lab.data_sets.examples import Examples, Task
from chainrule.tables import preparation
from chainrule.tables.answers import with_answers
from chainrule.tables.columns import Columns, check_has
from chainrule.tables.encoders import Categorical
from chainrule.tables.frames import Frame, with_numbers
from chainrule.tables.number_texts import PLAIN
from chainrule.tables.reading import can_be_scanned
from chainrule.tables.rows import taken, with_places_of
from chainrule.tables.targets import Target, target_of
from chainrule.tables.text_files import read_text_file

MOST_BYTES = 50_000_000
"""Of a file that is uploaded."""
MOST_ROWS = 200_000
MOST_COLUMNS = 1000
MOST_NUMBERS = 100_000_000
"""Inputs of all rows together."""
_KEPT = 3  # tables
_TASKS = {"classes": "classification", "values": "regression"}
_FEWEST = 4  # rows
_EXCEL, _BINARY = (".xlsx", ".xls"), (".parquet", ".arrow", ".feather")
_MOST_UNPACKED = 500_000_000  # bytes of an Excel file
_MOST_FIELDS = 100_000  # of a line; fewer may be commas in a text, and are read soon
_SEPARATORS = (b",", b";", b"\t", b"|")
_QUOTED = re.compile(rb'"[^"]*"')
_ENDING = re.compile(r"\.\w{1,10}$", re.ASCII)  # of a name; others mean nothing, and may be no names of files


class Recognized(NamedTuple):
    """What the columns of a table are, and what was suspicious about them."""

    columns: Columns
    notes: tuple[str, ...]


class Kept(NamedTuple):
    """A table in memory: its file's name, its rows, and what its columns are."""

    name: str
    frame: Frame
    recognized: Recognized


class Tables:
    """Tables that were uploaded, the last few of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Kept] = OrderedDict()

    def add(self, name: str, content: bytes) -> str:
        """Keep the table of a text, Excel or Parquet file; return its token.

        Raises
        ------
        InputError, FileFormatError
            It is too large, or no table; the text names the row.
        """
        if len(content) > MOST_BYTES:
            raise InputError(
                "The lab takes files of up to {most:,} bytes, but {name} has {bytes:,}. Train on it with "
                "`chainrule train`, or upload a part of it.",
                most=MOST_BYTES,
                name=name,
                bytes=len(content),
            )
        name = Path(name.replace("\\", "/")).name or "table.csv"
        with tempfile.TemporaryDirectory(prefix="chainrule-lab-") as folder:
            path = Path(folder) / f"table{ending[0] if (ending := _ENDING.search(name)) else ''}"
            path.write_bytes(content)
            try:
                frame = _read(path)
            except ChainruleError as error:
                kind = FileFormatError if isinstance(error, FileFormatError) else InputError
                raise kind("{error}", error=str(error).replace(str(path), name)) from None
        return self._keep(name, frame, hashlib.blake2b(content, digest_size=12).hexdigest())

    def open(self, path: Path) -> str:
        """Keep the table of a file of any kind that `chainrule.tables.read` knows; return its token."""
        frame = tables.read(path)
        return self._keep(str(path), frame, hashlib.blake2b(str(path.resolve()).encode(), digest_size=12).hexdigest())

    def _keep(self, name: str, frame: Frame, token: str) -> str:
        if not frame.height:
            raise InputError("{name} has names of columns, but no rows: a table has a line per example.", name=name)
        _check_rows(frame.height, name)
        _check_columns(len(frame.columns), name)
        kept = Kept(name, frame, _recognized(frame))
        with self._lock:
            self._kept[token] = kept
            self._kept.move_to_end(token)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return token

    def get(self, token: str | None) -> Kept:
        """Return a table.

        Raises
        ------
        InputError
            It is not there, or not any more.
        """
        with self._lock:
            if token is None or token not in self._kept:
                raise InputError(
                    "The table is not here, or not any more: the lab keeps the last {kept} in memory as long as it "
                    "runs. Upload the file again.",
                    kept=_KEPT,
                )
            self._kept.move_to_end(token)
            return self._kept[token]

    def columns(self, token: str) -> list[dict[str, Any]]:
        """Return what the columns of a table are, as plain data, told; the last one is likely the target."""
        columns = self.get(token).recognized.columns
        usable = [column.name for column in columns if column.kind not in ("left out", "date", "picture")]
        return [
            {
                "name": column.name,
                "about": tr(column.kind),
                "sample": column.read_as,
                "missing": column.missing,
                "distinct": column.distinct,
                "used": column.kind != "left out",
                "target": bool(usable) and column.name == usable[-1],
            }
            for column in columns
        ]


def _recognized(frame: Frame, drop: Sequence[str] = ()) -> Recognized:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DataWarning)
        columns = tables.columns(frame, drop=drop)
    return Recognized(columns, tuple(str(warning.message) for warning in caught))


def _check_rows(rows: int, name: str) -> None:
    if rows > MOST_ROWS:
        raise InputError(
            "The lab takes tables of up to {most:,} rows, but {name} has {rows:,}. Train on it with "
            "`chainrule train`, or take a part of it.",
            most=MOST_ROWS,
            name=name,
            rows=rows,
        )


def _check_columns(columns: int, name: str) -> None:
    if columns > MOST_COLUMNS:
        raise InputError(
            "The lab takes tables of up to {most:,} columns, but {name} has {columns:,}. Train on it with "
            "`chainrule train`, or take a part of it.",
            most=MOST_COLUMNS,
            name=name,
            columns=columns,
        )


def _check_lines(path: Path) -> None:
    """Raise an error if a line of a text has far too many fields, which to read takes minutes."""
    with path.open("rb") as file:
        header = _QUOTED.sub(b"", file.readline())
    _check_columns(1 + max(header.count(separator) for separator in _SEPARATORS), str(path))
    letters = np.fromfile(path, np.uint8)
    ends = np.append(np.flatnonzero(letters == ord("\n")), len(letters))
    for separator in _SEPARATORS:
        places = np.flatnonzero(letters == ord(separator))
        fields = 1 + int(np.diff(np.searchsorted(places, ends), prepend=0).max())
        if fields > _MOST_FIELDS:
            _check_columns(fields, str(path))


def _read(path: Path) -> Frame:
    """Return the table of a file that came from the page; what is huge, or unpacks to that, is refused before."""
    kind = path.suffix.lower()
    if kind in _EXCEL and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            unpacked = sum(entry.file_size for entry in packed.infolist())
        if unpacked > _MOST_UNPACKED:
            raise InputError(
                "The lab takes Excel files of up to {most:,} bytes when unpacked, but {name} has {bytes:,}. Save a "
                "part of it as CSV.",
                most=_MOST_UNPACKED,
                name=path,
                bytes=unpacked,
            )
    if kind in _BINARY and can_be_scanned(path):
        _check_rows(tables.scan(path).height, str(path))
    if kind in (*_EXCEL, *_BINARY):
        return tables.read(path)
    _check_lines(path)
    return read_text_file(path)


def examples_of(tables_kept: Tables, choice: DataChoice) -> Examples:
    """Return the examples of a table that was uploaded."""
    name, frame, recognized = tables_kept.get(choice.token)
    if choice.target is None:
        raise InputError("Choose which column of {name} is to be predicted.", name=name)
    wanted = _Wanted(choice.target, choice.task, choice.dropped, choice.split, choice.seed, name)
    return _prepared(frame, wanted, recognized)


class _Wanted(NamedTuple):
    """What `prepared` takes besides the table."""

    target: str
    task: str | None
    drop: Sequence[str]
    split: float
    seed: int
    name: str


def prepared(
    frame: Frame,
    target: str,
    *,
    task: str | None = None,
    drop: Sequence[str] = (),
    split: float = 0.2,
    seed: int = 0,
    name: str = "",
) -> Examples:
    """Return the examples of a table: numbers around 0, an input for each category, classes or scaled values.

    What columns are and how numbers are scaled is measured on the rows that train alone.

    Parameters
    ----------
    frame
        The table, as `chainrule.tables.read` gives it.
    target
        The column to predict.
    task
        "classes" or "values"; None for what the target looks like.
    drop
        Columns that are left out.
    split
        The share of the rows for validation, drawn with the seed.
    seed
        Of the split.
    name
        Of the file.

    Raises
    ------
    InputError
        There is nothing to learn from or to predict, or a value is not of its column's kind.
    """
    return _prepared(frame, _Wanted(target, task, drop, split, seed, name), None)


def _prepared(frame: Frame, wanted: _Wanted, whole: Recognized | None) -> Examples:
    """Return what `prepared` returns; with what the columns of the whole table are, if that is known."""
    target = wanted.target
    for column in (target, *wanted.drop):
        check_has(frame, column)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DataWarning)
        rows = with_answers(frame, target)
        if whole is None or wanted.drop or rows is not frame:  # other rows or columns may be read in another way
            whole = _recognized(rows, [column for column in wanted.drop if column != target])
        columns, notes = whole
        rows = _with_numbers(rows, columns, target)
        goal = target_of(rows, columns[target], _TASKS[wanted.task] if wanted.task else None)  # type: ignore[arg-type]
        validates = _drawn(rows.height, wanted.split, wanted.seed)
        fitted = preparation.fit(taken(rows, ~validates), columns, target)
        if rows.height * fitted.width > MOST_NUMBERS:
            raise InputError(
                "The table becomes {inputs:,} inputs for each of {rows:,} rows, which is more than the lab keeps. "
                "Leave out columns with many categories, or take fewer rows.",
                inputs=fitted.width,
                rows=rows.height,
            )
        X, _ = fitted.prepare(rows)
    X, y = X.reshape(-1, *fitted.shape), _learned(goal, goal.numbers_of(rows[target]))
    task: Task = "regression" if goal.task == "regression" else "binary" if len(goal.classes) == 2 else "classes"
    some = validates.any()
    return Examples(
        X[~validates],
        y[~validates],
        X[validates] if some else None,
        y[validates] if some else None,
        task,
        names=_input_names(fitted),
        classes=goal.classes or (target,),
        title=wanted.name,
        notes=(*notes, *(str(warning.message) for warning in caught)),
    )


def _with_numbers(rows: Frame, columns: Columns, target: str) -> Frame:
    """Return the rows with plain numbers as such, which takes longer the more often it is done."""
    plain = [c.name for c in columns if c.kind == "numeric" and c.numbers == PLAIN and c.name != target]
    return with_places_of(rows, with_numbers(rows, plain))


def _drawn(rows: int, split: float, seed: int) -> NDArray[np.bool_]:
    """Return which rows are for validation."""
    held_back = round(rows * split)
    if rows - held_back < _FEWEST:
        raise InputError(
            "{rows} rows with a target, of which {validation} are for validation, are too few: it takes {least} to "
            "train on.",
            rows=rows,
            validation=held_back,
            least=_FEWEST,
        )
    mask = np.zeros(rows, bool)
    mask[np.random.default_rng(seed).permutation(rows)[:held_back]] = True
    return mask


def _learned(goal: Target, y: NDArray[Any]) -> NDArray[Any]:
    """Return what the network learns: places of classes, or values around 0."""
    if goal.task == "classification":
        return y.astype(np.int64)
    return ((y - goal.center) / goal.scale).astype(np.float32)[:, np.newaxis]


def _input_names(fitted: preparation.Preparation) -> tuple[str, ...]:
    """Return a name for each input: that of its column, with the category or a number where a column makes several."""
    names: list[str] = []
    for encoder in fitted.encoders:
        width = encoder.width
        several = [f"{encoder.name} {i}" for i in range(1, width + 1)]
        if isinstance(encoder, Categorical):
            several[: len(encoder.categories)] = [f"{encoder.name}: {category}" for category in encoder.categories]
        names += [encoder.name] if width == 1 else several
    return tuple(names)
