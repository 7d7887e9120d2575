"""How `chainrule check` does on code from the wild: how much of it is judged, who is accused, and how often wrongly.

Run it with `python -m tests.checker.wild LIST --folder FOLDER --tsv OUT`. The list has a heading, `## style`, for each
style and a line, `- owner/repo : path`, for each file. You fetch the files yourself, to FOLDER/owner+repo/path. OUT has
a row per accusation: write your verdict there, and why. With `--verified OUT` the next run takes the verdicts over,
says how many accusations are false, and leaves only new ones to be judged.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from chainrule.checker.findings import NOT_CHECKED, Finding, Report
from chainrule.checker.running.sandbox import check_files
from chainrule.checker.telling.terminal import measured
from chainrule.checker.telling.texts import hints

VERDICTS = {
    "true": "the function is wrong, and in what is said",
    "false": "the function is right, or wrong in something else",
    "unfinished": "the function is not written yet",
    "harmless": "what is said is so, but does no harm there",
}
BROKEN_OFF = ("crashed", "memory", "timeout")


@dataclass(frozen=True)
class Accusation:
    """An error that was reported, and what a person who read the code says of it ("" if nobody did)."""

    verdict: str
    why: str
    file: str
    line: str
    function: str
    key: str
    sentence: str

    @property
    def mark(self) -> tuple[str, ...]:
        """What a verdict is about; not the sentence, whose numbers and words may change."""
        return (*self.accused, self.key)

    @property
    def accused(self) -> tuple[str, ...]:
        """Who is accused, whatever of."""
        return (self.file, self.line, self.function)


@dataclass(frozen=True)
class Row:
    """A line of the table: counts over the files of a style, the share of functions judged, and seconds a file."""

    style: str
    files: int
    unjudged: int
    functions: int
    judged: float
    statuses: dict[str, int]
    errors: int
    warnings: int
    median: float
    slowest: float
    broken_off: int

    def shown(self) -> str:
        """Return the line as it is printed."""
        counts = f"{self.style:<37}{self.files:>6}{self.unjudged:>10}{self.functions:>11}{self.judged:>8.0%}"
        counts += f"{self.errors:>8}{self.warnings:>10}{self.median:>8.2f}{self.slowest:>9.2f}{self.broken_off:>11}  "
        return counts + ", ".join(f"{count} {status}" for status, count in sorted(self.statuses.items()))


HEADING = (
    f"{'style':<37}{'files':>6}{'unjudged':>10}{'functions':>11}{'judged':>8}"
    f"{'errors':>8}{'warnings':>10}{'median':>8}{'slowest':>9}{'broke off':>11}  functions by status"
)


def listed(text: str) -> dict[str, str]:
    """Return the files of a list, as `owner+repo/path`, each with its style."""
    files, style = {}, ""
    for line in text.splitlines():
        if line.startswith("## "):
            style = re.sub(r" \(\d+ files?\)$", "", line[3:].strip())
        elif entry := re.fullmatch(r"- ([^/\s]+)/(\S+) : (.+)", line.rstrip()):
            files[f"{entry[1]}+{entry[2]}/{entry[3]}"] = style
        elif line.startswith("- "):
            raise ValueError(f"write `- owner/repo : path`, not {line!r}")
    return files


def table(reports: Iterable[tuple[str, Report]]) -> list[Row]:
    """Return the counts of each style, and of all of them."""
    of_style: dict[str, list[Report]] = {}
    for style, report in reports:
        of_style.setdefault(style, []).append(report)
    everything = [report for each in of_style.values() for report in each]
    return [_row(style, each) for style, each in [*of_style.items(), ("all", everything)]]


def _row(style: str, reports: Sequence[Report]) -> Row:
    statuses = Counter[str](checked.status for report in reports for checked in report.checked)
    severities = Counter(finding.severity for report in reports for finding in report.findings)
    seconds = [report.seconds for report in reports]
    return Row(
        style=style,
        files=len(reports),
        unjudged=sum(report.exit_status == NOT_CHECKED for report in reports),
        functions=statuses.total(),
        judged=(statuses["ok"] + statuses["wrong"]) / max(statuses.total(), 1),
        statuses=dict(statuses),
        errors=severities["error"],
        warnings=severities["warning"],
        median=statistics.median(seconds),
        slowest=max(seconds),
        broken_off=sum(broke_off(report) for report in reports),
    )


def broke_off(report: Report) -> bool:
    """Return whether the check ended before the file was judged."""
    return report.problem is not None and report.problem.mistake in BROKEN_OFF


def accusations(report: Report) -> Iterator[Accusation]:
    """Yield the errors of a report, without a verdict."""
    for finding in report.findings:
        if finding.severity == "error":
            said = f"{hints(finding, 'en', 1)[0]} {measured(finding, 'en')}"
            sentence = " ".join(said.split())  # in one line and without tabs
            yield Accusation("", "", report.file, _line(finding), finding.function, finding.mistake, sentence)


def _line(finding: Finding) -> str:
    if "cell" in finding.facts:
        return f"cell {finding.facts['cell']}, line {finding.facts['cell_line']}"
    return str(finding.line or "")


def write(path: Path, accused: Iterable[Accusation]) -> None:
    """Write accusations as a table in which a person can mark them."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [column.name for column in fields(Accusation)], dialect="excel-tab")
        writer.writeheader()
        writer.writerows(asdict(each) for each in accused)


