"""The lines of a learner's file that a finding is about."""

from __future__ import annotations

import ast
from dataclasses import replace

from chainrule.checker.findings import Finding, Line, Report
from chainrule.checker.running.source import Source

LONGEST = 60  # lines of a function that are shown
_AROUND = 3  # lines before and after one that is in no function


def with_code(report: Report, source: Source) -> Report:
    """Return a report whose findings have the code that they are about, numbered as in the file or the cell."""
    findings = tuple(replace(finding, code=excerpt(source, finding)) for finding in report.findings)
    problem = report.problem and replace(report.problem, code=excerpt(source, report.problem))
    return replace(report, findings=findings, problem=problem)


def excerpt(source: Source, finding: Finding) -> tuple[Line, ...]:
    """Return the function that the line of a finding is in; () if there is no such line."""
    line, lines = finding.line, source.text.split("\n")
    if line is None or not source.text or not 0 < line <= len(lines):
        return ()
    cell = source.cell(line)
    before = line - cell[1] if cell else 0  # lines of the text before the cell
    first, last = _function(source.tree, line) or (line - _AROUND, line + _AROUND)
    if last - first >= LONGEST:
        first = max(first, line - LONGEST // 2)
        last = min(last, first + LONGEST - 1)
    shown = range(max(first, before + 1), min(last, len(lines)) + 1)
    return tuple(Line(number - before, _shown(lines[number - 1])) for number in shown)


def _function(tree: ast.Module | None, line: int) -> tuple[int, int] | None:
    """Return the first and the last line of the outermost function that a line is in."""
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.lineno <= line <= (node.end_lineno or 0):
            return node.lineno, node.end_lineno or node.lineno
    return None


def _shown(text: str) -> str:
    """Return a line without what steers terminals and browsers, at most as long as a page shows."""
    return "".join(character for character in text.expandtabs(4) if character.isprintable())[:500]
