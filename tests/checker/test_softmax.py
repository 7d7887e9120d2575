"""Softmax with exponentials that are missing in one place."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainrule.checker.running.sandbox import check_file

WRONG = {
    "np.exp(x) / np.sum(x)": "softmax.not-normalized",
    "np.exp(x - np.max(x)) / np.sum(x - np.max(x), axis=0)": "softmax.not-normalized",
    "(x - np.max(x)) / np.sum(x - np.max(x), axis=0)": "softmax.no-exponential",
}


@pytest.mark.parametrize("returned", WRONG)
def test_a_missing_exponential_is_named(tmp_path: Path, returned: str) -> None:
    (tmp_path / "mine.py").write_text(f"import numpy as np\n\n\ndef softmax(x):\n    return {returned}\n", "utf-8")
    assert [finding.mistake for finding in check_file(tmp_path / "mine.py").findings] == [WRONG[returned]]
