"""Softmax and sigmoid with exponentials that are missing, softmax of vectors, and along the axis that is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainrule.checker.running.sandbox import check_file

WRONG = {
    "np.exp(x) / np.sum(x)": "softmax.not-normalized",
    "np.exp(x - np.max(x)) / np.sum(x - np.max(x), axis=0)": "softmax.not-normalized",
    "(x - np.max(x, axis=0)) / np.sum(np.exp(x - np.max(x, axis=0)), axis=0)": "softmax.no-exponential",
    "(x - np.max(x)) / np.sum(x - np.max(x), axis=0)": "softmax.no-exponential",
}


@pytest.mark.parametrize("returned", WRONG)
def test_a_missing_exponential_is_named(tmp_path: Path, returned: str) -> None:
    (tmp_path / "mine.py").write_text(f"import numpy as np\n\n\ndef softmax(x):\n    return {returned}\n", "utf-8")
    assert [finding.mistake for finding in check_file(tmp_path / "mine.py").findings] == [WRONG[returned]]


def test_a_sigmoid_without_its_exponential_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def sigmoid(z):\n    return 1 / (1 + -z)\n", "utf-8")
    assert [finding.mistake for finding in check_file(tmp_path / "mine.py").findings] == ["sigmoid.no-exponential"]


BY_AXES = """
import numpy as np

def softmax(x):
    if x.ndim == 2:
        e = np.exp(x - x.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)
    x = x - np.max(x)
    return np.exp(x) / np.sum(np.exp(x))
"""


def _softmax(code: str, folder: Path) -> list[str]:
    """What becomes of the function: its status, and what is wrong."""
    (folder / "mine.py").write_text(code, "utf-8")
    report = check_file(folder / "mine.py")
    return [checked.status for checked in report.checked] + [finding.mistake for finding in report.findings]


@pytest.mark.parametrize(
    ("old", "new"),
    [("x - np.max(x)", "x - np.max(x)"), ("if x.ndim == 2", "x = x if x.ndim == 2 else x.reshape(1, -1)\n    if True")],
)
def test_a_branch_for_vectors_may_be_right(old: str, new: str, tmp_path: Path) -> None:
    assert _softmax(BY_AXES.replace(old, new), tmp_path) == ["ok"]


def test_a_branch_for_vectors_may_be_wrong(tmp_path: Path) -> None:
    wrong = BY_AXES.replace("np.sum(np.exp(x))", "np.sum(x)")
    assert _softmax(wrong, tmp_path) == ["wrong", "softmax.not-normalized"]


def test_the_branch_for_batches_may_be_wrong(tmp_path: Path) -> None:
    wrong = BY_AXES.replace("e.sum(axis=1, keepdims=True)", "e.sum()")
    assert _softmax(wrong, tmp_path) == ["wrong", "softmax.over-all"]


@pytest.mark.parametrize(
    ("said", "axis", "became"),
    [
        ("each row", 1, ["ok"]),
        ("each row", 0, ["wrong", "softmax.wrong-axis"]),
        ("every column", 0, ["ok"]),
        ("every column", 1, ["wrong", "softmax.wrong-axis"]),
        ("the scores", 0, ["ok"]),
        ("the scores", 1, ["ok"]),
    ],
)
def test_what_the_function_says_of_its_examples_counts(said: str, axis: int, became: list[str], tmp_path: Path) -> None:
    code = f'''
import numpy as np

def softmax(x):
    """Return the softmax of {said} of x."""
    e = np.exp(x - np.max(x, axis={axis}, keepdims=True))
    return e / np.sum(e, axis={axis}, keepdims=True)
'''
    assert _softmax(code, tmp_path) == became


def test_scores_that_are_turned_before_are_no_mistake(tmp_path: Path) -> None:
    code = """
import numpy as np

def softmax(x):
    e = np.exp(x - np.max(x, axis=0))
    return e / np.sum(e, axis=0)

def predict(X, W):
    Z = X @ W
    return softmax(Z.T)
"""
    assert _softmax(code, tmp_path)[0] == "ok"
