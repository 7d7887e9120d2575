"""Rows of Parquet files, a row group at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.arrays import Shape
from chainrule.common.errors import InputError, missing_extra
from chainrule.common.settings import Each, Either, Maybe, Place, Text
from chainrule.common.texts import tr
from chainrule.data.batches import Data
from chainrule.data.damage import parquet_metadata

Paths = str | Path | Sequence[str | Path]
_PATHS = Either(Place(), Each(Place(), "a list of paths"))
_COLUMNS = Maybe(Each(Text(), "a list of names of columns"))


class Parquet:
    """The rows of Parquet files, to be given to `fit` in place of X and y; needs pyarrow.

    Write ``network.fit(cr.sources.Parquet("rows.parquet", target="label"), epochs=3)``.

    A row group is read at a time, and two or three are in memory, so write files with row groups of some MB, for
    example ``frame.to_parquet(path, row_group_size=10_000)``. Row groups are drawn at random, and rows are shuffled
    over those that make up 32 MB.

    Parameters
    ----------
    path
        A file, a folder of ``*.parquet`` files, or a list of files.
    target
        The column to predict; None if there is none, as where a network is to predict it.
    columns
        The features, numeric columns; if None, all but the target and what pandas wrote as the frame's index.

    Attributes
    ----------
    columns
        The names of the features.

    Raises
    ------
    InputError
        If there is no file or no row, or a column is missing or not numeric.
    FileFormatError
        If a file is not Parquet or is damaged.
    MissingExtraError
        If pyarrow is not installed.
    """

    def __init__(self, path: Paths, target: str | None = None, columns: Sequence[str] | None = None) -> None:
        try:
            import pyarrow  # noqa: F401
        except ImportError as error:
            raise missing_extra("Reading Parquet", "pyarrow", "data") from error
        self._path = _PATHS.check("Parquet", "path", path)
        self.target: str | None = Maybe(Text()).check("Parquet", "target", target)
        self._columns = list(_COLUMNS.check("Parquet", "columns", columns) or ())
        if self.target in self._columns:
            raise InputError(
                "Parquet's columns are the features, but the target {target!r} is among them: leave it out.",
                target=target,
            )
        self._groups: list[tuple[Path, Any, int, int]] = []  # file, its metadata, number of the group, first row
        starts, dtypes = [0], []
        for file in _files(self._path):
            metadata = parquet_metadata(file)
            dtypes.append(self._dtypes(file, metadata.schema.to_arrow_schema()))
            row = 0
            for group in range(metadata.num_row_groups):
                if rows := metadata.row_group(group).num_rows:
                    self._groups.append((file, metadata, group, row))
                    starts.append(starts[-1] + rows)
                    row += rows
        if not self._groups:
            raise InputError("There are no rows in the Parquet files of {path}.", path=path)
        self.columns = tuple(self._columns)
        self.starts: Sequence[int] = starts
        self.shape: Shape = (len(self._columns),)
        kinds = [np.result_type(*column) for column in zip(*dtypes, strict=True)]
        self._dtype = np.result_type(*kinds[: len(self._columns)])
        self._target_dtype = kinds[-1]
        self.row_bytes: int = len(self._columns) * self._dtype.itemsize

    def _dtypes(self, file: Path, schema: Any) -> list[Any]:
        """Return the dtypes of the features and the target."""
        from pyarrow import types

        if not self._columns:
            index = (schema.pandas_metadata or {}).get("index_columns", [])
            self._columns = [name for name in schema.names if name != self.target and name not in index]
            if not self._columns:
                raise InputError(
                    "{file} has no column besides {target!r}, so there is nothing to learn from.",
                    file=file,
                    target=self.target,
                )
        dtypes = []
        for name in self._read_columns():
            if schema.names.count(name) > 1:
                raise InputError(
                    "{file} has several columns named {name!r}: give each its own name.", file=file, name=name
                )
            if name not in schema.names:
                raise InputError(
                    "{file} has no column {name!r}; its columns are {names}.",
                    file=file,
                    name=name,
                    names=", ".join(schema.names),
                )
            kind = schema.field(name).type
            if not (types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)):
                raise InputError(
                    "Column {name!r} of {file} must hold numbers, but its type is {kind}. Encode it as numbers "
                    "first, or name the features with columns=[...].",
                    name=name,
                    file=file,
                    kind=kind,
                )
            dtypes.append(np.dtype(kind.to_pandas_dtype()))
        return dtypes

    def _read_columns(self) -> list[str]:
        return self._columns if self.target is None else [*self._columns, self.target]

    def select(self, names: Sequence[str]) -> Parquet:
        """Return the same rows with the features in the order of the names, which a network was trained with."""
        missing = [name for name in names if name not in self.columns]
        if missing:
            raise InputError(
                "The network was trained with the columns {names}, but the Parquet files lack {missing}.",
                names=", ".join(names),
                missing=", ".join(missing),
            )
        return self if tuple(names) == self.columns else Parquet(self._path, self.target, names)

    def read(self, run: int) -> Data:
        """Return the rows of a row group."""
        from pyarrow import parquet

        file, metadata, group, _ = self._groups[run]
        with parquet.ParquetFile(file, metadata=metadata, page_checksum_verification=True) as opened:
            table = opened.read_row_group(group, columns=self._read_columns())
        for name in table.column_names:
            if missing := table.column(name).null_count:
                raise InputError(
                    "column {name!r} has {count} missing values. Fill them in or leave out their rows.",
                    name=name,
                    count=missing,
                )
        X = np.empty((len(table), len(self._columns)), self._dtype)
        for i, name in enumerate(self._columns):
            X[:, i] = table.column(name)
        y = X[:, :0] if self.target is None else np.asarray(table.column(self.target), self._target_dtype)
        return Data(X, y)

    def identity(self) -> str:
        """Return what the files are, besides their rows."""
        return f"{self.target}, {self.columns}, {[(file.name, file.stat().st_size) for file in _files(self._path)]}"

    def where(self, run: int) -> str:
        """Return how to name the rows of a row group in an error."""
        file, _, _, row = self._groups[run]
        last = row + self.starts[run + 1] - self.starts[run] - 1
        return tr("rows {first} to {last} of {name} (counted from 0 in what follows)", first=row, last=last, name=file)


def _files(path: Path | Sequence[Path]) -> list[Path]:
    paths = [path] if isinstance(path, Path) else list(path)
    for file in paths:
        if file.exists() and not file.is_file() and not (file.is_dir() and len(paths) == 1):
            raise InputError("{file} is no file: Parquet is read from files, or from one folder of them.", file=file)
    if len(paths) > 1 or not paths[0].is_dir():
        return paths
    files = sorted(paths[0].glob("*.parquet"))
    below = next((file for file in paths[0].rglob("*.parquet") if file.parent != paths[0]), None)
    if below is not None and not files:
        raise InputError(
            "{folder} is partitioned: its files are in subfolders, such as {example}, and a column that is the "
            "name of a folder is in no file. Write it without partitions, or list the files that are meant.",
            folder=paths[0],
            example=below.relative_to(paths[0]),
        )
    return files
