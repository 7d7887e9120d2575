"""Templates are not started, what needs them waits, and nothing is accused; `make check-quality` tries all stages."""

from __future__ import annotations

import ast

import pytest

from chainrule.checker.findings import Checked, Finding, Report
from chainrule.checker.unfinished import parsed, unfinished
from tests.checker.corpus import text
from tests.checker.quality import checked, without_mistake
from tests.checker.templates import TEMPLATES, blanks, functions, stage


@pytest.mark.parametrize(("file", "blank"), [(file, blank) for file in TEMPLATES for blank in blanks(file)])
def test_the_second_half_of_a_template_is_not_started(file: str, blank: str) -> None:
    names = list(functions(ast.parse(text(file))))
    half = stage(file, blank, frozenset(names[len(names) // 2 :]))
    assert half.wrong(checked(half.source, file), without_mistake(file)) == []


@pytest.mark.parametrize(
    ("file", "missing"),
    [
        ("course_week3.py", "sigmoid"),  # backward_propagation takes what forward_propagation left, which calls it
        ("right/course_recurrent.py", "softmax"),  # which no family judges there
        ("right/two_layer_book.py", "TwoLayerNet.loss"),  # gradients are compared with differences of it
    ],
)
@pytest.mark.parametrize("blank", ["pass", "raise"])
def test_what_needs_a_missing_function_waits(file: str, missing: str, blank: str) -> None:
    alone = stage(file, blank, frozenset({missing}))
    assert alone.wrong(checked(alone.source, file), without_mistake(file)) == []


def test_a_stage_says_what_has_to_become_of_each_function() -> None:
    without_linear = stage("course.py", "= None", frozenset({"linear_forward"}))
    assert {"linear_activation_forward", "linear_backward", "L_model_forward"} <= without_linear.waiting
    assert not without_linear.waiting & {"sigmoid", "relu_backward", "compute_cost", "update_parameters"}
    right = Report(
        "course.py", (Checked("sigmoid", "sigmoid", 1, "ok"), Checked("linear_forward", "linear_forward", 9, "ok"))
    )
    wrong = Report("course.py", right.checked[1:], (Finding("raised", "linear_forward"),))
    assert without_linear.wrong(wrong, right) == [
        "accused: linear_forward raised {}",
        "sigmoid is not there, not ok",
        "linear_forward is ok, not not-started not-started",
    ]


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("    # YOUR CODE STARTS HERE\n    # A =\n\n    # YOUR CODE ENDS HERE\n    return A", 2),
        (
            "    A = 2 * Z\n    # YOUR CODE STARTS HERE\n\n    # YOUR CODE ENDS HERE\n    return A",
            None,
        ),  # written above
        ("    m = 1\n    # A =\n    # YOUR CODE STARTS HERE\n\n    # YOUR CODE ENDS HERE\n    return A", 4),
        ("    ### START CODE HERE ### (1 line)\n    A = Z\n    ### END CODE HERE ###\n    return A", None),
        ("    # start of the code: a comment\n    return Z", None),
        ("# YOUR CODE STARTS HERE\n# YOUR CODE ENDS HERE\n    return Z", None),  # no code could stand there
        ("    A = 2 * Z\n    A = None\n    return A", 3),
        ("    A = 2 * Z\n    A = None\n    A = Z\n    return A", None),
        ("    A = None\n    if Z.ndim == 2:\n        A = Z\n    return A", None),
        ("    if Z.ndim == 2:\n        return Z\n    return None", 4),
        ("    m = Z.shape[1]\n    return None", 3),
        ("    m = Z.shape[1]\n    pass", 3),
        ("    Z -= 1\n    return None", None),
        ("    A = 2 * Z", None),  # the return is forgotten, which is a mistake
        ("    self.Z = None\n    return self.Z", 2),
        ("    self.Z = None", None),
    ],
)
def test_what_a_template_leaves_open(body: str, line: int | None) -> None:
    (function,) = parsed(f"def relu(Z):\n{body}\n").body
    assert isinstance(function, ast.FunctionDef)
    assert unfinished(function) == line


def test_a_template_of_an_unknown_function_is_not_started_and_an_empty_base_class_is_none() -> None:
    empty = "class Layer:\n    def forward(self, x):\n        raise NotImplementedError\n\n\n"
    source = empty + "class Mine(Layer):\n    def forward(self, x):\n        pass\n\n\ndef my_own(x):\n    pass\n"
    report = checked(source, "mine.py")
    became = {(done.function, done.status) for done in report.checked}
    assert became == {("my_own", "not-started"), ("Mine", "not-started")}
    assert report.unmatched == ()


def test_gradients_wait_for_a_loss_that_is_not_here() -> None:
    source = text("right/two_layer_book.py").replace("def cross_entropy_error", "def another")
    report = checked(source, "net.py")
    became = {each.function: (each.status, each.reason) for each in report.checked}
    assert became["TwoLayerNet.gradient"] == ("unchecked", "needs-another")
    assert not [finding for finding in report.findings if finding.mistake == "broke-off"]
