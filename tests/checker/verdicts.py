"""What has to become of the functions of a small file, as the file itself says, and what the checker says instead."""

from __future__ import annotations

import ast
import io
import tokenize
from pathlib import Path

from chainrule.checker.findings import Report

STATUSES = ("ok", "wrong", "unchecked", "not-started")


def expected(path: Path) -> dict[str, str]:
    """Return what a file's docstring says about its functions: {"relu": "wrong relu.minimum"}."""
    lines = [line.partition(": ") for line in (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").split("\n")]
    return {name: said for name, _, said in lines if said.split(" ")[0] in STATUSES}


def became(report: Report) -> dict[str, str]:
    """Return what became of each function, in the same words."""
    findings = sorted(report.findings, key=lambda finding: finding.severity, reverse=True)  # of two, the error
    mistakes = {finding.function: finding.mistake for finding in findings}
    reasons = {each.function: each.reason if each.status == "unchecked" else "" for each in report.checked}
    return {
        each.function: f"{each.status} {reasons[each.function] or mistakes.get(each.function, '')}".strip()
        for each in report.checked
    }


def accused(report: Report) -> set[str]:
    """Return the functions in which errors are reported."""
    return {finding.function for finding in report.findings if finding.severity == "error"}


def deviations(path: Path, report: Report) -> list[str]:
    """Return what a report says otherwise than the docstring of a file of `cases/`."""
    wanted, found = expected(path), became(report)
    said = [f"{name} is {found.get(name, 'not there')}, not {want}" for name, want in wanted.items()]
    wrong = {name for name, want in wanted.items() if want.startswith("wrong")}
    return [
        *([] if wanted else ["its docstring says nothing"]),
        *([f"not checked: {report.problem.mistake}"] if report.problem else []),
        *(line for line, (name, want) in zip(said, wanted.items(), strict=True) if found.get(name) != want),
        *(f"accused: {name}" for name in sorted(accused(report) - wrong)),
    ]


def marked(path: Path) -> set[str]:
    """Return the functions of a file with a comment in them, which says what is wrong there; "" is outside of them."""
    text = path.read_text("utf-8")
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    lines = {token.start[0] for token in tokens if token.type == tokenize.COMMENT}
    functions = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            functions[node.name] = node
        elif isinstance(node, ast.ClassDef):
            functions |= {f"{node.name}.{part.name}": part for part in node.body if isinstance(part, ast.FunctionDef)}
    spans = {name: range(node.lineno, (node.end_lineno or node.lineno) + 1) for name, node in functions.items()}
    return {next((name for name, span in spans.items() if line in span), "") for line in lines}


def shared_deviations(path: Path, report: Report) -> list[str]:
    """Return what a report says otherwise than the folder of a file, right, wrong or status, and its comments.

    What is wrong may be not judged (see `is_found`), but it may not be right.
    """
    kind, status = path.parent.name, {each.function: each.status for each in report.checked}
    wrong = marked(path) if kind != "right" else set()
    said = [f"passes {name}" for name in sorted(wrong) if status.get(name) == "ok"]
    if kind != "wrong" or (wrong and "" not in wrong):
        said += [f"accuses {name}" for name in sorted(accused(report) - wrong)]
    if path.stem.startswith("none") and set(status.values()) != {"not-started"}:
        said.append("is not seen to be a template")
    return said


def is_found(path: Path, report: Report) -> bool:
    """Return whether errors are reported wherever a file of `wrong/` has them."""
    return bool(accused(report)) and marked(path) - {""} <= accused(report)
