"""The lines of a learner's file that a finding is about."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from chainrule.checker.findings import Finding
from chainrule.checker.source import Source
from chainrule.checker.texts import located

LONGEST = 60  # lines of a function that are shown
_AROUND = 3  # lines before and after one that is in no function


@dataclass(frozen=True)
class Line:
    """A line of code with its number, in a notebook that in its cell; and whether the finding is there."""

    number: int
    text: str
    marked: bool


def excerpt(source: Source, finding: Finding) -> list[Line]:
    """Return the function that a finding is in, with its line marked; [] if that cannot be told."""
    cell, line = located(finding)
    if not source.text or line is None or (cell is not None and cell > len(source.cells)):
        return []
    start = 0 if cell is None else source.cells[cell - 1] - 1  # lines of the text before the cell
    lines = source.text.split("\n")
    first, last = _function(source.tree, start + line) or (start + line - _AROUND, start + line + _AROUND)
    if last - first >= LONGEST:
        first = max(first, start + line - LONGEST // 2)
        last = min(last, first + LONGEST - 1)
    shown = range(max(first, start + 1), min(last, len(lines)) + 1)
    return [Line(number - start, _shown(lines[number - 1]), number == start + line) for number in shown]


def _function(tree: ast.Module | None, line: int) -> tuple[int, int] | None:
    """Return the first and the last line of the outermost function that a line is in."""
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.lineno <= line <= (node.end_lineno or 0):
            return node.lineno, node.end_lineno or node.lineno
    return None


def _shown(text: str) -> str:
    """Return a line without what steers terminals and browsers, at most as long as a page shows."""
    return "".join(character for character in text.expandtabs(4) if character.isprintable())[:500]
