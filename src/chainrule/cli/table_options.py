"""What the commands ask about a table of the user's own, and how a table is written."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from chainrule.common import atomic
from chainrule.common.errors import InputError
from chainrule.common.reading import opened
from chainrule.datasets import DATASETS
from chainrule.files.foreign import is_like_a_model
from chainrule.tables import read, scan
from chainrule.tables.reading import can_be_scanned, dialect
from chainrule.tables.text_files import Dialect

NumericOption = Annotated[
    list[str] | None, typer.Option(metavar="COLUMNS", help="Of a table: these are numbers (a,b or said again).")
]
CategoricalOption = Annotated[list[str] | None, typer.Option(metavar="COLUMNS", help="These are categories.")]
DateOption = Annotated[list[str] | None, typer.Option(metavar="COLUMNS", help="These are dates.")]
DropOption = Annotated[list[str] | None, typer.Option(metavar="COLUMNS", help="These are left out.")]
SheetOption = Annotated[str | None, typer.Option(metavar="NAME", help="Of an Excel file: the sheet.")]
XOption = Annotated[str | None, typer.Option("--x", metavar="NAME", help="Of an NPZ or HDF5 file: the inputs.")]
YOption = Annotated[
    str | None,
    typer.Option("--y", metavar="NAME", help="Of an NPZ or HDF5 file: the target; of an IDX file: that of classes."),
]
SizeOption = Annotated[
    str | None, typer.Option(metavar="HxW", help="Bring pictures to this height and width, such as 32x32.")
]


LARGE = 50_000_000  # bytes of a file: as a frame of texts it takes ten times as many


@dataclass(frozen=True)
class TableOptions:
    """What was said of a table on the command line, under the names of the options."""

    target: str | None = None
    task: str | None = None
    numeric: Sequence[str] = ()
    categorical: Sequence[str] = ()
    date: Sequence[str] = ()
    drop: Sequence[str] = ()
    test: Path | None = None
    split: float | None = None
    split_by_time: str | None = None
    group: str | None = None
    history: int | None = None
    horizon: int | None = None
    time: str | None = None
    class_weight: str | None = None
    reading: dict[str, Any] = field(default_factory=dict)
    """How the file is read: sheet, x, y, size."""

    @property
    def used_reading(self) -> dict[str, Any]:
        """What was said about reading."""
        return {name: value for name, value in self.reading.items() if value is not None}

    def concern(self, dataset: str) -> bool:
        """Return whether a data set is a table of the user's own, and not one that is known by name."""
        if self.history is None and (self.horizon or self.time):
            raise InputError(
                "--horizon and --time go with --history N, the rows before it that a prediction is made from."
            )
        own = {name: value for name, value in vars(self).items() if name != "reading"} | self.reading
        said = [f"--{name.replace('_', '-')}" for name, value in own.items() if value not in (None, ())]
        if self.class_weight not in (None, "balanced"):
            raise InputError(
                "--class-weight takes 'balanced', but it is {class_weight!r}.", class_weight=self.class_weight
            )
        if dataset in DATASETS and said:
            raise InputError(
                "{dataset} is known by its name and no table of yours, so {said} means nothing for it.",
                dataset=dataset,
                said=said[0],
            )
        return dataset not in DATASETS and bool(said or os.path.exists(dataset) or Path(dataset).suffix)


def table_of(path: Path, options: TableOptions) -> Any:
    """Return a table; one that is too large for memory stays in its file, unless predictions are made from the past."""
    if path.is_file() and is_like_a_model(_start(path)):
        raise InputError("{path} is a model file, and here a table belongs: name a file such as table.csv.", path=path)
    large = path.is_file() and path.stat().st_size > LARGE
    if large and options.history is None and not options.used_reading and can_be_scanned(path):
        return scan(path)
    return read(path, **options.used_reading)


def _start(path: Path) -> bytes:
    with opened(path) as file:
        return bytes(file.read(16))


def picture_size(text: str | None) -> tuple[int, int] | None:
    """Return height and width of pictures."""
    if text is None:
        return None
    match = re.fullmatch(r"([1-9]\d{0,3})x([1-9]\d{0,3})", text, re.ASCII)
    if match is None:
        raise InputError("--size takes height and width, such as 32x32, but it is {text!r}.", text=text)
    return int(match[1]), int(match[2])


TEXT = (".csv", ".tsv")
WRITTEN = (*TEXT, ".parquet", ".arrow", ".feather")


def check_table_file(path: Path) -> None:
    """Refuse, before the work begins, a file that no table could be written to."""
    if path.suffix.lower() not in WRITTEN:
        raise InputError("{path} must end in the kind of table to write: {known}.", path=path, known=", ".join(WRITTEN))
    atomic.check(path)


def dialect_like(path: Path, table: Path) -> Dialect:
    """Return how to write a text file: as the table that it goes with, where that is one; else UTF-8."""
    usual = "," if path.suffix.lower() == ".csv" else "\t"
    its = dialect(table)
    if its is None:
        return Dialect("utf-8", usual)
    same = path.suffix.lower() == table.suffix.lower()
    return its._replace(separator=its.separator if same else usual)


def write_text(blocks: Iterable[Any], path: Path, its: Dialect, *, decimal_comma: bool) -> int:
    """Write a table whole, a block of rows at a time, as CSV or TSV, and return how many rows it has."""
    rows = 0
    with atomic.writing(path) as file:
        text = io.TextIOWrapper(file, its.encoding, newline="")
        try:
            if its.says_separator:
                text.write(f"sep={its.separator}{its.line_end}")
            for block in blocks:
                comma = decimal_comma and its.separator != ","
                text.write(
                    block.write_csv(
                        None,
                        include_header=rows == 0,
                        separator=its.separator,
                        line_terminator=its.line_end,
                        decimal_comma=comma,
                    )
                )
                rows += block.height
            text.detach()
        except UnicodeEncodeError as error:
            raise InputError(
                "{path} cannot be written in {encoding}, as the table was: this has no {character!r}. Bring the table "
                "to UTF-8 first, or name a file that ends in .parquet.",
                path=path,
                encoding=its.encoding,
                character=error.object[error.start],
            ) from None
    return rows


def write_frame(frame: Any, path: Path) -> None:
    """Write a table whole as Parquet or Arrow, as the file's name ends."""
    content = io.BytesIO()
    if path.suffix.lower() == ".parquet":
        frame.write_parquet(content)
    else:
        frame.write_ipc(content)
    atomic.write(path, content.getvalue())
