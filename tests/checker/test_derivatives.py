"""Gradients against differences of the learner's own forward pass, without names of functions."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule.checker.derivatives import attempts, layers, steps
from chainrule.checker.derivatives.layers import Gradient
from chainrule.checker.running.child import _namespace
from chainrule.checker.running.imports import Importer
from chainrule.checker.watching.memento import Memento
from chainrule.checker.watching.paths import text
from chainrule.checker.watching.program import Program
from chainrule.checker.watching.rehearsal import Rehearsals

LOOP = """
import numpy as np
X = np.random.rand(10, 3); Y = np.random.rand(10, 1)
w1 = np.random.randn(3, 4); w2 = np.random.randn(4, 1); b2 = np.zeros(1)
for i in range(100):
    h = 1 / (1 + np.exp(-X @ w1))
    y = h @ w2 + b2
    d = 2 * (y - Y) / len(X)
    dw2 = h.T @ d
    db2 = d.sum(axis=0)
    dh = d @ w2.T * h * (1 - h)
    dw1 = X.T @ dh
    w1 -= 0.1 * dw1
    w2 -= 0.1 * dw2
    b2 -= 0.1 * db2
"""
IN_A_CLASS = """
import numpy as np
class Net:
    def __init__(self, inputs, hidden, outputs):
        self.layers = [{"W": np.random.randn(inputs, hidden)}, {"W": np.random.randn(hidden, outputs)}]
    def train(self, X, Y, rate):
        for epoch in range(1000):
            Z = X @ self.layers[0]["W"]
            A = np.tanh(Z)
            P = 1 / (1 + np.exp(-A @ self.layers[1]["W"]))
            cost = -np.mean(Y * np.log(P) + (1 - Y) * np.log(1 - P))
            if epoch % 100 == 0:
                print(cost)
            dZ2 = (P - Y) / len(X)
            dZ1 = dZ2 @ self.layers[1]["W"].T * (1 - A**2)
            self.layers[1]["W"] = self.layers[1]["W"] - rate * A.T @ dZ2
            self.layers[0]["W"] = self.layers[0]["W"] - rate * X.T @ dZ1
        return self
if __name__ == "__main__":
    (x_train, y_train), _ = load_data()
    Net(5, 4, 1).train(np.random.randn(8, 5), (np.random.rand(8, 1) > 0.5) * 1.0, 0.5)
