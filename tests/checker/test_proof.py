"""What is an accusation, what is not judged, what is not started: one small file for each kind.

Each file of `cases/` says in its docstring what becomes of its functions: the status, and the reason or the mistake.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from chainrule.checker import probe as probing
from chainrule.checker import roles
from chainrule.checker.findings import Checked, Finding, Report
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Probe
from chainrule.checker.roles.course import elementwise
from chainrule.checker.running.sandbox import check_file
from tests.checker.corpus import text
from tests.checker.quality import checked

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
    assert "broke-off" not in [finding.mistake for finding in report.findings]
    accused = {finding.function for finding in report.findings if finding.severity == "error"}
    assert accused == {name for name, said in wanted.items() if said.startswith("wrong")}


def test_an_abstract_class_is_no_class_of_its_own() -> None:
    report = check_file(Path(__file__).parent / "cases/status/other_classes.py")
    assert {each.function for each in report.checked} == {"Stack", "Scalar", "Blank"}
    assert report.unmatched == ()


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


def test_a_probe_that_breaks_off_costs_only_its_own_function(monkeypatch: pytest.MonkeyPatch) -> None:
    def examine(learner: Learner, probe: Probe, doubtful: set[str]) -> tuple[Checked, list[Finding]]:
        if probe.function == "sigmoid":
            raise ZeroDivisionError("as if an equation did")
        return probing.examine(learner, probe, doubtful)

    source = "import numpy as np\ndef sigmoid(z):\n    return z\ndef relu(Z):\n    return np.minimum(0, Z)\n"
    monkeypatch.setattr(roles, "examine", examine)
    report = roles.check(learner_of(source), "week4.py")
    assert {each.function: each.status for each in report.checked} == {"relu": "wrong"}
    assert [finding.mistake for finding in report.findings] == ["broke-off", "relu.minimum"]


def handed_out(file: str, blank: str, first: int) -> tuple[str, set[str]]:
    """A file of the corpus as a template whose first functions and methods are written, and the other functions."""
    tree = ast.parse(text(file))
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name != "__init__"]
    nodes = sorted(nodes, key=lambda node: node.lineno)[first:]
    for node in nodes:
        node.body = ast.parse(blank).body
    return ast.unparse(ast.fix_missing_locations(tree)), {node.name for node in nodes if node in tree.body}


@pytest.mark.parametrize("blank", ["pass", "raise NotImplementedError", "A = None\ncache = A\nreturn A, cache"])
@pytest.mark.parametrize("first", [0, 4, 9])
@pytest.mark.parametrize("file", ["course.py", "course_week2.py", "course_week3.py", "book.py", "rows.py"])
def test_a_template_is_not_started_in_any_stage_of_being_filled_in(file: str, blank: str, first: int) -> None:
    source, missing = handed_out(file, blank, first)
    report = checked(source, file)
    assert [finding for finding in report.findings if finding.severity == "error"] == []
    for each in report.checked:
        blanked = each.function.rpartition(".")[2] in missing and "." not in each.function
        assert each.status == "not-started" or not blanked, each
