"""A class at once: which mistakes there are, and in how many files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rich.table import Table
from rich.text import Text

from chainrule.checker.findings import BUGS, CLEAN, NOT_CHECKED, Finding, Report
from chainrule.checker.telling.terminal import render
from chainrule.checker.telling.texts import hints, phrase


@dataclass(frozen=True)
class Row:
    """One mistake: an example of it, and the files it is in."""

    example: Finding
    files: tuple[str, ...]

    @property
    def function(self) -> str:
        """The function as most of those who made the mistake call it."""
        return self.example.function


def tally(reports: Sequence[Report]) -> list[Row]:
    """Return the mistakes of a class, the commonest first; one that a file has twice counts once."""
    found: dict[tuple[str, str, str], list[tuple[Finding, str]]] = {}
    for report in reports:
        roles = {checked.function: checked.role for checked in report.checked}
        for finding in report.findings:
            key = (finding.severity, finding.mistake, roles.get(finding.function, finding.function))
            found.setdefault(key, []).append((finding, report.file))
    rows = []
    for each in found.values():
        usual = Counter(finding.function for finding, _ in each).most_common(1)[0][0]
        files = tuple(dict.fromkeys(file for _, file in each))
        rows.append(Row(replace(each[0][0], function=usual), files))
    return sorted(rows, key=lambda row: (-len(row.files), row.function, row.example.mistake))


def counts(reports: Sequence[Report], lang: str) -> str:
    """Return how many files are right, wrong and unchecked, in a sentence.

    >>> counts([Report("week4.py")], "en")
    '1 file checked: 0 without a mistake, 0 with mistakes, 1 that could not be checked'
    """
    of = Counter(report.exit_status for report in reports)
    files = phrase("files", lang, count=len(reports))
    return phrase("class", lang, files=files, clean=of[CLEAN], bugs=of[BUGS], not_checked=of[NOT_CHECKED])


def share(row: Row, reports: Sequence[Report]) -> str:
    """Return in how many of 100 files a mistake is."""
    return f"{len(row.files) / len(reports):.0%}"


def table(reports: Sequence[Report], lang: str = "en", *, color: bool = False, width: int = 100) -> str:
    """Return the table of a class as a terminal shows it."""
    rows = tally(reports)
    if not rows:
        return counts(reports, lang)
    drawn = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name, justify in (("files", "right"), ("share", "right"), ("function", "left"), ("mistake", "left")):
        drawn.add_column(phrase(f"column-{name}", lang), justify=justify)  # type: ignore[arg-type]
    for row in rows:
        said = Text(hints(row.example, lang, 1)[0])
        drawn.add_row(str(len(row.files)), share(row, reports), Text(row.function, "bold"), said)
    heading = Text(phrase("table", lang), "bold")
    return render([Text(counts(reports, lang)), "", heading, drawn], color, width)
