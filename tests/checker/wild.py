"""How `chainrule check` does on code from the wild: how much of it is judged, who is accused, and how often wrongly.

Run it with `python -m tests.checker.wild LIST --folder FOLDER --tsv OUT`. The list has a heading, `## style`, for each
style and a line, `- owner/repo : path`, for each file. You fetch the files yourself, to FOLDER/owner+repo/path. OUT has
a row per accusation: write your verdict there, and why. With `--verified OUT` the next run takes the verdicts over,
says how many accusations are false, and leaves only new ones to be judged. The tables are those of docs/checker.md and
docs/checker.ko.md.
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
from typing import NamedTuple

from chainrule.checker.findings import NOT_CHECKED, Finding, Report
from chainrule.checker.running.sandbox import check_files
from chainrule.checker.running.source import read as read_source
from chainrule.checker.telling.terminal import measured
from chainrule.checker.telling.texts import hints
from tests.checker import computing

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
    """A line of the table: counts over the files of a style, the share of functions judged, and seconds a file.

    Parameters
    ----------
    style, files, unjudged
        Its name, how many files there are, and how many of them could not be checked.
    functions, judged, statuses, unknown
        How many functions are listed, which share of those that are started is judged, what became of them, and how
        many are not recognized.
    computing, judged_of_all, unjudged_networks
        How many functions, methods and loops are listed or compute something of a network, which share of those that
        are started is judged, and in how many files that have some none is.
    reasons
        Why functions are not judged: how often each key of the texts, the most common first.
    errors, verdicts, wronged, warnings
        How many accusations, how many have which verdict, how many files have a false one, and how many warnings.
    median, slowest, broken_off
        Seconds, and how many checks ended before the file was judged.
    """

    style: str
    files: int
    unjudged: int
    functions: int
    judged: float
    statuses: dict[str, int]
    unknown: int
    computing: int
    judged_of_all: float
    unjudged_networks: int
    reasons: dict[str, int]
    errors: int
    verdicts: dict[str, int]
    wronged: int
    warnings: int
    median: float
    slowest: float
    broken_off: int

    def shown(self) -> str:
        """Return the line in Markdown."""
        left = [self.statuses.get(status, 0) for status in ("unchecked", "not-started")]
        verdicts = [self.verdicts.get(verdict, 0) for verdict in ("true", "false", "harmless")]
        cells = [self.style, self.files, self.unjudged, self.functions, f"{self.judged:.0%}", *left, self.unknown]
        cells += [self.computing, f"{self.judged_of_all:.0%}", self.unjudged_networks]
        cells += [self.errors, " / ".join(map(str, verdicts)), self.wronged, self.broken_off, f"{self.median:.1f}"]
        return f"| {' | '.join(map(str, cells))} |"


HEADINGS = {
    "en": (
        *("style", "files", "could not be checked", "functions", "judged", "not judged", "not started"),
        *(
            "not recognized",
            "all that compute",
            "judged of all",
            "networks with nothing judged",
            "accusations",
            "true / false / harmless",
            "files with a false one",
            "broke off",
            "median s",
        ),
    ),
    "ko": (
        *("방식", "파일", "검사할 수 없음", "함수", "판정", "판단 보류", "미작성", "알 수 없음"),
        *("계산하는 코드 전체", "전체 중 판정", "아무것도 판정하지 못한 신경망 파일", "지적"),
        *("맞음 / 틀림 / 무해", "틀린 지적이 있는 파일", "중단", "시간 중앙값(초)"),
    ),
}
PAGES = {"en": "mistakes.md", "ko": "mistakes.ko.md"}


def markdown(rows: Sequence[Row], lang: str) -> str:
    """Return the table as it stands in the documentation, and below it why functions of each style are not judged."""
    lines = [f"| {' | '.join(HEADINGS[lang])} |", f"|{'---|' * len(HEADINGS[lang])}"]
    lines += [*(row.shown() for row in rows), ""]
    for row in rows:
        reasons = [f"[{key}]({PAGES[lang]}#{key}) {count}" for key, count in [*row.reasons.items()][:3]]
        lines += [f"- {row.style}: {', '.join(reasons)}"] if reasons else []
    return "\n".join(lines) + "\n"


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


class Judged(NamedTuple):
    """A file's style and report, and how much computes something in it that is not even listed there."""

    style: str
    report: Report
    left_out: int


def table(judged: Iterable[Judged], accused: Sequence[Accusation]) -> list[Row]:
    """Return the counts of each style, and of all of them."""
    of_style: dict[str, list[Judged]] = {}
    for file in judged:
        of_style.setdefault(file.style, []).append(file)
    everything = [file for each in of_style.values() for file in each]
    return [_row(style, each, accused) for style, each in [*of_style.items(), ("all", everything)]]


def _row(style: str, judged: Sequence[Judged], everybody: Sequence[Accusation]) -> Row:
    reports = [file.report for file in judged]
    functions = [checked for report in reports for checked in report.checked]
    statuses = Counter[str](checked.status for checked in functions)
    reasons = Counter(checked.reason for checked in functions if checked.status == "unchecked")
    severities = Counter(finding.severity for report in reports for finding in report.findings)
    files = {report.file for report in reports}
    accused = [each for each in everybody if each.file in files]
    seconds = [report.seconds for report in reports]
    settled, started = statuses["ok"] + statuses["wrong"], statuses.total() - statuses["not-started"]
    left_out = sum(file.left_out for file in judged)
    return Row(
        style=style,
        files=len(reports),
        unjudged=sum(report.exit_status == NOT_CHECKED for report in reports),
        functions=statuses.total(),
        judged=settled / max(started, 1),
        statuses=dict(statuses),
        unknown=sum(len(report.unmatched) for report in reports),
        computing=started + left_out,
        judged_of_all=settled / max(started + left_out, 1),
        unjudged_networks=sum(_is_unjudged_network(file) for file in judged),
        reasons=dict(reasons.most_common()),
        errors=severities["error"],
        verdicts=dict(Counter(each.verdict for each in accused)),
        wronged=len({each.file for each in accused if each.verdict == "false"}),
        warnings=severities["warning"],
        median=statistics.median(seconds),
        slowest=max(seconds),
        broken_off=sum(broke_off(report) for report in reports),
    )


def _is_unjudged_network(file: Judged) -> bool:
    started = len(file.report.checked) - file.report.count("not-started")
    return not file.report.count("ok", "wrong") and started + file.left_out > 0


def left_out(path: Path, report: Report) -> int:
    """Return how much of a file computes something of a network and is not listed in its report."""
    tree = read_source(path).tree
    return len(computing.left_out(report, computing.units(tree))) if tree else 0


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
    """Check the files and print the tables."""
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
    marked = read(arguments.verified) if arguments.verified else []
    accused = verified((accusation for report in reports for accusation in accusations(report)), marked)
    judged = (Judged(styles[r.file], r, left_out(arguments.folder / r.file, r)) for r in reports)
    rows = table(judged, accused)
    lines = [markdown(rows, lang) for lang in HEADINGS]
    lines += [f"not there: {file}" for file in styles if file not in files]
    lines += [f"broke off: {report.file}" for report in reports if broke_off(report)]
    lines += [
        f"median: {rows[-1].median:.2f} s a file; slowest: {rows[-1].slowest:.2f} s; {rows[-1].warnings} warnings"
    ]
    if arguments.verified:
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
