"""Batch normalization in classes of any constructor: the forward pass is to blame where it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainrule.checker.running.sandbox import check_file

ROWS = """
import numpy as np

class BatchNorm1d:
    def __init__(self, features, rate=0.01):
        self.scale, self.shift, self.rate = np.ones((1, features)), np.zeros((1, features)), rate
    def forward(self, x):
        self.mean = x.mean(axis=0)
        self.centered = x - self.mean
        self.inverse = 1 / np.sqrt((self.centered**2).mean(axis=0) + 1e-6)
        self.normal = self.centered * self.inverse
        return self.scale * self.normal + self.shift
    def backward(self, dy):
        d = dy * self.scale
        along = (d * self.normal).mean(axis=0)
        self.scale = self.scale - self.rate * (dy * self.normal).sum(axis=0)
        self.shift = self.shift - self.rate * dy.sum(axis=0)
        return (d - d.mean(axis=0) - self.normal * along) * self.inverse
"""
COLUMNS = ROWS.replace("axis=0)", "axis=1, keepdims=True)").replace("(1, features)", "(features, 1)")
PICTURES = ROWS.replace("axis=0)", "axis=(0, 2, 3), keepdims=True)").replace("(1, features)", "(1, features, 1, 1)")
WITH_STATISTICS = ROWS.replace("self.mean = x.mean(axis=0)", "self.mean = self.running_mean").replace(
    "= rate\n", "= rate; self.running_mean = np.zeros(features)\n"
)


def _outcome(code: str, folder: Path) -> list[tuple[str, str]]:
    """Return the errors of the forward pass and of the backward pass."""
    (folder / "net.py").write_text(code, "utf-8")
    return [(f.function, f.mistake) for f in check_file(folder / "net.py").findings if f.severity == "error"]


@pytest.mark.parametrize("code", [ROWS, COLUMNS, WITH_STATISTICS, PICTURES, ROWS.replace("np.ones", "2 * np.ones")])
def test_what_normalizes_channels_somehow_is_not_accused(code: str, tmp_path: Path) -> None:
    assert [error for error in _outcome(code, tmp_path) if error[0].endswith("forward")] == []


@pytest.mark.parametrize(
    ("right", "wrong", "mistake"),
    [
        ("self.mean = x.mean(axis=0)", "self.mean = x.mean(axis=1, keepdims=True)", "wrong-numbers"),
        ("(self.centered**2).mean", "(self.centered).mean", "batchnorm.not-squared"),
        ("np.sqrt((self.centered**2).mean(axis=0) + 1e-6)", "np.sqrt(self.centered.mean(axis=0))", "wrong-numbers"),
        ("np.sqrt((self.centered**2).mean(axis=0) + 1e-6)", "np.var(x, axis=0)", "batchnorm.variance"),
    ],
)
def test_a_wrong_forward_pass_is_blamed(right: str, wrong: str, mistake: str, tmp_path: Path) -> None:
    assert right in ROWS
    assert _outcome(ROWS.replace(right, wrong), tmp_path) == [("BatchNorm1d.forward", mistake)]