"""
LAYERS = """
import numpy as np
class Dense:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out); self.b = np.random.randn(n_out)
    def forward(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward(self, grad, lr):
        dx = grad @ self.W.T
        self.W -= lr * self.x.T @ grad
        self.b -= lr * grad.sum(axis=0)
        return dx
class Relu:
    def forward(self, x):
        self.mask = x <= 0
        x[self.mask] = 0
        return x
    def backward(self, dout):
        dout[self.mask] = 0
        return dout
class SoftmaxLoss:
    def forward(self, x, t):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.p, self.t = e / e.sum(axis=1, keepdims=True), t
        return -np.sum(t * np.log(self.p)) / len(x)
    def backward(self, dout=1):
        return (self.p - self.t) / len(self.t)
"""
PAIRS = """
import numpy as np
def affine_forward(x, w, b):
    return x @ w + b, (x, w, b)
def affine_backward(dout, cache):
    x, w, b = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
def swish(x):
    return x / (1 + np.exp(-x))
def swish_prime(x):
    s = 1 / (1 + np.exp(-x))
    return s + x * s * (1 - s)
"""


def _program(code: str, folder: Path) -> Program:
    program = Program(ast.parse(code), _namespace("<learner>", Importer()), folder)
    program.run()
    return program


def _verdict(code: str, folder: Path) -> steps.Verdict:
    program = _program(code, folder)
    verdicts = [steps.assess(rehearsal) for rehearsal in program.first.values()]
    (verdict,) = [verdict for verdict in verdicts if verdict is not None]
    return verdict


@pytest.mark.parametrize("code", [LOOP, IN_A_CLASS], ids=["a loop", "a class"])
def test_a_step_that_goes_down_its_cost_is_right(code: str, tmp_path: Path) -> None:
    verdict = _verdict(code, tmp_path)
    assert verdict.is_right
    assert len(verdict.along) == (3 if code is LOOP else 2)


@pytest.mark.parametrize(
    ("code", "right", "wrong", "at"),
    [
        (LOOP, " * h * (1 - h)", "", {"w1"}),
        (LOOP, "d.sum(axis=0)", "d.sum(axis=0) * i + d[0]", {"b2"}),
        (IN_A_CLASS, " * (1 - A**2)", " * (1 - A)", {"['W']"}),
        (IN_A_CLASS, "(1 - A**2)", "(1 - Z**2)", {"['W']"}),
    ],
)
def test_the_parameter_with_a_wrong_gradient_is_told(
    code: str, right: str, wrong: str, at: set[str], tmp_path: Path
) -> None:
    verdict = _verdict(code.replace(right, wrong), tmp_path)
    off = [text(parameter.path) for parameter in verdict.off]
    assert len(off) == 1 and any(off[0].endswith(name) for name in at)


def test_a_step_up_the_slope_is_not_right(tmp_path: Path) -> None:
    verdict = _verdict(LOOP.replace("-=", "+="), tmp_path)
    assert not verdict.is_right and not verdict.off


def test_what_a_program_loads_is_made_up(tmp_path: Path) -> None:
    code = "(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()\n"
    program = _program(code + "with open('train.csv') as file:\n    first = file.readline()", tmp_path)
    assert program.failed == []
    assert program._namespace["x_train"].shape == (60, 28, 28)
    assert program._namespace["first"].startswith("label,pixel0")


def test_a_long_loop_ends_after_a_few_passes(tmp_path: Path) -> None:
    program = _program("import time\nn = 0\nwhile True:\n    n += 1\n    time.sleep(0.12)\ndone = n", tmp_path)
    assert 3 <= program._namespace["done"] <= 5


def _gradients(code: str, name: str) -> list[Gradient]:
    names = _namespace("<learner>", Importer())
    exec(compile(code, "<learner>", "exec"), names)
    tree = ast.parse(textwrap.dedent(code))
    nodes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    node = nodes[name]
    if isinstance(node, ast.ClassDef):
        methods = {method.name: method for method in node.body if isinstance(method, ast.FunctionDef)}
        tried = attempts.of_class(name, methods)
    else:
        functions = {key: node for key, node in nodes.items() if isinstance(node, ast.FunctionDef)}
        pairs = [other for own, other in attempts.pairs(functions) if own == name]
        slopes = [other for own, other in attempts.slopes(functions) if own == name]
        other = functions[(pairs or slopes)[0]]
        tried = attempts.of_pair(node, other) if pairs else attempts.of_slope(node, other)
    return layers.best((attempt.several, partial(_compared, names, attempt)) for attempt in tried)


def _compared(names: Mapping[str, Any], attempt: attempts.Attempt) -> list[Gradient]:
    out = Rehearsals(names).exercise(attempt.setup, attempt.forward, attempt.values).after()
    y = next(value for path, value in out.items() if text(path) == "y")
    dy = np.random.default_rng(3).standard_normal(y.shape) if y.size > 1 else np.ones(y.shape)
    code = attempt.forward + attempt.backward
    return layers.compare(Rehearsals(names).exercise(attempt.setup, code, attempt.values | {"dy": dy}), dy)


@pytest.mark.parametrize(
    ("code", "name", "quantities"),
    [
        (LAYERS, "Dense", {"x", "layer.W", "layer.b"}),
        (LAYERS, "Relu", {"x"}),
        (LAYERS, "SoftmaxLoss", {"x"}),
        (PAIRS, "affine_forward", {"x", "w_", "b_"}),
        (PAIRS, "swish", {"x"}),
    ],
)
def test_right_layers_of_any_style_agree(code: str, name: str, quantities: set[str]) -> None:
    gradients = _gradients(code, name)
    assert {text(gradient.path) for gradient in gradients} == quantities
    assert all(gradient.agreeing for gradient in gradients)


@pytest.mark.parametrize(
    ("code", "name", "right", "wrong", "quantity"),
    [
        (LAYERS, "Dense", "grad.sum(axis=0)", "grad.sum()", "layer.b"),
        (LAYERS, "Dense", "dx = grad @ self.W.T", "dx = grad @ (self.W * 2 + 1).T", "x"),
        (LAYERS, "Relu", "dout[self.mask] = 0", "dout[~self.mask] = 0", "x"),
        (PAIRS, "affine_forward", "x.T @ dout", "x.T @ np.ones_like(dout)", "w_"),
        (PAIRS, "swish", "s + x * s * (1 - s)", "s + s * (1 - s)", "x"),
    ],
)
def test_a_wrong_gradient_is_told_by_its_quantity(code: str, name: str, right: str, wrong: str, quantity: str) -> None:
    assert right in code
    off = [text(gradient.path) for gradient in _gradients(code.replace(right, wrong), name) if not gradient.agreeing]
    assert off == [quantity]


def test_a_memento_puts_back_what_names_share() -> None:
    shared = np.zeros(3)
    names = {"a": [shared], "b": {"c": shared}, "d": {1}}
    memento = Memento(names)
    names["a"][0][1] = 5  # type: ignore[index]
    names["a"].append(1)  # type: ignore[attr-defined]
    names["b"].clear()  # type: ignore[attr-defined]
    names["new"] = 1  # type: ignore[assignment]
    del names["d"]
    memento.restore()
    assert names.keys() == {"a", "b", "d"} and names["a"] == [shared] and names["b"] == {"c": shared}
    assert not shared.any()


def test_the_first_call_of_each_function_is_recorded_as_it_was(tmp_path: Path) -> None:
    code = """
    class Net:
        def __init__(self, sizes):
            self.sizes = sizes
        def forward(self, x, *, scale=2):
            x *= scale
            return x.sum()
    net = Net([3, 4])
    import numpy as np
    for i in range(3):
        net.forward(np.ones(3) * i, scale=3)
    """
    calls = _program(textwrap.dedent(code), tmp_path).calls.first
    assert set(calls) == {"Net.__init__", "Net.forward"}
    forward = calls["Net.forward"]
    assert forward["self"].sizes == [3, 4] and forward["scale"] == 3 and not forward["x"].any()
