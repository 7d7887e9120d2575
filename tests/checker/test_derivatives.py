"""Gradients against differences of the learner's own forward pass, without names of functions."""

from __future__ import annotations

import ast
import random
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule.checker.derivatives import steps
from chainrule.checker.running.child import _namespace
from chainrule.checker.running.imports import Importer
from chainrule.checker.watching.memento import Memento
from chainrule.checker.watching.paths import text
from chainrule.checker.watching.program import Program

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
    assert program.names["x_train"].shape == (60, 28, 28)
    assert program.names["first"].startswith("label,pixel0")


def test_the_first_pass_that_changes_something_is_kept(tmp_path: Path) -> None:
    code = """
    import numpy as np
    w = np.ones(2)
    for i in range(5):
        if i < 2:
            continue
        w += i
    """
    (rehearsal,) = _program(textwrap.dedent(code), tmp_path).first.values()
    assert {text(path): a for path, a in rehearsal.after().items()}["w"].tolist() == [3, 3]


def test_a_long_loop_ends_after_a_few_passes(tmp_path: Path) -> None:
    program = _program("import time\nn = 0\nwhile True:\n    n += 1\n    time.sleep(0.12)\ndone = n", tmp_path)
    assert 3 <= program.names["done"] < 17  # that many fit into the time of a statement
    assert program.failed == []


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


@pytest.mark.parametrize(
    "generator", [np.random.default_rng(3), np.random.RandomState(3), random.Random(3)], ids=lambda g: type(g).__name__
)
def test_a_memento_puts_back_generators_of_random_numbers(generator: Any) -> None:
    memento = Memento({"generator": generator})
    first = generator.random()
    memento.restore()
    assert generator.random() == first


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