def read(path: Path) -> list[Accusation]:
    """Return the accusations of a table with what a person marked."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        marked = [Accusation(**row) for row in csv.DictReader(file, dialect="excel-tab")]
    for each in marked:
        if each.verdict not in ("", *VERDICTS):
            raise ValueError(f"{path}: {each.file} {each.function}: {each.verdict!r} is none of {', '.join(VERDICTS)}")
    return marked


def verified(accused: Iterable[Accusation], marked: Iterable[Accusation]) -> list[Accusation]:
    """Return accusations with the verdicts that the same ones were given before."""
    before = {each.mark: each for each in marked}
    return [replace(each, verdict=b.verdict, why=b.why) if (b := before.get(each.mark)) else each for each in accused]


def lost(accused: Iterable[Accusation], marked: Iterable[Accusation], files: Iterable[str]) -> list[Accusation]:
    """Return the true accusations of before whose functions nobody accuses any more."""
    now, checked = {each.accused for each in accused}, set(files)
    return [m for m in marked if m.verdict == "true" and m.accused not in now and m.file in checked]


def judgment(accused: Sequence[Accusation], files: int) -> str:
    """Return how many accusations of a number of files have which verdict, and in how many files one is false."""
    count = Counter(each.verdict or "not marked" for each in accused)
    wronged = len({each.file for each in accused if each.verdict == "false"})
    said = ", ".join(f"{count[verdict]} {verdict}" for verdict in (*VERDICTS, "not marked"))
    return (
        f"{len(accused)} accusations: {said}\n"
        f"false: {count['false'] / max(len(accused), 1):.1%} of the accusations, in {wronged / files:.1%} of the files"
    )


def main(words: Sequence[str] | None = None) -> None:
    """Check the files and print the table."""
    meanings = "\n".join(f"  {verdict:<12}{meaning}" for verdict, meaning in VERDICTS.items())
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog=f"verdicts:\n{meanings}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("list", type=Path, help="the list of files")
    parser.add_argument("--folder", type=Path, required=True, help="where you put them")
    parser.add_argument("--jobs", type=int, default=1, help="files at a time; with more, each takes longer than alone")
    parser.add_argument("--json", type=Path, help="write the table and all reports to this file")
    parser.add_argument("--tsv", type=Path, help="write the accusations to this file, for verdicts")
    parser.add_argument("--verified", type=Path, help="such a file of an earlier run, with your verdicts")
    arguments = parser.parse_args(words)
    styles = listed(arguments.list.read_text("utf-8"))
    files = [file for file in styles if (arguments.folder / file).is_file()]
    if not files:
        parser.error(f"none of the {len(styles)} files of the list is in {arguments.folder}")
    checked = check_files((arguments.folder / file for file in files), arguments.jobs)
    reports = [replace(report, file=file) for file, report in zip(files, checked, strict=True)]
    rows = table((styles[report.file], report) for report in reports)
    accused = [accusation for report in reports for accusation in accusations(report)]
    lines = [HEADING, *(row.shown() for row in rows)]
    lines += [f"not there: {file}" for file in styles if file not in files]
    lines += [f"broke off: {report.file}" for report in reports if broke_off(report)]
    if arguments.verified:
        marked = read(arguments.verified)
        accused = verified(accused, marked)
        lines += [judgment(accused, len(files))]
        lines += [f"true, but no longer found: {' '.join(each.mark)}" for each in lost(accused, marked, files)]
    print(*lines, sep="\n")
    if arguments.tsv:
        write(arguments.tsv, accused)
    if arguments.json:
        results = {"table": [asdict(row) for row in rows], "reports": [report.as_dict() for report in reports]}
        arguments.json.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
