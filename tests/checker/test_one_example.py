"""Cross-entropies that take one example at a time, with the target before the prediction."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainrule.checker.running.sandbox import check_file

COLUMNS = """
import numpy as np

def cross_entropy(y, y_hat):
    y = y.reshape(y.shape[0], 1)
    y_hat = y_hat.reshape(y.shape[0], 1)
    return -np.sum(np.dot(y.T, np.log(y_hat + 1e-5)))
"""


@pytest.mark.parametrize(
    ("old", "new", "mistakes"),
    [
        ("1e-5", "1e-5", []),
        ("np.log(y_hat + 1e-5)", "y_hat + 1e-5", ["cost.no-logarithm"]),
        ("-np.sum", "np.sum", ["cost.no-minus"]),
    ],
)
def test_one_example_is_judged(old: str, new: str, mistakes: list[str], tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(COLUMNS.replace(old, new), "utf-8")
    report = check_file(tmp_path / "mine.py")
    assert [checked.status for checked in report.checked] == (["wrong"] if mistakes else ["ok"])
    assert [finding.mistake for finding in report.findings] == mistakes
