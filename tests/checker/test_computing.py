"""What the measure on fetched files counts as code that computes something of a network."""

import ast

import pytest

from chainrule.checker.findings import Checked, Report, Status
from tests.checker import computing

CODE = """import numpy as np

class Net:
    def __init__(self, sizes):
        self.W = np.random.randn(*sizes) / np.sqrt(sizes[0])

    def forward(self, x):
        return np.maximum(0, x @ self.W)

    def __call__(self, x):
        return self._squashed(x) @ self.W

    def _squashed(self, x):
        return np.tanh(x)

    def train(self, batches):
        for x, y in batches:
            self.forward(x)

    def step(self, rate):
        self.W -= rate * self.dW

def to_one_hot(y):
    return np.eye(10)[y] * np.sum(1)

def function_1(x):
    return 0.01 * x**2

def elapsed(start, end):
    return end - start

if __name__ == "__main__":
    for epoch in range(10):
        w = w - 0.1 * dw
    for path in paths:
        names.append(path)
"""


def test_what_computes_is_told_from_what_does_not() -> None:
    units = list(computing.units(ast.parse(CODE)))
    assert [unit.name for unit in units] == ["Net.forward", "Net.__call__", "Net.step", ""]
    assert [(unit.line, unit.last_line) for unit in units if not unit.name] == [(33, 34)]


@pytest.mark.parametrize(
    ("listed", "left"),
    [
        ([], ["Net.forward", "Net.__call__", "Net.step", ""]),
        ([("Net.forward", 7, "unchecked")], ["Net.__call__", "Net.step", ""]),
        ([("Net", 3, "ok")], [""]),
        ([("Net", 3, "unchecked")], ["Net.forward", "Net.__call__", "Net.step", ""]),
        ([("for epoch", 33, "ok")], ["Net.forward", "Net.__call__", "Net.step"]),
    ],
)
def test_what_is_listed_by_its_name_its_lines_or_a_judged_class_is_not_left_out(
    listed: list[tuple[str, int, Status]], left: list[str]
) -> None:
    report = Report("net.py", tuple(Checked(name, name, line, status) for name, line, status in listed))
    units = computing.units(ast.parse(CODE))
    assert [unit.name for unit in computing.left_out(report, units)] == left


@pytest.mark.parametrize(
    ("statement", "is_update"),
    [
        ("W -= rate * dW", True),
        ("self.params['W1'] -= rate * grads['W1']", True),
        ("params[key] = params[key] - rate * grads[key]", True),
        ("weights += delta", True),
        ("count -= 1", False),
        ("W = W0 - rate * dW", False),
        ("dW += x * y", False),
    ],
)
def test_an_update_moves_a_parameter(statement: str, is_update: bool) -> None:
    assert computing.is_update(ast.parse(statement).body[0]) is is_update


@pytest.mark.parametrize(("name", "stands_for_any"), [("f", True), ("func", True), ("function_2", True), ("fc", False)])
def test_a_function_that_stands_for_any_other_can_have_no_mistake(name: str, stands_for_any: bool) -> None:
    assert bool(computing.NO_NETWORK.search(name)) == stands_for_any
