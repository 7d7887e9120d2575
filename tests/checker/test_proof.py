"""What is an accusation, what is not judged, what is not started: one small file for each kind.

Each file of `cases/` says in its docstring what becomes of its functions: the status, and the reason or the mistake.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from chainrule.checker import roles
from chainrule.checker.findings import Report
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Probe
from chainrule.checker.roles import elementwise
from chainrule.checker.sandbox import check_file

CASES = sorted((Path(__file__).parent / "cases").rglob("*.py"))
STATUSES = ("ok", "wrong", "unchecked", "not-started")


def expected(path: Path) -> dict[str, str]:
    """What a file says about its functions: {"relu": "wrong relu.minimum"}."""
    lines = [line.partition(": ") for line in (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").split("\n")]
    return {name: said for name, _, said in lines if said.split(" ")[0] in STATUSES}


def became(report: Report) -> dict[str, str]:
    """What became of each function, in the same words."""
    found = {finding.function: finding.mistake for finding in report.findings}
    said = {each.function: each.reason if each.status == "unchecked" else "" for each in report.checked}
    return {
        each.function: f"{each.status} {said[each.function] or found.get(each.function, '')}".strip()
        for each in report.checked
    }


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name} {path.stem}")
def test_each_function_gets_the_verdict_that_is_proven(path: Path) -> None:
    report = check_file(path)
    assert report.problem is None
    wanted, found = expected(path), became(report)
    assert wanted
    assert {name: found.get(name) for name in wanted} == wanted
    accused = {finding.function for finding in report.findings if finding.severity == "error"}
    assert accused == {name for name, said in wanted.items() if said.startswith("wrong")}


def learner_of(source: str) -> Learner:
    tree = ast.parse(source)
    namespace: dict[str, object] = {}
    exec(compile(tree, "<learner>", "exec"), namespace)
    return Learner(namespace, tree, whole=tree)


def test_a_family_that_breaks_off_costs_no_other_its_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(learner: Learner) -> Iterator[Probe]:
        raise ZeroDivisionError("as if a table were empty")
        yield

    source = "import numpy as np\ndef relu(Z):\n    return np.maximum(0, Z)\ndef AND(x1, x2):\n    return x1 * x2\n"
    monkeypatch.setattr(elementwise, "probes", broken)
    report = roles.check(learner_of(source), "week4.py")
    assert {each.function: each.status for each in report.checked} == {"AND": "ok"}
    (finding,) = report.findings
    assert (finding.mistake, finding.severity) == ("broke-off", "warning")
    assert finding.facts["text"] == "elementwise: ZeroDivisionError"
