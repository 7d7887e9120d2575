"""A cost that is a table of all examples against all, where the program's own calls show it."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainrule.checker.running.sandbox import check_file

PROGRAM = """
import numpy as np

class Net:
    def __init__(self):
        self.W = np.full((1, 3), 0.1)
        self.b = np.zeros((1, 1))

    def forward(self, X):
        return 1 / (1 + np.exp(-(self.W @ X + self.b)))

    def get_cost_value(self, Y_hat, Y):
        m = Y.shape[1]
        cost = -1 / m * (np.dot(Y, np.log(Y_hat).T) + np.dot(1 - Y, np.log(1 - Y_hat).T))
        return np.squeeze(cost)

    def train(self, X, Y):
        costs = []
        for _ in range(20):
            A = self.forward(X)
            costs.append(self.get_cost_value(A, Y))
            dZ = A - Y
            self.W = self.W - 0.1 * dZ @ X.T / X.shape[1]
            self.b = self.b - 0.1 * np.mean(dZ)
        return costs

X = np.random.randn(3, 8)
Y = (X[:1] > 0).astype(float)
net = Net()
net.train(X, Y)
"""


@pytest.mark.parametrize(
    ("new", "mistakes"),
    [
        ("np.dot(Y, np.log(Y_hat).T)", []),
        ("Y * np.log(Y_hat).T", ["cost.returns-table"]),
    ],
)
def test_a_cost_of_all_against_all_is_seen(new: str, mistakes: list[str], tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(PROGRAM.replace("np.dot(Y, np.log(Y_hat).T)", new), "utf-8")
    report = check_file(tmp_path / "mine.py")
    assert [(finding.function, finding.mistake) for finding in report.findings] == [
        ("Net.get_cost_value", mistake) for mistake in mistakes
    ]
