"""cs231n's functions: all right as written, and each change is found in the function that it is made in, and named."""

from __future__ import annotations

import pytest

from tests.checker.corpus import APART, Planted, text
from tests.checker.quality import checked

FILE = "cs231n.py"


def test_all_of_it_is_right() -> None:
    report = checked(text(FILE), FILE)
    assert report.findings == ()
    assert {each.function: each.status for each in report.checked if each.status != "ok"} == {}
    assert report.unmatched == () and len(report.checked) == 23


@pytest.mark.parametrize(
    "mistake", [m for m in APART if m.file == FILE], ids=lambda mistake: f"{mistake.function} {mistake.named}"
)
def test_a_change_is_found_where_it_is_and_named(mistake: Planted) -> None:
    report = checked(mistake.source, FILE)
    errors = [(finding.function, finding.mistake) for finding in report.findings if finding.severity == "error"]
    assert errors == [(mistake.function, mistake.named)]


def test_a_backward_without_its_forward_is_not_judged() -> None:
    source = text(FILE)
    alone = (
        "import numpy as np\n\n\n"
        + source[source.index("def batchnorm_backward") : source.index("def layernorm_forward")]
    )
    report = checked(alone, FILE)
    (left,) = report.checked
    assert (left.status, left.reason, left.facts) == ("unchecked", "needs-forward", {"role": "batchnorm_forward"})


def test_a_backward_that_fits_its_own_wrong_forward_is_not_accused() -> None:
    source = text(FILE).replace("np.tanh(x @ Wx", "sigmoid(x @ Wx").replace("(1 - next_h**2)", "next_h * (1 - next_h)")
    report = checked(source, FILE)
    assert {finding.function for finding in report.findings} == {"rnn_step_forward"}
    assert {each.function: each.status for each in report.checked}["rnn_step_backward"] == "ok"
