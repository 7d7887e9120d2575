"""Tables in text files, a block of rows at a time: which separator they have, and their fields as texts."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from chainrule.common.errors import InputError
from chainrule.common.reading import opened
from chainrule.common.texts import later, tr
from chainrule.tables.encodings import encoding_of
from chainrule.tables.frames import Frame, needs_polars, refuse_patterns
from chainrule.tables.rows import numbered, places_of, taken

_SEPARATORS = ",;\t|"
_LOOKED_AT = 50  # records that the separator is told from
_JSON = (".json", ".jsonl", ".ndjson")
_MOST_OF_A_TITLE = 5  # lines
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
        header = _header(path, [cell or "" for cell in cells])
        frame = taken(frame, slice(1, None))
        frame.columns = header
        check_no_title(str(path), frame, [name for name, cell in zip(header, cells, strict=True) if not cell])
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
    _check_no_title_above(path, first, separator)
    return text, first, separator, line


def _lines(text: io.TextIOWrapper) -> str:
    """Return the next lines of a file, "" at its end."""
    return text.read(_BLOCK) + text.readline()


def separator_of(text: str, usual: str) -> str:
    """Return what separates fields: with it, the first records have equally many, and several."""

    def merit(separator: str) -> tuple[bool, float, int, bool]:
        numbers = _widths(text, separator)
        first = numbers[0] if numbers else 0
        return first > 1, sum(n == first for n in numbers) / max(len(numbers), 1), first, separator == usual

    best = max(_SEPARATORS, key=merit)
    return best if merit(best)[0] else usual


def _widths(text: str, separator: str) -> list[int]:
    """Return how many fields the first records have with a separator."""
    records = csv.reader(io.StringIO(text[: 1 << 20]), delimiter=separator)
    numbers: list[int] = []
    try:
        for record in records:
            numbers += [len(record)] if record else []
            if len(numbers) == _LOOKED_AT:
                break
    except csv.Error:  # told with its row when all is read
        pass
    return numbers


def _check_no_title_above(path: Path, text: str, separator: str) -> None:
    """Raise an error if all lines but the first have the same number of another separator: these are a title.

    Commas do not tell, because they stand in numbers, too.
    """
    for other in set(_SEPARATORS) - {separator, ","}:
        widths = _widths(text, other)
        width = widths[-1] if widths else 1
        above = widths.index(width) if widths else 0
        if width > 1 and 0 < above <= _MOST_OF_A_TITLE and len(widths) > above + 1 and set(widths[above:]) == {width}:
            lines = text.split("\n")
            raise InputError(
                "{path} has the title {title!r:.60} above the names of its columns, which are in line {line}, with a "
                "{separator} between them: remove what is above them.",
                path=path,
                title=next(line for line in lines if line.strip()).strip(),
                line=1 + next(i for i, line in enumerate(lines) if line.count(other) >= width - 1),
                separator=tr(_NAMES[other]),
            )


def _header(path: Path, record: list[str]) -> list[str]:
    """Return the names of the columns; those that have none are numbered."""
    cells = [cell.strip() for cell in record]
    if all(cell and _is_number(cell) for cell in cells):
        raise InputError(
            "The first row of {path} holds numbers ({cells}) where the names of the columns belong. Add a line with "
            "a name for each column.",
            path=path,
            cells=", ".join(cells[:4]),
        )
    names = [cell or f"column {i}" for i, cell in enumerate(cells, 1)]
    check_names(str(path), names)
    return names


def check_no_title(source: str, frame: Frame, unnamed: Collection[str]) -> None:
    """Raise an error if the first line names so few of the columns that it is a title, or a heading of groups."""
    named = [name for name in frame.columns if name not in unnamed]
    after = frame.columns[frame.columns.index(named[0]) :] if named else []
    lacking = [name for name in after if name in unnamed and frame[name].null_count() < frame.height]
    if lacking and len(lacking) >= len(named):
        raise InputError(
            "The first line of {source} names {count} of its {width} columns ({names}), as a title or a heading of "
            "groups does: remove the lines above the one with a name for each column.",
            source=source,
            count=len(named),
            width=frame.width,
            names=", ".join(f"{name!r:.40}" for name in named[:3]),
        )


def check_names(source: str, names: list[str]) -> None:
    """Raise an error if a name comes twice."""
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        places = [str(i) for i, name in enumerate(names, 1) if name == twice]
        raise InputError(
            "{source} has {count} columns named {twice!r} (columns {numbers}): give each its own name.",
            source=source,
            count=len(places),
            twice=twice,
            numbers=", ".join(places[:5]),
        )
    refuse_patterns(names)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


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
                where = tr("row {row}", row=self._row) if self._row else tr("the header")
                raise InputError(
                    "{path} has wrong quotes in {where}, which begins in line {line}: {error}. A quote inside of a "
                    'quoted field is written twice ("").',
                    path=self._path,
                    where=where,
                    line=self._line,
                    error=error,
                ) from None
            rows = self._checked(record)
            records += rows
            begins += range(self._line + 1 - len(rows), self._line + 1)  # blank lines that are rows stand before it
            self._line = start + reader.line_num
        schema = {str(i): polars.String for i in range(len(self._header))}
        frame = polars.DataFrame(records, schema=schema, orient="row").with_columns(polars.all().replace("", None))
        return numbered(frame, np.column_stack([first + np.arange(len(begins)), begins]).astype(np.int64))

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
        if len(self._header) == 1:
            return tr("the first line names the columns, so remove a title above it")
        separator = tr(_NAMES.get(self._separator, self._separator))
        if self._row == 1 and fields > len(self._header):
            return tr(
                "remove a title above the names, and a {separator} inside of a field needs quotes around it",
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


_NAMES = {",": later("comma"), ";": later("semicolon"), "\t": later("tab"), "|": later("bar")}


def _fields(n: int) -> str:
    return tr("1 field") if n == 1 else tr("{count} fields", count=n)
