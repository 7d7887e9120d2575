"""What the checker says of the course's functions besides the names of their mistakes."""

from __future__ import annotations

import ast

import pytest

from chainrule.checker import roles
from chainrule.checker.findings import Report
from chainrule.checker.learner import Learner
from tests.checker.corpus.planted import text


def report(old: str, new: str) -> Report:
    """The report on the course's functions with one place changed."""
    source = text("course.py")
    assert source.count(old) == 1
    tree = ast.parse(source.replace(old, new))
    namespace: dict[str, object] = {}
    exec(compile(tree, "<learner>", "exec"), namespace)
    return roles.check(Learner(namespace, tree), "course.py")


SIGMOID = "    dZ = dA * s * (1 - s)\n"


@pytest.mark.parametrize(
    ("new", "mistake"),
    [
        ("    global calls\n    calls = globals().get('calls', 0) + 1\n" + SIGMOID + "    dZ += calls > 6\n", ""),
        (SIGMOID + "    dZ = dZ * 1.37\n", "wrong-numbers"),
        (SIGMOID + "    while True:\n        pass\n", "raised"),
        (SIGMOID + "    return None\n", "missing-result"),
    ],
)
def test_what_fits_no_mistake_is_measured_and_not_guessed(new: str, mistake: str) -> None:
    (finding,) = report(SIGMOID, new).findings
    assert finding.function == "sigmoid_backward"
    assert finding.mistake == (mistake or "not-deterministic")
    if mistake == "wrong-numbers":
        assert finding.facts["pattern"] == "ratio 1.37"
    if mistake == "raised":
        assert finding.facts["kind"] == "TimeoutError"


def test_a_variable_of_a_cell_that_was_not_run_is_no_mistake() -> None:
    done = report(SIGMOID, "    dZ = dA * s * (1 - s) * factor\n")
    assert done.findings == ()
    (checked,) = (each for each in done.checked if each.function == "sigmoid_backward")
    assert (checked.status, checked.reason) == ("unchecked", "needs-file")


@pytest.mark.parametrize(("factor", "mistakes"), [("0.01", []), ("0.001", ["initialize.too-small"])])
def test_the_factor_that_the_course_asks_for_is_not_warned_of(factor: str, mistakes: list[str]) -> None:
    done = report("/ np.sqrt(layer_dims[l - 1])", f"* {factor}")
    assert [finding.mistake for finding in done.findings] == mistakes


def test_a_missing_cache_is_missed() -> None:
    last = '"sigmoid")\n    caches.append(cache)\n'
    (finding,) = report(last, '"sigmoid")\n').findings
    assert (finding.mistake, finding.facts) == ("network_forward.caches-missing", {"expected": "3", "got": "2"})


def test_two_mistakes_in_a_row_are_told_one_after_the_other() -> None:
    done = report("    dZ[Z <= 0] = 0\n", "    dZ[dA <= 0] = 0\n")
    assert [finding.function for finding in done.findings] == ["relu_backward"]
    reasons = {each.function: each.reason for each in done.checked if each.status == "unchecked"}
    assert reasons == {"L_layer_model": "needs-another"}
