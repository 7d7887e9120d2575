"""A class at once: which mistakes there are, and in how many files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rich.table import Table
from rich.text import Text

from chainrule.checker.findings import BUGS, CLEAN, NOT_CHECKED, Checked, Finding, Report, Status
from chainrule.checker.telling.terminal import MARKS
from chainrule.checker.telling.texts import hints, phrase, plain
from chainrule.common.languages import language
from chainrule.common.rich_text import rich_text

_MEASURED = ("expected", "got", "index", "cell", "cell_line")  # what differs from file to file with one mistake


@dataclass(frozen=True)
class Row:
    """One mistake: an example of it, and the files it is in."""

    example: Finding
    files: tuple[str, ...]

    @property
    def function(self) -> str:
        """The function as most of those who made the mistake call it."""
        return self.example.function

    @property
    def is_warning(self) -> bool:
        """Whether it makes no file wrong."""
        return self.example.severity == "warning"

    def said(self, lang: str) -> str:
        """Return what the mistake is; a warning is marked."""
        what = hints(self.example, lang, 1)[0]
        return f"{MARKS['warning']} {phrase('warning', lang)}: {what}" if self.is_warning else what


def tally(reports: Sequence[Report]) -> list[Row]:
    """Return the mistakes of a class, the commonest first, then the warnings; one that a file has twice counts once.

    Findings are of one row if the same is said about functions of one role, whatever numbers were measured.
    """
    found: dict[tuple[str, str, str], list[tuple[Finding, str]]] = {}
    for report in reports:
        roles = {checked.function: checked.role for checked in report.checked}
        for finding in report.findings:
            role = roles.get(finding.function, finding.function)
            facts = {name: fact for name, fact in finding.facts.items() if name not in _MEASURED}
            key = (finding.severity, role, hints(replace(finding, function=role, facts=facts), "en", 1)[0])
            found.setdefault(key, []).append((finding, report.file))
    rows = []
    for each in found.values():
        usual = Counter(finding.function for finding, _ in each).most_common(1)[0][0]
        files = tuple(dict.fromkeys(file for _, file in each))
        rows.append(Row(replace(each[0][0], function=usual), files))
    return sorted(rows, key=lambda row: (row.is_warning, -len(row.files), row.function, row.example.mistake))


@dataclass(frozen=True)
class Grid:
    """What became of each function in each file.

    Parameters
    ----------
    functions
        As most call them; those of one role are one, unless a file has several of them.
    rows
        A dict by these names for each file.
    """

    functions: tuple[str, ...]
    rows: tuple[dict[str, Status], ...]


def grid(reports: Sequence[Report]) -> Grid:
    """Return what became of each function in each file."""
    shared = {role for report in reports for role, n in Counter(c.role for c in report.checked).items() if n > 1}

    def column(checked: Checked) -> tuple[str, str]:
        return checked.role, checked.function if checked.role in shared else ""

    called: dict[tuple[str, str], Counter[str]] = {}
    for report in reports:
        for checked in report.checked:
            called.setdefault(column(checked), Counter())[checked.function] += 1
    names: dict[tuple[str, str], str] = {}
    for key, counted in called.items():
        usual = counted.most_common(1)[0][0]
        names[key] = usual if usual not in names.values() else f"{usual} ({key[0]})"
    rows = [{names[column(checked)]: checked.status for checked in report.checked} for report in reports]
    return Grid(tuple(names.values()), tuple(rows))


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


def table(reports: Sequence[Report], lang: str | None = None, *, color: bool = False, width: int = 100) -> str:
    """Return the table of a class as a terminal shows it."""
    lang, rows = language(lang), tally(reports)
    if not rows:
        return counts(reports, lang)
    drawn = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name, justify in (("files", "right"), ("share", "right"), ("function", "left"), ("mistake", "left")):
        # fold: what rich shortens instead, it shortens wrongly where letters are two columns wide
        drawn.add_column(phrase(f"column-{name}", lang), justify=justify, overflow="fold")  # type: ignore[arg-type]
    for row in rows:
        drawn.add_row(str(len(row.files)), share(row, reports), Text(plain(row.function), "bold"), Text(row.said(lang)))
    heading = Text(phrase("table", lang), "bold")
    return rich_text([Text(counts(reports, lang)), "", heading, drawn], color=color, width=width)
