"""Which encoding a text file has: Unicode, the Korean cp949 or the Western European cp1252."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from chainrule.common.errors import FileFormatError

_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_CHUNK = 1 << 20  # bytes that are decoded at a time
_HANGUL = range(0xAC00, 0xD7A4)


def encoding_of(path: Path, file: BinaryIO) -> str:
    """Return the encoding in which the whole of a file is text, and put the file back to its start.

    Raises
    ------
    FileFormatError
        If it is no text.
    """
    start = file.read(1000)
    mark = next((mark for mark in _BYTE_ORDER_MARKS if start.startswith(mark)), None)
    zeros = start.count(0)
    if mark is not None:
        names = [_BYTE_ORDER_MARKS[mark]]
    elif zeros > 0:
        # Every other byte of a text in UTF-16 is 0 where its letters are Latin, as a header's and digits are.
        even = start[::2].count(0)
        names = ["utf-16-be" if even > zeros - even else "utf-16-le"] if zeros > len(start) // 4 else []
    else:
        names = ["utf-8", *(["cp949"] if _is_korean(file) else []), "cp1252", "latin-1"]
    name = next((name for name in names if _is_text(file, name)), None)
    line = _line_of_zero(file) if name is None and mark is None and zeros <= len(start) // 4 else 0
    file.seek(0)
    if line:
        raise FileFormatError(
            "{path} has a byte of 0 in line {line}, which no text has: it is damaged there, or no table in text. "
            "Save it again as CSV with UTF-8, or give the file a name that ends in its kind, such as .parquet or "
            ".xlsx.",
            path=path,
            line=line,
        )
    if name is None:
        raise FileFormatError(
            "{path} is no table in text: it is neither UTF-8 nor UTF-16 nor cp949, or it is damaged. Save it as CSV "
            "with UTF-8, or give the file a name that ends in its kind, such as .parquet or .xlsx.",
            path=path,
        )
    return name


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(_CHUNK):
        yield chunk


def _is_text(file: BinaryIO, encoding: str) -> bool:
    """Return whether all of a file can be decoded, to characters that a text has."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        whole = all("\0" not in decoder.decode(chunk) for chunk in _chunks(file))
        return whole and "\0" not in decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False


def _line_of_zero(file: BinaryIO) -> int:
    """Return the line with the first byte of 0, or 0 if there is none."""
    line = 1
    for chunk in _chunks(file):
        before, zero, _ = chunk.partition(b"\0")
        line += before.count(b"\n")
        if zero:
            return line
    return 0


def _is_korean(file: BinaryIO) -> bool:
    """Return whether bytes above 127, where there are any, are mostly syllables of Hangul in cp949."""
    raw = next((chunk for chunk in _chunks(file) if not chunk.isascii()), b"")
    characters = [character for character in raw.decode("cp949", "replace") if ord(character) > 127]
    return sum(ord(character) in _HANGUL for character in characters) > len(characters) // 2
