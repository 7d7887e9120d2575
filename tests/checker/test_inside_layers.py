"""Layers whose gradients are all wrong at once, and what is known of them from inside their forward pass."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from chainrule.checker.running.sandbox import check_file
from tests.checker.judging import judged

CELL = """
class Cell:
    def __init__(self, Wx, Wh, b):
        self.params, self.grads = [Wx, Wh, b], [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]
    def forward(self, x, h_prev):
        z = x @ self.params[0] + h_prev @ self.params[1] + self.params[2]
        self.kept = x, h_prev, np.tanh(z)
        return self.kept[2]
    def backward(self, dh):
        x, h_prev, h = self.kept
        dz = dh * (1 - h ** 2)
        for grad, value in zip(self.grads, (x.T @ dz, h_prev.T @ dz, dz.sum(axis=0))):
            grad[...] = value
        return dz @ self.params[0].T, dz @ self.params[1].T
class Sequence:
    def __init__(self, Wx, Wh, b):
        self.params, self.grads = [Wx, Wh, b], [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]
    def forward(self, xs):
        self.cells, h, hs = [], np.zeros((len(xs), self.params[1].shape[0])), []
        for t in range(xs.shape[1]):
            self.cells.append(Cell(*self.params))
            h = self.cells[-1].forward(xs[:, t], h)
            hs.append(h)
        return np.stack(hs, axis=1)
    def backward(self, dhs):
        dxs, dh, total = [], 0, [0, 0, 0]
        for t in reversed(range(dhs.shape[1])):
            dx, dh = self.cells[t].backward(dhs[:, t] + dh)
            dxs.insert(0, dx)
            for i, grad in enumerate(self.cells[t].grads):
                total[i] = total[i] + grad
        for i, grad in enumerate(total):
            self.grads[i][...] = grad
        return np.stack(dxs, axis=1)
"""
GATED = """
def sigmoid(z):
    return 1 / (1 + np.exp(-z))
class Gated:
    def __init__(self, Wx, Wh, b):
        self.Wx, self.Wh, self.b = Wx, Wh, b
    def forward(self, x, h_prev, c_prev):
        Z = x @ self.Wx + h_prev @ self.Wh + self.b
        f, i, o = (sigmoid(part) for part in np.split(Z, 3, axis=1))
        c_next = f * c_prev + i
        self.kept = x, h_prev, c_prev, f, i, o, c_next
        return o * np.tanh(c_next), c_next
    def backward(self, dc, dh):
        x, h_prev, c_prev, f, i, o, c_next = self.kept
        dC = dc + dh * o * (1 - np.tanh(c_next) ** 2)
        dZ = np.hstack([dC * c_prev * f * (1 - f), dC * i * (1 - i), dh * np.tanh(c_next) * o * (1 - o)])
        self.dWx, self.dWh, self.db = x.T @ dZ, h_prev.T @ dZ, dZ.sum(axis=0)
        return dZ @ self.Wx.T, dZ @ self.Wh.T, dC * f
"""
ACTIVATED = """
def layer_forward(X, W, b):
    Z = X @ W + b
    return np.maximum(Z, 0), (X, W, b)
def layer_backward(dZ, cache):
    X, W, b = cache
    dW = X.T @ dZ
    db = dZ.sum(axis=0)
    return (dZ @ W.T) * (X > 0), dW, db
"""
# Right for one example, as a row: the sum of a softmax goes over everything that there is.
ONE_EXAMPLE = """
class Output:
    def __init__(self, n_in, n_out):
        self.W, self.b = np.random.randn(n_in, n_out), np.random.randn(n_out)
    def forward(self, x):
        self.x = x
        scores = x @ self.W + self.b
        self.p = np.exp(scores) / np.exp(scores).sum()
        return self.p
    def backward(self, dp):
        d = self.p * (dp - (dp * self.p).sum(axis=1, keepdims=True))
        self.dW, self.db = self.x.T @ d, d.sum(axis=0)
        return d @ self.W.T
