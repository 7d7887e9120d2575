"""What a planted mistake is: one change to one file of right code."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

CORPUS = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Planted:
    """One mistake in one file.

    Parameters
    ----------
    style, file
        Course, book or rows, and the file that is changed.
    catalog
        Its row in the catalogue of learners' mistakes.
    function
        Who must be blamed; alternatives are separated by "|".
    old, new
        What is changed: where the old text occurs first in the function or class that is to blame, or else in the file.
    named
        The key that is its right name, in the texts; alternatives as above.
    """

    style: str
    file: str
    catalog: str
    function: str
    old: str
    new: str
    named: str

    @property
    def label(self) -> str:
        """What tells it from the others."""
        return f"{self.catalog} {self.file} {self.function}: {self.new.strip()}"

    @property
    def begin(self) -> int:
        """Where it is in the file."""
        code, name = text(self.file), re.escape(self.function.partition(".")[0])
        own = re.search(rf"^(?:def|class) {name}\b.*?(?=^\S|\Z)", code, re.MULTILINE | re.DOTALL)
        inside = own is not None and self.old in own[0]
        return code.index(self.old, own.start() if own and inside else 0)

    @property
    def source(self) -> str:
        """The file with the mistake in it."""
        code = text(self.file)
        return code[: self.begin] + self.new + code[self.begin + len(self.old) :]


def text(file: str) -> str:
    """Return what is in a file of the corpus."""
    return (CORPUS / file).read_text("utf-8")


def planted(style: str, file: str, *rows: tuple[str, str, str, str, str]) -> Iterable[Planted]:
    """Yield the mistakes of one file from (catalog, function, old, new, named)."""
    for catalog, function, old, new, named in rows:
        yield Planted(style, file, catalog, function, old, new, named)
