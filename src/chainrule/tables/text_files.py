"""Tables in text files, a block of rows at a time: which separator they have, and their fields as texts."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from chainrule.common.errors import InputError
from chainrule.common.reading import opened
from chainrule.common.texts import tr
from chainrule.tables.encodings import encoding_of
from chainrule.tables.frames import Frame, needs_polars
from chainrule.tables.headers import check_no_blanks_between, check_no_title, check_no_title_above, header_of
from chainrule.tables.rows import numbered, places_of, taken
from chainrule.tables.separators import NAMES, separator_of

_JSON = (".json", ".jsonl", ".ndjson")
_BLOCK = 1 << 23  # characters that are read at a time
_SAID = re.compile('"?sep=([^"\n])"?\n')  # the line with which Excel says the separator


class Dialect(NamedTuple):
    """How a text file is written.

    Attributes
    ----------
    encoding
        By Python's name.
    separator
        What stands between fields.
    line_end
        What ends a line.
    says_separator
        Whether its first line says the separator, as Excel's do.
    """

    encoding: str
    separator: str
    line_end: str = "\n"
    says_separator: bool = False


def dialect_of(path: Path) -> Dialect:
    """Return how a CSV or TSV file is written."""
    with opened(path) as file:
        text, _, separator, line = _begun(path, file)
        encoding = text.encoding
        text.detach()
        file.seek(0)
        start = file.read(_BLOCK).decode(encoding, "ignore")  # as it is: universal newlines hide what ends lines
        end = re.search("\r\n|\r|\n", start)
        return Dialect(encoding, separator, end[0] if end else "\n", line > 1)


def read_text_file(path: Path) -> Frame:
    """Return a CSV or TSV file as a frame of texts, as `text_blocks` reads it."""
    polars = needs_polars("Reading a table")
    blocks = list(text_blocks(path))
    frame = polars.concat(blocks)
    frame = frame.drop(without_name_and_values(frame))
    if not frame.width:
        raise InputError(
            "{path} has neither names of columns nor values: a table has a line with the names first.", path=path
        )
    return numbered(frame, np.concatenate([places_of(block) for block in blocks]))


def without_name_and_values(frame: Frame) -> list[str]:
    """Return the columns that a separator at the end of every line makes."""
    unnamed = [name for name in frame.columns if name.startswith("column ")]
    return [name for name in unnamed if frame[name].null_count() == frame.height]


def text_blocks(path: Path) -> Iterator[Frame]:
    """Yield the rows of a CSV or TSV file, in frames of texts that know their lines; an empty field is null.

    What the texts mean is told later, from many of them: 1.234 may be a number with three decimals or a thousand.

    Raises
    ------
    InputError
        It is JSON, has no header, a name twice, a row of another length, or a quote that is not closed; the text names
        the row.
    FileFormatError
        It is no text.
    """
    if path.suffix.lower() in _JSON:
        raise InputError(
            "{path} is JSON and no table: write it as CSV or Parquet, or pass the frame that polars.read_json gives.",
            path=path,
        )
    with opened(path) as file:
        text, first, separator, line = _begun(path, file)
        records = _Records(path, text, separator, line)
        frame = records.frame(first)
        cells = frame.row(0)
        header = header_of(path, frame)
        frame = taken(frame, slice(1, None))
        frame.columns = header
        check_no_title(str(path), frame, {name for name, cell in zip(header, cells, strict=True) if not cell})
        while True:
            frame.columns = header
            yield frame
            block = _lines(text)
            if not block:
                return
            frame = records.frame(block)


def _begun(path: Path, file: BinaryIO) -> tuple[io.TextIOWrapper, str, str, int]:
    """Return a file as text, its first lines from the header on, what separates fields, and the header's line."""
    text = io.TextIOWrapper(file, encoding_of(path, file))
    first, line = _lines(text), 1
    if said := _SAID.match(first):
        first, line = first[said.end() :], 2
    if not first.strip():
        raise InputError(
            "{path} is empty: a table has a line with the names of its columns, and a line per example.", path=path
        )
    if said:
        return text, first, said[1], line
    separator = separator_of(first, "\t" if path.suffix.lower() in (".tsv", ".tab") else ",")
    check_no_title_above(path, first, separator)
    if separator not in first:
        check_no_blanks_between(path, first)
    return text, first, separator, line


def _lines(text: io.TextIOWrapper) -> str:
    """Return the next lines of a file, "" at its end."""
    return text.read(_BLOCK) + text.readline()


