"""Methods that take one step of training, in files where no loop calls them."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

from chainrule.checker.derivatives import single_steps
from chainrule.checker.findings import Report
from chainrule.checker.learner import Learner
from chainrule.checker.running.child import _namespace
from chainrule.checker.running.imports import Importer
from chainrule.checker.running.sandbox import check_file
from tests.checker.judging import Watcher

QUERIED = """
import numpy as np
class Guesser:
    def __init__(self, n_inputs, n_hidden, n_outputs, rate):
        self.rate = rate
        self.inner = np.random.normal(0, 0.5, (n_hidden, n_inputs))
        self.outer = np.random.normal(0, 0.5, (n_outputs, n_hidden))
        self.squash = lambda v: 1 / (1 + np.exp(-v))
    def train(self, inputs_list, targets_list):
        x, t = (np.array(values, ndmin=2).T for values in (inputs_list, targets_list))
        h = self.squash(self.inner @ x)
        y = self.squash(self.outer @ h)
        delta = (t - y) * y * (1 - y)
        hidden = self.outer.T @ delta * h * (1 - h)
        self.outer += self.rate * delta @ h.T
        self.inner += self.rate * hidden @ x.T
    def query(self, inputs_list):
        return self.squash(self.outer @ self.squash(self.inner @ np.array(inputs_list, ndmin=2).T))
"""
OF_ITS_OWN = """
import numpy as np
class Four:
    def __init__(self, x, y):
        self.x, self.y = x, y
        self.first, self.second = np.random.rand(self.x.shape[1], 4), np.random.rand(4, 1)
        self.output = np.zeros(self.y.shape)
    def feedforward(self):
        self.hidden = np.tanh(self.x @ self.first)
        self.output = np.tanh(self.hidden @ self.second)
    def backprop(self):
        d = 2 * (self.output - self.y) * (1 - self.output ** 2)
        toward = d @ self.second.T * (1 - self.hidden ** 2)
        self.second = self.second - 0.1 * self.hidden.T @ d
        self.first = self.first - 0.1 * self.x.T @ toward
"""
IN_PIECES = """
import numpy as np
class Pieces:
    def __init__(self, input_size, output_size):
        self.first = np.random.randn(input_size, 4) / 2
        self.weights, self.shift = np.random.randn(4, output_size), np.zeros(output_size)
    def guess(self, X):
        self.hidden = np.tanh(X @ self.first)
        return self.hidden @ self.weights + self.shift
    def slopes(self, X, y):
        error = (self.guess(X) - y) / len(X)
        self.toward = self.hidden.T @ error
        self.aside = error.sum(axis=0)
        self.below = X.T @ (error @ self.weights.T * (1 - self.hidden ** 2))
    def move(self):
        self.weights -= 0.1 * self.toward
        self.shift -= 0.1 * self.aside
        self.first -= 0.1 * self.below
    def learn(self, X, y):
        self.slopes(X, y)
        self.move()
"""
A_LAYER = """
import numpy as np
class Layer:
    def __init__(self, input_size, output_size):
        self.weights = np.random.randn(input_size, output_size)
    def forward(self, X):
        self.X = X
        return X @ self.weights
    def correct(self, grad):
        self.weights -= 0.5 * self.X.T @ grad
"""


def _checked(code: str, folder: Path) -> Report:
    (folder / "net.py").write_text(code, "utf-8")
    return check_file(folder / "net.py")


@pytest.mark.parametrize(
    ("code", "functions"),
    [
        (QUERIED, {"Guesser.train"}),
        (OF_ITS_OWN, {"Four.backprop", "Four.feedforward"}),
        (IN_PIECES, {"Pieces.learn", "Pieces.slopes", "Pieces.guess"}),
    ],
)
def test_a_right_step_is_right(code: str, functions: set[str], tmp_path: Path) -> None:
    report = _checked(code, tmp_path)
    assert not report.findings
    assert functions == {checked.function for checked in report.checked if checked.status == "ok"}


@pytest.mark.parametrize(
    ("code", "right", "wrong", "function", "name"),
    [
        (QUERIED, "delta * h * (1 - h)", "(t - y) * h * (1 - h)", "Guesser.train", "self.inner"),
        (QUERIED, "self.inner += self.rate", "self.inner -= self.rate", "Guesser.train", "self.inner"),
        (OF_ITS_OWN, "self.second.T * (1 - self.hidden ** 2)", "self.second.T", "Four.backprop", "self.first"),
        (IN_PIECES, "X.T @ (error", "X.T @ (2 * error", "Pieces.slopes", "self.first"),
        (IN_PIECES, "self.first -= 0.1", "self.first += 0.1", "Pieces.move", "self.first"),
    ],
)
def test_a_mistake_in_a_step_is_found(
    code: str, right: str, wrong: str, function: str, name: str, tmp_path: Path
) -> None:
    assert code.count(right) == 1
    (finding,) = _checked(code.replace(right, wrong), tmp_path).findings
    assert (finding.mistake, finding.function, finding.facts["name"]) == ("own-step", function, name)


def test_what_takes_no_labels_is_no_step(tmp_path: Path) -> None:
    assert not [checked for checked in _checked(A_LAYER, tmp_path).checked if checked.function == "Layer.correct"]


@pytest.mark.parametrize(
    ("method", "is_step"),
    [
        ("def learn(self, X, y):\n  self.W -= X.T @ (X @ self.W - y)", True),
        ("def learn(self, X, y):\n  for l in range(1): self.Ws[l] -= X.T @ (X @ self.Ws[l] - y)", True),
        ("def learn(self, X, y):\n  for epoch in range(9): self.W -= X.T @ (X @ self.W - y)", False),
        ("def learn(self, X, y):\n  while self.goes_on: self.W = self.W - X.T @ (X @ self.W - y)", False),
        ("def learn(self, X, y):\n  for x in X: self.once(x, y)\n def once(self, x, y): self.W -= x", False),
        ("def learn(self, X, y): self.all(X, y)\n def all(self, X, y):\n  for x in X: self.W -= x", False),
        ("def learn(self, X):\n  self.W -= X", False),
    ],
)
def test_what_takes_a_step_again_and_again_is_no_step(method: str, is_step: bool) -> None:
    code = f"import numpy as np\nclass Net:\n goes_on = W = 0.0\n {method}"
    names, tree = _namespace("<learner>", Importer()), ast.parse(code)
    exec(compile(tree, "<learner>", "exec"), names)
    learner = Learner(names, tree)
    calls = {"Net.learn": {"self": names["Net"](), "X": np.ones((3, 2)), "y": np.ones(3)}}
    seen = list(single_steps.loops(learner, Watcher(learner), calls, ()))
    assert [loop.name for loop in seen] == ["Net.learn"] * is_step
