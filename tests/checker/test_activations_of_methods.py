"""Activations and slopes that are methods of a network are judged by themselves, before what calls them."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainrule.checker.running.sandbox import check_file

NET = """
import numpy as np

class Net:
    def __init__(self, X, Y):
        rng = np.random.RandomState(1)
        self.X, self.Y = X, Y
        self.W, self.V = rng.randn(3, 4), rng.randn(4, 1)

    def sigmoid(self, z):
        return 1 / (1 + np.exp(-z))

    def sigmoid_prime(self, a):
        return a * (1 - a)

    def train(self):
        for _ in range(20):
            hidden = self.sigmoid(self.X @ self.W)
            out = self.sigmoid(hidden @ self.V)
            self.loss = np.mean((self.Y - out) ** 2)
            delta = 2 * (out - self.Y) * self.sigmoid_prime(out) / len(self.X)
            first = delta @ self.V.T * self.sigmoid_prime(hidden)
            self.V -= 0.1 * hidden.T @ delta
            self.W -= 0.1 * self.X.T @ first

Net(np.random.randn(9, 3), np.ones((9, 1))).train()
"""
WRONG = {
    ("np.exp(-z)", "np.exp(z)"): ("Net.sigmoid", "sigmoid.sign"),
    ("a * (1 - a)", "a * (1 + a)"): ("Net.sigmoid_prime", "activation_backward"),
}


def told(code: str, folder: Path) -> list[tuple[str, str]]:
    path = folder / "mine.py"
    path.write_text(code, "utf-8")
    return [(finding.function, finding.mistake) for finding in check_file(path, seconds=60.0).findings]


@pytest.mark.parametrize("change", WRONG)
def test_a_wrong_one_is_blamed_and_nobody_else(change: tuple[str, str], tmp_path: Path) -> None:
    function, family = WRONG[change]
    ((blamed, mistake),) = told(NET.replace(*change), tmp_path)
    assert blamed == function and mistake.startswith(family)


def test_right_ones_are_not_accused(tmp_path: Path) -> None:
    assert told(NET, tmp_path) == []
