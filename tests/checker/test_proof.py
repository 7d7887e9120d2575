"""What is an accusation, what is not judged, what is not started: one small file for each kind.

Each file of `cases/` says in its docstring what becomes of its functions: the status, and the reason or the mistake.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule.checker import probe as probing
from chainrule.checker import roles
from chainrule.checker.findings import Checked, Finding
from chainrule.checker.learner import Learner, Raised
from chainrule.checker.probe import Probe
from chainrule.checker.roles.course import elementwise
from chainrule.checker.running.sandbox import check_file
from chainrule.checker.stops import stopped
from chainrule.checker.telling import stops
from tests.checker.verdicts import deviations

CASES = sorted((Path(__file__).parent / "cases").rglob("*.py"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name} {path.stem}")
def test_each_function_gets_the_verdict_that_is_proven(path: Path) -> None:
    assert deviations(path, check_file(path)) == []


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
    def examine(learner: Learner, probe: Probe, others: probing.Others) -> tuple[Checked, list[Finding]]:
        if probe.function == "sigmoid":
            raise ZeroDivisionError("as if an equation did")
        return probing.examine(learner, probe, others)

    source = "import numpy as np\ndef sigmoid(z):\n    return z\ndef relu(Z):\n    return np.minimum(0, Z)\n"
    monkeypatch.setattr(roles, "examine", examine)
    report = roles.check(learner_of(source), "week4.py")
    assert {each.function: each.status for each in report.checked} == {"relu": "wrong"}
    assert [finding.mistake for finding in report.findings] == ["broke-off", "relu.minimum"]


def test_differences_that_break_off_leave_what_the_equations_say(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    watcher: Any = object()
    monkeypatch.setattr(roles, "_watched", broken)
    report = roles.check(
        learner_of("import numpy as np\ndef relu(Z):\n    return np.minimum(0, Z)\n"), "mine.py", watcher
    )
    assert [finding.mistake for finding in report.findings] == ["broke-off", "relu.minimum"]


@pytest.mark.parametrize(
    ("line", "pattern"),
    [
        ("A, cache = np.maximum(0, Z)[:1], 1, 2", "unpacking"),
        ("A = None + Z", "is-none"),
        ("A = {'W1': Z}['W2']", "no-such-key"),
        ("A = [Z][1]", "no-such-index"),
        ("A = (lambda: Z)(Z)", "arguments"),
        ("A = Z.maximum(0)", "no-such-attribute"),
        ("A = relu(Z)", "recursion"),
        ("A = Z @ Z.T @ Z @ Z", "shapes"),
    ],
)
def test_what_stops_is_told_with_the_hint_that_fits(line: str, pattern: str) -> None:
    learner = learner_of(f"import numpy as np\ndef relu(Z):\n    {line}\n    return A\n")
    with pytest.raises(Raised) as caught:
        learner.call("relu", np.ones((2, 3)))
    finding = stopped(learner, "relu", caught.value)
    assert (finding.line, stops.pattern(finding.facts["kind"], finding.facts["text"])) == (3, pattern)


def test_what_stops_in_another_function_is_told_at_the_call() -> None:
    learner = learner_of("def helper(Z):\n    return Z[5]\ndef relu(Z):\n    A = Z\n    return helper(A)\n")
    with pytest.raises(Raised) as caught:
        learner.call("relu", np.ones(3))
    assert (caught.value.line, caught.value.calls) == (2, (5,))
    finding = stopped(learner, "relu", caught.value)
    assert (finding.line, finding.facts["name"], finding.facts["pattern"]) == (5, "helper", "stops-within")


def test_a_ratio_is_one_only_if_it_is_the_same_in_every_case() -> None:
    for m, told in (("3", "other"), ("Y.shape[1] / 5", "ratio 5")):
        code = f"    return -(Y * np.log(AL) + (1 - Y) * np.log(1 - AL)).sum() / ({m})\n"
        report = roles.check(learner_of(f"import numpy as np\ndef compute_cost(AL, Y):\n{code}"), "week4.py")
        assert [finding.facts["pattern"] for finding in report.findings] == [told]


def test_a_function_that_waits_names_the_one_that_is_wrong() -> None:
    source = (
        "def linear_forward(A, W, b):\n    return W @ A - b, (A, W, b)\n"
        "def linear_activation_forward(A_prev, W, b, activation):\n"
        "    Z, cache = linear_forward(A_prev, W, b)\n    return Z * 3 if activation else Z, cache\n"
    )
    (waiting,) = [each for each in roles.check(learner_of(source), "week4.py").checked if each.status == "unchecked"]
    assert (waiting.reason, waiting.facts) == ("needs-another", {"name": "linear_forward"})
