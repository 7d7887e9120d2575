"""Reports for other programs: JSON, CSV and JUnit's XML."""

from __future__ import annotations

import csv as table
import io
import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from xml.etree import ElementTree

from chainrule.checker.findings import BUGS, CLEAN, Checked, Finding, Report
from chainrule.checker.telling.classroom import tally
from chainrule.checker.telling.terminal import labeled, measured, obstacle, outcome, title
from chainrule.checker.telling.texts import entries, hints

COLUMNS = (
    "file",
    "status",
    "function",
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
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def overall(reports: Sequence[Report]) -> int:
    """Return the exit status of all files: 1 if one has mistakes, else 2 if one could not be checked, else 0."""
    found = {report.exit_status for report in reports}
    return BUGS if BUGS in found else max(found, default=CLEAN)


def to_json(reports: Sequence[Report], lang: str, hint: int) -> dict[str, Any]:
    """Return all reports with their hints, and the mistakes of the class."""

    def told(finding: Finding) -> dict[str, Any]:
        return {"hints": hints(finding, lang, hint)}

    files = []
    for report in reports:
        data = report.as_dict() | {"status": outcome(report)}
        for written, finding in zip(data["findings"], report.findings, strict=True):
            written |= told(finding)
        problem = obstacle(report)
        data["problem"] = None if problem is None else asdict(problem) | {"hints": hints(problem, lang, 2)}
        files.append(data)
    mistakes = [
        {"mistake": row.example.mistake, "function": row.function, "files": list(row.files)} | told(row.example)
        for row in tally(reports)
    ]
    return {"exit_status": overall(reports), "files": files, "mistakes": mistakes}


def csv(reports: Sequence[Report], lang: str) -> str:
    """Return a row per finding, and one for each file that has none."""
    out = io.StringIO()
    writer = table.DictWriter(out, COLUMNS, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    for report in reports:
        problem = obstacle(report)
        for finding in report.findings or ([problem] if problem else [None]):
            row: dict[str, Any] = {"file": report.file, "status": outcome(report)}
            if finding is not None:
                entry = entries().get(finding.mistake)
                row |= finding.facts | {"catalog": entry.catalog if entry else ""}
                row |= {"function": finding.function, "line": finding.line, "severity": finding.severity}
                row |= {"mistake": finding.mistake, "what": hints(finding, lang, 1)[0]}
            writer.writerow({name: _cell(value) for name, value in row.items()})
    return out.getvalue()


def junit(reports: Sequence[Report], lang: str, hint: int) -> str:
    """Return XML as JUnit writes it: a suite per file, a case per function."""
    root = ElementTree.Element("testsuites", name="chainrule check")
    for report in reports:
        _suite(root, report, lang, hint)
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, 0)) for suite in root)))
    ElementTree.indent(root)
    # ASCII, with numbers for other characters: right in whatever encoding it is printed.
    written: bytes = ElementTree.tostring(root, "us-ascii", xml_declaration=True)
    return written.decode("ascii") + "\n"


def _suite(root: ElementTree.Element, report: Report, lang: str, hint: int) -> None:
    suite = ElementTree.SubElement(root, "testsuite", name=_xml(report.file), time=f"{report.seconds:.3f}")
    known = {checked.function for checked in report.checked}
    others = [Checked(f.function, f.function, f.line, "wrong") for f in report.findings if f.function not in known]
    for checked in dict.fromkeys([*report.checked, *others]):
        case = ElementTree.SubElement(suite, "testcase", classname=_xml(report.file), name=_xml(checked.function))
        for finding in report.findings:
            if finding.function == checked.function:
                _failure(case, finding, lang, hint)
        if checked.reason:
            ElementTree.SubElement(
                case, "skipped", message=_xml(hints(Finding(checked.reason, checked.function), lang, 1)[0])
            )
    problem = obstacle(report)
    if problem is not None:
        case = ElementTree.SubElement(suite, "testcase", classname=_xml(report.file), name="check")
        what, *where = hints(problem, lang, 2)
        ElementTree.SubElement(case, "error", type=problem.mistake, message=_xml(what)).text = _xml("\n".join(where))
    kinds = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    suite.set("tests", str(len(suite)))
    for name, tag in kinds.items():
        suite.set(name, str(sum(case.find(tag) is not None for case in suite)))


def _failure(case: ElementTree.Element, finding: Finding, lang: str, hint: int) -> None:
    what = hints(finding, lang, 1)[0]
    lines = [title(finding, lang), what, measured(finding, lang), *labeled(finding, lang, hint)]
    said = _xml("\n".join(filter(None, lines)))
    if finding.severity == "error":
        ElementTree.SubElement(case, "failure", type=finding.mistake, message=_xml(what)).text = said
    else:
        ElementTree.SubElement(case, "system-out").text = said


def _xml(text: str) -> str:
    """Return a text without the characters that no XML may hold, not even escaped."""
    return _NOT_IN_XML.sub("\ufffd", text)


def _cell(value: Any) -> Any:
    """Return a cell that a spreadsheet takes for a text, not for a formula, unless it is a number."""
    if not isinstance(value, str):
        return value
    value = value.encode("utf-8", "replace").decode()
    try:
        float(value)
    except ValueError:
        return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
    return value
