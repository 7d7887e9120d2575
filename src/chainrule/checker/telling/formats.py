"""Reports for other programs: JSON, CSV and JUnit's XML."""

from __future__ import annotations

import csv as table
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any
from xml.etree import ElementTree

from chainrule.checker.findings import BUGS, CLEAN, Checked, Finding, Report
from chainrule.checker.telling.classroom import tally
from chainrule.checker.telling.grading import became, points
from chainrule.checker.telling.terminal import labeled, measured, obstacle, outcome, title
from chainrule.checker.telling.texts import advice, entries, hints, located, printable, reason

COLUMNS = (
    "file",
    "status",
    "function",
    "cell",
    "line",
    "severity",
    "mistake",
    "catalog",
    "what",
    "name",
    "index",
    "expected",
    "got",
)
# With these a spreadsheet begins a formula; those of full width are what Excel reads as the others.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?(e[+-]?\d+)?", re.ASCII)
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def overall(reports: Sequence[Report]) -> int:
    """Return the exit status of all files: 1 if one has mistakes, else 2 if one could not be checked, else 0."""
    found = {report.exit_status for report in reports}
    return BUGS if BUGS in found else max(found, default=CLEAN)


def to_json(
    reports: Sequence[Report], lang: str, hint: int, scheme: Mapping[str, float] | None = None
) -> dict[str, Any]:
    """Return all reports with their hints, and their points if there is a scheme; and the mistakes of the class."""

    def told(finding: Finding, level: int = hint) -> dict[str, Any]:
        return asdict(finding) | _located(finding) | {"hints": hints(finding, lang, level)}

    files = []
    for report in reports:
        problem = obstacle(report)
        data = report.as_dict() | {"status": outcome(report), "problem": problem and told(problem, 2)}
        data["checked"] = [
            asdict(checked) | _located(checked) | {"hints": _why_left(checked, lang)} for checked in report.checked
        ]
        data["findings"] = [told(finding) for finding in report.findings]
        files.append(data | ({"points": asdict(points(report, scheme))} if scheme else {}))
    mistakes = [
        {
            "mistake": row.example.mistake,
            "function": row.function,
            "severity": row.example.severity,
            "files": list(row.files),
            "hints": hints(row.example, lang, hint),
        }
        for row in tally(reports)
    ]
    return {"exit_status": overall(reports), "files": files, "mistakes": mistakes}


def _why_left(checked: Checked, lang: str) -> list[str]:
    """Return why a function was not judged, and what can be done; [] if it was."""
    return [said for said in (reason(checked, lang), advice(checked, lang)) if said]


def _located(found: Finding | Checked) -> dict[str, int | None]:
    """Return where it is: a line, in a notebook that of the cell."""
    return dict(zip(("cell", "line"), located(found), strict=True))


def csv(reports: Sequence[Report], lang: str) -> str:
    """Return a row per finding, and one for each file that has none."""
    rows = []
    for report in reports:
        problem = obstacle(report)
        for finding in report.findings or ([problem] if problem else [None]):
            row: dict[str, Any] = {"file": report.file, "status": outcome(report)}
            if finding is not None:
                entry = entries().get(finding.mistake)
                row |= finding.facts | {"catalog": entry.catalog if entry else ""}
                row |= _located(finding) | {"function": finding.function, "severity": finding.severity}
                row |= {"mistake": finding.mistake, "what": hints(finding, lang, 1)[0]}
            rows.append(row)
    return _written(COLUMNS, rows)


def gradebook(reports: Sequence[Report], scheme: Mapping[str, float]) -> str:
    """Return a row per file: what became of each function that counts, and the points."""
    before, after = ("file", "status"), ("earned", "possible", "by_hand")
    columns = {name: f"{name}()" if name in (*before, *after) else name for name in scheme}
    rows: list[dict[str, Any]] = []
    for report in reports:
        row = {column: became(report, name) or "missing" for name, column in columns.items()}
        rows.append({"file": report.file, "status": outcome(report)} | row | asdict(points(report, scheme)))
    return _written([*before, *columns.values(), *after], rows)


def junit(reports: Sequence[Report], lang: str, hint: int, scheme: Mapping[str, float] | None = None) -> str:
    """Return XML as JUnit writes it: a suite per file with its points, if there is a scheme; a case per function."""
    root = ElementTree.Element("testsuites", name="chainrule check")
    for report in reports:
        suite = _suite(root, report, lang, hint)
        if scheme:
            suite.insert(0, _properties(asdict(points(report, scheme))))
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, 0)) for suite in root)))
    ElementTree.indent(root)
    # ASCII, with numbers for other characters: right in whatever encoding it is printed.
    written: bytes = ElementTree.tostring(root, "us-ascii", xml_declaration=True)
    return written.decode("ascii") + "\n"


def _properties(numbers: Mapping[str, float]) -> ElementTree.Element:
    properties = ElementTree.Element("properties")
    for name, number in numbers.items():
        ElementTree.SubElement(properties, "property", name=name, value=f"{number:g}")
    return properties


def _suite(root: ElementTree.Element, report: Report, lang: str, hint: int) -> ElementTree.Element:
    suite = ElementTree.SubElement(root, "testsuite", name=_xml(report.file), time=f"{report.seconds:.3f}")
    known = {checked.function for checked in report.checked}
    others = [Checked(f.function, f.function, f.line, "wrong") for f in report.findings if f.function not in known]
    for checked in dict.fromkeys([*report.checked, *others]):
        case = ElementTree.SubElement(suite, "testcase", classname=_xml(report.file), name=_xml(checked.function))
        for finding in report.findings:
            if finding.function == checked.function:
                _failure(case, finding, lang, hint)
        if left := reason(checked, lang):
            ElementTree.SubElement(case, "skipped", message=_xml(left)).text = _xml(advice(checked, lang))
    problem = obstacle(report)
    if problem is not None:
        case = ElementTree.SubElement(suite, "testcase", classname=_xml(report.file), name="check")
        what, *where = hints(problem, lang, 2)
        ElementTree.SubElement(case, "error", type=_xml(problem.mistake), message=_xml(what)).text = _xml(
            "\n".join(where)
        )
    kinds = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    suite.set("tests", str(len(suite)))
    for name, tag in kinds.items():
        suite.set(name, str(sum(case.find(tag) is not None for case in suite)))
    return suite


def _failure(case: ElementTree.Element, finding: Finding, lang: str, hint: int) -> None:
    what = hints(finding, lang, 1)[0]
    lines = [title(finding, lang), what, measured(finding, lang), *labeled(finding, lang, hint)]
    said = _xml("\n".join(filter(None, lines)))
    if finding.severity == "error":
        ElementTree.SubElement(case, "failure", type=_xml(finding.mistake), message=_xml(what)).text = said
    else:
        ElementTree.SubElement(case, "system-out").text = said


def _xml(text: str) -> str:
    """Return a text without the characters that no XML may hold, not even escaped."""
    return _NOT_IN_XML.sub("\ufffd", text)


def _written(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Return CSV with the mark by which Excel knows UTF-8."""
    out = io.StringIO()
    writer = table.DictWriter(out, columns, lineterminator="\n", extrasaction="ignore")
    writer.writerow({name: _cell(name) for name in columns})
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return "\ufeff" + out.getvalue()


def _cell(value: Any) -> Any:
    """Return a cell that a spreadsheet takes for a number or a text, not for a formula."""
    if isinstance(value, float):
        return f"{value:g}"
    if not isinstance(value, str):
        return value
    text = printable(value)
    return f"'{text}" if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text
