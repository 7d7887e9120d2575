"""Tables in text files: which encoding and separator they have, and their fields as texts."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from pathlib import Path

from chainrule.common.errors import FileFormatError, InputError
from chainrule.common.reading import opened
from chainrule.tables.frames import Frame, needs_polars

_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_SEPARATORS = ",;\t|"
_LOOKED_AT = 50  # records that the separator is told from
_CHUNK = 100_000  # records that are Python objects at a time
_HANGUL = range(0xAC00, 0xD7A4)


def read_text_file(path: Path) -> Frame:
    """Return a CSV or TSV file as a frame of texts; an empty field is null.

    What the texts mean is told later, from all of them: 1.234 may be a number with three decimals or a thousand.

    Raises
    ------
    InputError
        It has no header, a name twice, a row of another length, or a quote that is not closed; the text names the row.
    FileFormatError
        It is no text.
    """
    with opened(path) as file:
        raw = file.read()
    text = decoded(path, raw).rstrip("\n")
    if not text.strip():
        raise InputError(f"{path} is empty: a table has a line with the names of its columns, and a line per example.")
    separator = separator_of(text, "\t" if path.suffix.lower() in (".tsv", ".tab") else ",")
    header = _header(path, next(_records(path, text, separator)))
    frame = _plain(text, separator, len(header))
    if frame is None:
        frame = _careful(path, text, separator, header)
    frame.columns = header
    # A separator at the end of every line makes a column without a name and values.
    empty = [name for name in header if name.startswith("column ") and frame[name].null_count() == frame.height]
    return frame.drop(empty)


def decoded(path: Path, raw: bytes) -> str:
    """Return bytes as text: in Unicode, in Korean (cp949) or in the Western European cp1252."""
    mark = next((mark for mark in _BYTE_ORDER_MARKS if raw.startswith(mark)), None)
    zeros = raw[:1000].count(0)
    if mark is not None:
        names = [_BYTE_ORDER_MARKS[mark]]
    elif zeros > 0:
        # Every other byte of a text in UTF-16 is 0 where its letters are Latin, as a header's and digits are.
        even = raw[:1000:2].count(0)
        names = ["utf-16-be" if even > zeros - even else "utf-16-le"] if zeros > len(raw[:1000]) // 4 else []
    else:
        names = ["utf-8", *(["cp949"] if _is_korean(raw) else []), "cp1252", "latin-1"]
    for name in names:
        try:
            text = raw.decode(name)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text.replace("\r\n", "\n").replace("\r", "\n")
    raise FileFormatError(
        f"{path} is no table in text: it is neither UTF-8 nor UTF-16 nor cp949, or it is damaged. Save it as CSV with "
        "UTF-8, or give the file a name that ends in its kind, such as .parquet or .xlsx."
    )


def _is_korean(raw: bytes) -> bool:
    """Return whether bytes above 127 are mostly syllables of Hangul in cp949."""
    characters = [character for character in raw.decode("cp949", "replace") if ord(character) > 127]
    return sum(ord(character) in _HANGUL for character in characters) > len(characters) // 2


def separator_of(text: str, usual: str) -> str:
    """Return what separates fields: with it, the first records have equally many, and several."""
    lines = text[: 1 << 20]

    def counts(separator: str) -> list[int]:
        records = csv.reader(io.StringIO(lines), delimiter=separator)
        numbers = []
        try:
            for record in records:
                numbers += [len(record)] if record else []
                if len(numbers) == _LOOKED_AT:
                    break
        except csv.Error:  # told with its row when all is read
            pass
        return numbers

    def merit(separator: str) -> tuple[bool, float, int, bool]:
        numbers = counts(separator)
        first = numbers[0] if numbers else 0
        return first > 1, sum(n == first for n in numbers) / max(len(numbers), 1), first, separator == usual

    best = max(_SEPARATORS, key=merit)
    return best if merit(best)[0] else usual


def _header(path: Path, record: list[str]) -> list[str]:
    """Return the names of the columns; those that have none are numbered."""
    cells = [cell.strip() for cell in record]
    if all(cell and _is_number(cell) for cell in cells):
        raise InputError(
            f"The first row of {path} holds numbers ({', '.join(cells[:4])}) where the names of the columns belong. "
            "Add a line with a name for each column."
        )
    names = [cell or f"column {i}" for i, cell in enumerate(cells, 1)]
    check_names(str(path), names)
    return names


def check_names(source: str, names: list[str]) -> None:
    """Raise an error if a name comes twice."""
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        places = [str(i) for i, name in enumerate(names, 1) if name == twice]
        raise InputError(
            f"{source} has {len(places)} columns named {twice!r} (columns {', '.join(places[:5])}): give each its "
            "own name."
        )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _plain(text: str, separator: str, width: int) -> Frame | None:
    """Return what polars reads fast, or None if there are quotes or a row may have another length."""
    polars = needs_polars("Reading a table")
    lines = text.count("\n") + 1
    if '"' in text or "\n\n" in text or text.startswith("\n"):
        return None
    try:
        frame = polars.read_csv(
            io.BytesIO(text.encode()), separator=separator, has_header=False, infer_schema=False, quote_char=None
        )
    except polars.exceptions.PolarsError:  # told with its row
        return None
    whole = frame.shape == (lines, width)
    # In rows of different length the numbers of fields may add up, but then a last field of some row is missing.
    return frame[1:] if whole and _equally_long(text, separator, frame, width) else None


def _equally_long(text: str, separator: str, frame: Frame, width: int) -> bool:
    """Return whether each row has all its fields, if polars filled up any."""
    if frame[:, width - 1].null_count() == 0:
        return True
    return all(line.count(separator) == width - 1 for line in text.split("\n"))


def _careful(path: Path, text: str, separator: str, header: list[str]) -> Frame:
    """Return all records, each of which must have a field per name."""
    polars = needs_polars("Reading a table")
    records = _records(path, text, separator)
    next(records)
    names = [str(i) for i in range(len(header))]
    schema = dict.fromkeys(names, polars.String)
    frames = []
    chunk: list[list[str]] = []
    for row, record in enumerate(records, 1):
        if len(record) != len(header):
            raise InputError(
                f"Row {row} of {path} has {_fields(len(record))}, but its header has {_fields(len(header))} "
                f"({', '.join(header[:4])}{', ...' if len(header) > 4 else ''}): a {_NAMES[separator]} inside of a "
                "field needs quotes around it."
            )
        chunk.append(record)
        if len(chunk) == _CHUNK:
            frames.append(polars.DataFrame(chunk, schema=schema, orient="row"))
            chunk = []
    frames.append(polars.DataFrame(chunk, schema=schema, orient="row"))
    return polars.concat(frames).with_columns(polars.all().replace("", None))


_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


def _fields(n: int) -> str:
    return "1 field" if n == 1 else f"{n} fields"


def _records(path: Path, text: str, separator: str) -> Iterator[list[str]]:
    """Yield the records; lines without anything are passed over, unless there is one column only."""
    reader = csv.reader(io.StringIO(text), delimiter=separator, strict=True)
    row, start, width = 0, 1, 0
    while True:
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            where = f"row {row}" if row else "the header"
            raise InputError(
                f"{path} has wrong quotes in {where}, which begins in line {start}: {error}. A quote inside of a "
                'quoted field is written twice ("").'
            ) from None
        start = reader.line_num + 1
        if record or (width == 1 and row):
            width = width or len(record)
            yield record or [""]
            row += 1