"""


@pytest.mark.parametrize(
    ("code", "functions"),
    [(CELL, {"Cell.backward", "Sequence.backward"}), (GATED, {"Gated.backward"})],
)
def test_right_code_is_right(code: str, functions: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    right, findings = judged(code, monkeypatch)
    assert not findings
    assert functions <= right


@pytest.mark.parametrize(
    ("code", "right", "wrong", "function", "gradient"),
    [
        (CELL, "(1 - h ** 2)", "(1 - h)", "Cell.backward", "dz"),
        (CELL, "(1 - h ** 2)", "(1 + h ** 2)", "Cell.backward", "dz"),
        (GATED, "np.tanh(c_next) ** 2)", "np.tanh(c_next))", "Gated.backward", "dZ"),
        (ONE_EXAMPLE, "(dp * self.p).sum(axis=1, keepdims=True)", "dp * self.p", "Output.backward", "d"),
    ],
)
def test_the_gradient_that_all_wrong_ones_follow_from_is_told(
    code: str, right: str, wrong: str, function: str, gradient: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert right in code
    _, findings = judged(code.replace(right, wrong), monkeypatch)
    told = [(f.function, f.facts["pattern"], f.facts["upstream"]) for f in findings if f.function == function]
    assert told == [(function, "own-upstream", gradient)]


@pytest.mark.parametrize(
    "code",
    [
        ACTIVATED,
        ONE_EXAMPLE,
        CELL.replace(" * (1 - h ** 2)", ""),  # it may take the gradient of z
        CELL.replace("(1 - h ** 2)", "(1 - h)").replace("(x.T @ dz", "((x + 1).T @ dz"),  # nothing that all follow from
    ],
)
def test_what_may_be_meant_is_not_accused(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right, findings = judged(code, monkeypatch)
    assert not findings
    assert not any(function.endswith("backward") for function in right)


def test_one_gradient_that_is_wrong_for_something_inside_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    _, findings = judged(ACTIVATED.replace("dZ.sum(axis=0)", "dZ.mean(axis=0)"), monkeypatch)
    (finding,) = findings
    assert (finding.mistake, finding.function) == ("own-gradient-inside", "layer_backward")
    assert (finding.facts["name"], finding.facts["inside"]) == ("b", "Z")


def test_a_sum_over_parts_is_looked_for_in_the_layer_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    _, findings = judged(CELL.replace("total[i] + grad", "grad"), monkeypatch)
    assert [(finding.function, finding.facts["name"]) for finding in findings] == [("Sequence.backward", "Wx")]


LIBRARY = """
import numpy as np
class Layer:
    def keep(self, x):
        self.__kept = x
    def kept(self):
        return self.__kept
class Squash:
    def __call__(self, z):
        return 1 / (1 + np.exp(-z))
"""
BORROWING = """
import numpy as np
from library import Layer, Squash
class Dense(Layer):
    def __init__(self, n_in, n_out):
        self.W, self.b, self.squash = np.random.randn(n_in, n_out), np.random.randn(n_out), Squash()
    def forward(self, x):
        self.keep(x)
        self.x, self.y = x, self.squash(x @ self.W + self.b)
        return self.y
    def backward(self, dy):
        dz = dy * self.y * (1 - self.y)
        self.dW, self.db = self.x.T @ dz, dz.mean(axis=0)
        return dz @ self.W.T
"""


@pytest.mark.parametrize(
    ("library", "expected"),
    [
        (LIBRARY, [("Dense.backward", "b")]),
        (LIBRARY.replace("-z", "-z * z"), []),  # so it may be wrong itself
    ],
)
def test_usual_functions_of_another_file_are_trusted(
    library: str, expected: list[tuple[str, str]], tmp_path: Path
) -> None:
    (tmp_path / "library.py").write_text(library, "utf-8")
    (tmp_path / "mine.py").write_text(textwrap.dedent(BORROWING), "utf-8")
    report = check_file(tmp_path / "mine.py")
    assert [(finding.function, finding.facts["name"]) for finding in report.findings] == expected
