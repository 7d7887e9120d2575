"""A forward pass that returns lists of arrays of different shapes."""

from __future__ import annotations

from pathlib import Path

from chainrule.checker.running.sandbox import check_file

NET = """
import numpy as np

class Net:
    def __init__(self):
        self.weights = [np.random.randn(3, 4), np.random.randn(2, 3)]
    def forward(self, X):
        inputs, sums = [X], []
        for W in self.weights:
            sums.append(W @ inputs[-1])
            inputs.append(np.tanh(sums[-1]))
        return sums, inputs
    def backward(self, delta):
        return delta * 2

net = Net()
sums, inputs = net.forward(np.ones((4, 5)))
net.backward(inputs[-1] - 1)
"""


def test_lists_of_arrays_break_nothing_off(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(NET, "utf-8")
    report = check_file(tmp_path / "mine.py")
    assert not report.findings and (report.problem is None or report.problem.mistake != "crashed")