class _Records:
    """The records of a file, a block of lines at a time, each of which must have as many fields as the header."""

    def __init__(self, path: Path, text: io.TextIOWrapper, separator: str, line: int) -> None:
        self._path, self._text, self._separator = path, text, separator
        self._header: list[str] = []  # its fields, as soon as they are known
        self._row, self._line = 0, line  # of the next record; the header is row 0
        self._blank = 0  # lines without anything that have not been told to be rows

    def frame(self, block: str) -> Frame:
        """Return the records that begin in a block."""
        if not self._header and '"' not in block:
            self._header = block.lstrip("\n").partition("\n")[0].split(self._separator)
        frame = None if self._blank else _plain(block.removesuffix("\n"), self._separator, len(self._header))
        if frame is None:
            return self._careful(block)
        rows = np.arange(frame.height)
        places = np.column_stack([self._row - 1 + rows, self._line + rows])  # the header is row 0 here
        self._row += frame.height
        self._line += frame.height
        return numbered(frame, places)

    def _careful(self, block: str) -> Frame:
        """Return what Python's reader makes of a block, and of the lines after it that its last record goes on in."""
        polars = needs_polars("Reading a table")
        lines = io.StringIO(block)
        reader = csv.reader(chain(lines, iter(self._text.readline, "")), delimiter=self._separator, strict=True)
        start, first = self._line, self._row - 1
        records: list[list[str]] = []
        begins: list[int] = []  # the line of each row
        while lines.tell() < len(block):
            try:
                record = next(reader)
            except csv.Error as error:
                raise self._wrong(error) from None
            rows = self._checked(record)
            records += rows
            begins += range(self._line + 1 - len(rows), self._line + 1)  # blank lines that are rows stand before it
            self._line = start + reader.line_num
        schema = {str(i): polars.String for i in range(len(self._header))}
        frame = polars.DataFrame(records, schema=schema, orient="row").with_columns(polars.all().replace("", None))
        return numbered(frame, np.column_stack([first + np.arange(len(begins)), begins]).astype(np.int64))

    def _wrong(self, error: csv.Error) -> InputError:
        where = tr("row {row}", row=self._row) if self._row else tr("the header")
        if "field limit" in str(error):
            return InputError(
                "{path} has a field of more than {limit:,} characters in {where}, which begins in line {line}: most "
                "likely a quote there is not closed. If the field is that long, leave its column out.",
                path=self._path,
                limit=csv.field_size_limit(),
                where=where,
                line=self._line,
            )
        return InputError(
            "{path} has wrong quotes in {where}, which begins in line {line}: {error}. A quote inside of a "
            'quoted field is written twice ("").',
            path=self._path,
            where=where,
            line=self._line,
            error=error,
        )

    def _checked(self, record: list[str]) -> list[list[str]]:
        """Return the rows of a record; lines without anything are none, but between values of a single column."""
        if not record:
            self._blank += self._row > 0 and len(self._header) == 1
            return []
        self._header = self._header or record
        if len(record) != len(self._header):
            raise InputError(
                "Row {row} of {path}, in line {line}, has {got}, but its header has {expected} ({names}): {fix}.",
                row=self._row,
                path=self._path,
                line=self._line,
                got=_fields(len(record)),
                expected=_fields(len(self._header)),
                names=", ".join(self._header[:4]) + (", ..." if len(self._header) > 4 else ""),
                fix=self._fix(len(record)),
            )
        rows = [*([""] for _ in range(self._blank)), record]
        self._row += len(rows)
        self._blank = 0
        return rows

    def _fix(self, fields: int) -> str:
        separator = tr(NAMES.get(self._separator, self._separator))
        if len(self._header) == 1 or (self._row == 1 and fields > len(self._header)):
            return tr(
                "if the first line is a title, remove what is above the names of the columns; a {separator} inside of "
                "a field needs quotes around it",
                separator=separator,
            )
        return tr("a {separator} inside of a field needs quotes around it", separator=separator)


def _plain(text: str, separator: str, width: int) -> Frame | None:
    """Return what polars reads fast, or None if there are quotes or a row may have another length."""
    polars = needs_polars("Reading a table")
    lines = text.count("\n") + 1
    if '"' in text or "\n\n" in text or text.startswith("\n") or text.endswith("\n"):
        return None
    try:
        frame = polars.read_csv(
            io.BytesIO(text.encode()), separator=separator, has_header=False, infer_schema=False, quote_char=None
        )
    except polars.exceptions.PolarsError:  # told with its row
        return None
    whole = frame.shape == (lines, width)
    # In rows of different length the numbers of fields may add up, but then a last field of some row is missing.
    return frame if whole and _equally_long(text, separator, frame, width) else None


def _equally_long(text: str, separator: str, frame: Frame, width: int) -> bool:
    """Return whether each row has all its fields, if polars filled up any."""
    if frame[:, width - 1].null_count() == 0:
        return True
    return all(line.count(separator) == width - 1 for line in text.split("\n"))


def _fields(n: int) -> str:
    return tr("1 field") if n == 1 else tr("{count} fields", count=n)
