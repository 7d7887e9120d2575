"""A program that stops by itself is told with the line, if nothing but the learner's own code can be the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainrule.checker.running.sandbox import check_file

LOOP = """
import numpy as np
np.random.seed(0)
X = np.random.randn(20, 3)
Y = X[:, :1] * 1.0
W = np.random.randn(3, 1)
b = np.zeros(1)
for epoch in range(50):
    A = X @ W + b
    dZ = 2 * (A - Y) / len(X)
    dW = X.T @ dZ
    db = dZ.sum(axis=0)
    W -= 0.1 * dW
    b -= 0.1 * db
"""
CLASS = """
import numpy as np

class Net:
    def __init__(self, X, Y):
        self.X, self.Y = X, Y
        self.W, self.b = np.ones((3, 4)), np.zeros((1, 4))
        self.V = np.ones((4, 1))

    def forward(self):
        self.H = np.tanh(self.X @ self.W + self.b)
        self.out = self.H @ self.V

    def backward(self):
        delta = 2 * (self.out - self.Y) / len(self.X)
        self.V -= 0.1 * self.H.T @ delta
        hidden = delta @ self.V.T * (1 - self.H**2)
        self.W -= 0.1 * self.X.T @ hidden
        self.b -= 0.1 * hidden.sum(axis=0, keepdims=True)

net = Net(np.random.randn(9, 3), np.ones((9, 1)))
for _ in range(20):
    net.forward()
    net.backward()
"""
WRONG = {
    "a sum over the wrong axis": (LOOP, "axis=0", "axis=1", "for epoch", "b -= 0.1", "ValueError"),
    "no transpose": (LOOP, "X.T @ dZ", "X @ dZ", "for epoch", "dW = X @", "ValueError"),
    "weights of another shape": (LOOP, "randn(3, 1)", "randn(4, 1)", "for epoch", "A = X", "ValueError"),
    "a method of one class": (
        CLASS,
        "hidden.sum(axis=0",
        "hidden.sum(axis=1",
        "Net.backward",
        "self.b -=",
        "ValueError",
    ),
    "what was not computed yet": (
        CLASS,
        "delta @ self.V.T",
        "hidden @ self.V.T",
        "Net.backward",
        "hidden @",
        "Unbound",
    ),
    "a key that there is not": (LOOP, "+ b\n", "+ {'b': b}['B']\n", "for epoch", "['B']", "KeyError"),
}


def stops(code: str, folder: Path) -> list[tuple[str, int | None, str]]:
    path = folder / "mine.py"
    path.write_text(code, "utf-8")
    findings = check_file(path, seconds=60.0).findings
    return [(f.function, f.line, f.facts["kind"]) for f in findings if f.mistake == "program-stops"]


@pytest.mark.parametrize("kind", WRONG)
def test_what_stops_a_program_is_told_with_its_line(kind: str, tmp_path: Path) -> None:
    right, old, new, function, text, exception = WRONG[kind]
    code = right.replace(old, new)
    (line,) = [number for number, code_line in enumerate(code.splitlines(), 1) if text in code_line]
    ((told, at, raised),) = stops(code, tmp_path)
    assert (told, at, raised[: len(exception)]) == (function, line, exception)


NOT_ITS_OWN = {
    "it goes on": LOOP,
    "a method that is right": CLASS,
    "data that is not here": LOOP.replace("np.random.randn(20, 3)", "np.load('x.npy')"),
    "a package that is not here": LOOP.replace("axis=0", "axis=frames.axis(b)").replace(
        "import", "import frames\nimport", 1
    ),
    "a name of notebooks": LOOP.replace("    W -=", "    display(dW)\n    W -="),
    "a name of another cell": LOOP.replace("    W -=", "    later\n    W -=") + "later = 1\n",
    "an argument that nobody gave": LOOP.replace("X = ", "import sys\nname = sys.argv[3]\nX = "),
    "a call that shows what does not work": LOOP + "def scale(x):\n    return -x / 2\nscale([1, 2])\n",
    "a call of a right function that shows it": LOOP
    + "def sigmoid(z):\n    return 1 / (1 + np.exp(-z))\nsigmoid([[1, 2], [3]])\n",
    "Python 2": LOOP.replace("range(50)", "xrange(50)"),
    "an exception that it raises": LOOP.replace("    W -=", "    raise RuntimeError\n    W -="),
    "what stands for plots": LOOP.replace("X = ", "import seaborn\na, b, c = seaborn.load()\nX = "),
}


@pytest.mark.parametrize("kind", NOT_ITS_OWN)
def test_what_may_have_another_reason_is_not_told(kind: str, tmp_path: Path) -> None:
    assert stops(NOT_ITS_OWN[kind], tmp_path) == []


def test_what_calls_a_right_function_wrongly_is_blamed(tmp_path: Path) -> None:
    code = LOOP.replace("    A = X @ W + b", "    A = sigmoid([X @ W, b])").replace(
        "W = np", "def sigmoid(z):\n    return 1 / (1 + np.exp(-z))\nW = np", 1
    )
    ((function, _, _),) = stops(code, tmp_path)
    assert function == "for epoch"
