"""Gradients that are made shorter, in the book's way and in others that come to the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainrule.checker.running.sandbox import check_file

IN_PLACE = """
import numpy as np

def clip_grads(grads, max_norm):
    total_norm = 0
    for grad in grads:
        total_norm += np.sum(grad ** 2)
    total_norm = np.sqrt(total_norm)
    rate = max_norm / (total_norm + 1e-6)
    if rate < 1:
        for grad in grads:
            grad *= rate
"""
RETURNED = """
import numpy as np

def clip_grads(grads, max_norm):
    norm = np.linalg.norm(np.concatenate([g.ravel() for g in grads]))
    return [g * min(1, max_norm / norm) for g in grads]
"""
WRONG = [
    (IN_PLACE, "np.sqrt(total_norm)", "total_norm", "clipping.no-root"),
    (IN_PLACE, "np.sum(grad ** 2)", "np.sum(grad)", "clipping.no-square"),
    (IN_PLACE, "total_norm += np", "total_norm = np", "clipping.last-only"),
    (IN_PLACE, "if rate < 1", "if rate", "clipping.always"),
    (
        RETURNED,
        RETURNED.partition("    norm")[2],
        " = 0\n    return [g * min(1, max_norm / np.linalg.norm(g)) for g in grads if norm == 0]\n",
        "clipping.each-by-itself",
    ),
]


def _said(code: str, folder: Path) -> list[str]:
    """What becomes of the function: its status, and what is wrong."""
    (folder / "mine.py").write_text(code, "utf-8")
    report = check_file(folder / "mine.py")
    return [checked.status for checked in report.checked] + [finding.mistake for finding in report.findings]


@pytest.mark.parametrize("code", [IN_PLACE, RETURNED, IN_PLACE.replace("1e-6", "1e-7")])
def test_right_ways_are_right(code: str, tmp_path: Path) -> None:
    assert _said(code, tmp_path) == ["ok"]


@pytest.mark.parametrize(("code", "right", "wrong", "key"), WRONG)
def test_a_wrong_way_is_named(code: str, right: str, wrong: str, key: str, tmp_path: Path) -> None:
    assert code.count(right) == 1
    assert _said(code.replace(right, wrong), tmp_path) == ["wrong", key]
