"""A table from a file of any kind, or from a folder of pictures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.common.errors import ChainruleError, FileFormatError, InputError, missing_extra
from chainrule.common.reading import opened
from chainrule.common.texts import later, tr
from chainrule.tables.array_files import is_idx, read_hdf5, read_idx_pair, read_npz
from chainrule.tables.frames import Frame, as_frame, needs_polars
from chainrule.tables.headers import check_header, check_no_title
from chainrule.tables.pictures import column_of_pictures, is_picture, read_one_picture, read_pictures, with_pictures
from chainrule.tables.rows import from_file, numbered, rows_of, taken
from chainrule.tables.scans import ARROW, PARQUET, Scan
from chainrule.tables.text_files import Dialect, dialect_of, read_text_file

_ZIP, _HDF5 = b"PK\x03\x04", b"\x89HDF\r\n\x1a\n"
_OLD_EXCEL, _IDX, _GZIP = b"\xd0\xcf\x11\xe0", b"\0\0", b"\x1f\x8b"


def read(
    path: str | Path,
    *,
    sheet: str | None = None,
    x: str | None = None,
    y: str | None = None,
    size: tuple[int, int] | None = None,
) -> Frame:
    """Read a table.

    Parameters
    ----------
    path
        A file: CSV or TSV in any usual encoding and with any usual separator, Parquet, Arrow (Feather), Excel, NPZ,
        HDF5 or IDX, told by its first bytes; or a folder with a folder of pictures for each class, or one picture. A
        column of a CSV or TSV file may name pictures, from the folder of the file on.
    sheet
        Of an Excel file; if None the first one, or the only one that holds a table if the first holds none.
    x, y
        Of an NPZ or HDF5 file: the names of the arrays with the inputs and with the target. Of an IDX file, y is the
        file with the classes.
    size
        Of pictures: height and width to bring them to; those of the first picture if None.

    Returns
    -------
    polars.DataFrame
        Fields of CSV and TSV files are texts: what they mean is told by `chainrule.tables.columns`. A folder of
        pictures has the columns "file", "picture" and "class"; an IDX file of pictures "picture", and "class" if there
        is y.

    Raises
    ------
    InputError
        If the table has no header, names twice, rows of different length or wrong quotes; the text names the row.
    FileFormatError
        If the file is damaged, or of no kind that is known.
    DataUnavailableError
        If there is no such file.
    MissingExtraError
        If the package that reads this kind is not installed.
    """
    if not isinstance(path, str | os.PathLike) or "\0" in os.fspath(path):
        raise InputError("read takes the path of a file, but got {path!r:.80}.", path=path)
    return from_file(_read(Path(path), sheet, x, y, size), Path(path))


def _read(path: Path, sheet: str | None, x: str | None, y: str | None, size: tuple[int, int] | None) -> Frame:
    if path.is_dir():
        _refuse_others(path, later("a folder of pictures"), sheet=sheet, x=x, y=y)
        return read_pictures(path, size)
    with opened(path) as file:
        start = file.read(8)
    if is_picture(path):
        _refuse_others(path, later("a picture"), sheet=sheet, x=x, y=y)
        return read_one_picture(path, size)
    if start == _HDF5 or (start.startswith(_ZIP) and path.suffix.lower() == ".npz"):
        _refuse_others(path, later("a file of arrays"), sheet=sheet, size=size)
        with _whole(path):
            arrays = read_hdf5 if start == _HDF5 else read_npz
            return as_frame(arrays(path, x, y), str(path))
    if start.startswith(_GZIP) and not is_idx(path):
        raise InputError("{path} is packed: unpack it first, as with `gunzip --keep {path}`.", path=path)
    if start.startswith((_IDX, _GZIP)):
        _refuse_others(path, later("an IDX file"), sheet=sheet, x=x, size=size)
        return as_frame(read_idx_pair(path, y))
    _refuse_others(path, later("a table"), x=x, y=y)
    if start.startswith((_ZIP, _OLD_EXCEL)):
        _refuse_others(path, later("an Excel file"), size=size)
        with _whole(path):
            return _excel(path, sheet)
    _refuse_others(path, later("no Excel file"), sheet=sheet)
    if start.startswith((PARQUET, ARROW)):
        _refuse_others(path, later("no text file"), size=size)
        polars = needs_polars("Reading a table")
        with _whole(path):
            return polars.read_parquet(path) if start.startswith(PARQUET) else polars.read_ipc(path)
    frame = read_text_file(path)
    if column := column_of_pictures(frame, path.parent):
        with rows_of(frame):
            return with_pictures(frame, column, path.parent, size)
    _refuse_others(path, later("a table without names of pictures"), size=size)
    return frame


def scan(path: str | Path) -> Scan:
    """Return a table that stays in its file, for one that is larger than memory.

    Parameters
    ----------
    path
        A file: CSV, TSV, Parquet or Arrow.

    Returns
    -------
    Scan
        What `chainrule.tables.columns`, `split`, `TableModel.fit`, `predict` and `evaluate` take in place of a frame.

    Raises
    ------
    InputError, FileFormatError, DataUnavailableError
        As for `read`.
    """
    path = Path(path)
    if not can_be_scanned(path):
        raise InputError(
            "{path} is read whole: scan takes CSV, TSV, Parquet and Arrow files, read takes this one.", path=path
        )
    return Scan(path)


def can_be_scanned(path: Path) -> bool:
    """Return whether a file is none of those that are read whole."""
    with opened(path) as file:
        return not is_picture(path) and not file.read(8).startswith((_ZIP, _HDF5, _OLD_EXCEL, _IDX, _GZIP))


def dialect(path: Path) -> Dialect | None:
    """Return how a CSV or TSV file is written; None if the path is a file of another kind, or a folder."""
    if path.is_dir() or not can_be_scanned(path):
        return None
    with opened(path) as file:
        if file.read(8).startswith((PARQUET, ARROW)):
            return None
    return dialect_of(path)


def _refuse_others(path: Path, kind: str, **settings: Any) -> None:
    """Raise an error if a setting was said that means nothing for this kind of file."""
    for name, value in settings.items():
        if value is not None:
            raise InputError(
                "{path} is {kind}, for which {name}={value!r} means nothing: leave it out.",
                path=path,
                kind=tr(kind),
                name=name,
                value=value,
            )


@contextmanager
def _whole(path: Path) -> Iterator[None]:
    """Turn whatever a reader raises for a damaged file into one error."""
    try:
        yield
    except (ChainruleError, MemoryError):
        raise
    except Exception as error:  # of polars, calamine, h5py and numpy, which have many for damage
        raise FileFormatError(
            "{path} cannot be read: {error!r:.200}. It is truncated or damaged: get or write it again.",
            path=path,
            error=str(error).strip().splitlines()[0] if str(error).strip() else error,
        ) from error


def _excel(path: Path, sheet: str | None) -> Frame:
    try:
        import fastexcel
    except ImportError as error:
        raise missing_extra("Reading Excel", "fastexcel", "tables") from error
    names = fastexcel.read_excel(path).sheet_names
    if sheet is not None and sheet not in names:
        raise InputError(
            "{path} has no sheet {sheet!r}; its sheets are {names}.",
            path=path,
            sheet=sheet,
            names=", ".join(map(repr, names)),
        )
    sheet, cells = _sheet(path, names if sheet is None else [sheet])
    if cells.height == 0:
        raise InputError("The sheet {sheet!r} of {path} is empty.", sheet=sheet, path=path)
    first = cells.row(0)
    header = [str(cell).strip() if cell is not None else f"column {i}" for i, cell in enumerate(first, 1)]
    source = tr("the sheet {sheet!r} of {path}", sheet=sheet, path=path)
    check_header(source, header, cells)
    frame = taken(cells, slice(1, None))
    frame.columns = header
    check_no_title(source, frame, {name for name, cell in zip(header, first, strict=True) if cell is None})
    return frame


def _sheet(path: Path, names: list[str]) -> tuple[str, Frame]:
    """Return the name and the cells of the first sheet; if that holds no table, of the only one that does."""
    first = _cells(path, names[0])
    if len(names) == 1 or _is_table(first):
        return names[0], first
    tables = [(name, cells) for name in names[1:] if _is_table(cells := _cells(path, name))]
    if len(tables) > 1:
        raise InputError(
            "The sheet {first!r} of {path}, the first one, holds no table, and several others do: name one, as in "
            "--sheet {sheet!r} or read(..., sheet={sheet!r}). They are {sheets}.",
            first=names[0],
            path=path,
            sheet=tables[0][0],
            sheets=", ".join((repr(name) for name, _ in tables)),
        )
    return tables[0] if tables else (names[0], first)


def _cells(path: Path, sheet: str) -> Frame:
    """Return the cells of a sheet but for empty rows, with the rows of the sheet; the first one is a header."""
    polars = needs_polars("Reading a table")
    cells = polars.read_excel(
        path, sheet_name=sheet, has_header=False, infer_schema_length=0, raise_if_empty=False, drop_empty_rows=False,
        drop_empty_cols=True, read_options={"skip_rows": 0},
    )  # fmt: skip
    if not cells.width:
        return cells
    filled = cells.select(polars.any_horizontal(polars.all().is_not_null())).to_series().to_numpy()
    lines = np.flatnonzero(filled) + 1
    return numbered(cells.filter(filled), np.column_stack([np.arange(len(lines)) - 1, lines]))


def _is_table(cells: Frame) -> bool:
    """Return whether a sheet has a header and a row, of several columns; notes have one."""
    return bool(cells.height > 1 and cells.width > 1)
