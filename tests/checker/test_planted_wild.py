"""The measure on mistakes planted into fetched files: what is planted, what counts, and what is counted."""

from __future__ import annotations

import ast
import json
import random
from pathlib import Path

import pytest

from chainrule.checker.findings import Finding
from tests.checker import planted_wild
from tests.checker.behavior import Behavior, observed
from tests.checker.mutations import SENTENCES, Mutation, mutations

NETWORK = """import numpy as np

def load_rows(path):
    rows = np.exp(np.loadtxt(path)).mean(axis=0)
    return rows

class Hidden:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        self.out = 1 / (1 + np.exp(-(np.dot(x, self.W) + self.b)))
        return self.out

    def backward(self, dout):
        d = dout * self.out * (1 - self.out)
        self.dW = np.dot(self.x.T, d)
        self.db = np.sum(d, axis=0)
        return np.dot(d, self.W.T)

def relu_backward(dA, Z):
    dZ = np.array(dA)
    dZ[Z <= 0] = 0
    return dZ

def linear_backward(dZ, A_prev, W):
    m = A_prev.shape[1]
    dW = np.dot(dZ, A_prev.T) / m
    db = np.sum(dZ, axis=1,
                keepdims=True) / m  # over two lines
    return np.dot(W.T, dZ), dW, db

def step(W1, W2, dW1, dW2, rate):
    for l in range(1, len(W1.shape) + 1):
        W1 -= rate * dW1 * l
    W2 = W2 - rate * (dW2 - 0.1 * W2**2)
    return W1, W2
"""


def planted(kind: str, **options: bool) -> list[Mutation]:
    return [mutation for mutation in mutations(NETWORK, **options) if mutation.kind == kind]


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("slope", "d = dout * self.out * (1 - self.out)", "d = dout * self.out"),
        ("slope", "dZ[Z <= 0] = 0", "pass"),
        ("factor", "dW = np.dot(dZ, A_prev.T) / m", "dW = np.dot(dZ, A_prev.T)"),
        ("axis", "self.db = np.sum(d, axis=0)", "self.db = np.sum(d, axis=1)"),
        ("transpose", "self.dW = np.dot(self.x.T, d)", "self.dW = np.dot(self.x, d)"),
        ("product", "self.dW = np.dot(self.x.T, d)", "self.dW = self.x.T * d"),
        ("update-sign", "W1 -= rate * dW1 * l", "W1 += rate * dW1 * l"),
        ("update-lost", "W1 -= rate * dW1 * l", "W1 - rate * dW1 * l"),
        ("not-updated", "W1 -= rate * dW1 * l", "pass"),
        ("other-variable", "W1 -= rate * dW1 * l", "W1 -= rate * dW2 * l"),
        ("loop", "for l in range(1, len(W1.shape) + 1):", "for l in range(1, len(W1.shape) + 1 - 1)"),
        ("square", "W2 = W2 - rate * (dW2 - 0.1 * W2**2)", "W2 = W2 - rate * (dW2 - 0.1 * W2)"),
        ("one-minus", "d = dout * self.out * (1 - self.out)", "d = dout * self.out * (1 + self.out)"),
        ("mask", "dZ[Z <= 0] = 0", "dZ[Z >= 0] = 0"),
        ("misspelt", "dW = np.dot(dZ, A_prev.T) / m", "dW = np.dot(dz, A_prev.T) / m"),
    ],
)
def test_one_thing_is_changed(kind: str, before: str, after: str) -> None:
    assert (before, after) in [(mutation.before, mutation.after) for mutation in planted(kind)]


def test_what_is_planted_is_python_with_as_many_lines_and_changes_only_its_own() -> None:
    right = NETWORK.split("\n")
    every = list(mutations(NETWORK))
    assert len(every) > 50 and {mutation.kind for mutation in every} <= SENTENCES.keys() == planted_wild.NAMES.keys()
    for mutation in every:
        ast.parse(mutation.text)
        wrong = mutation.text.split("\n")
        changed = [n for n, (a, b) in enumerate(zip(right, wrong, strict=True), 1) if a != b]
        assert changed and mutation.line <= min(changed) <= max(changed) <= mutation.last_line


@pytest.mark.parametrize(
    ("kind", "key", "facts", "is_described"),
    [
        ("factor", "linear_backward.dW-no-mean", {}, True),
        ("factor", "linear_backward.dW-transposed", {}, False),
        ("factor", "own-step", {"pattern": "ratio 5", "name": "W1"}, True),
        ("factor", "own-step", {"pattern": "other", "name": "params['W']"}, True),
        ("factor", "own-step", {"pattern": "other", "name": "b"}, False),
        ("factor", "own-gradient", {"pattern": "other", "name": "b", "upstream": "dW"}, True),
        ("slope", "relu.minimum", {}, False),
    ],
)
def test_a_finding_describes_a_mistake_by_its_key_its_pattern_or_its_quantity(
    kind: str, key: str, facts: dict[str, str], is_described: bool
) -> None:
    mutation = planted(kind)[0]
    assert mutation.target == ("dW" if kind == "factor" else "d")
    assert planted_wild.describes(Finding(key, "f", facts=facts), mutation) is is_described


def test_nothing_is_planted_where_data_are_loaded() -> None:
    assert "load_rows" not in {mutation.function for mutation in mutations(NETWORK)}


def test_a_product_with_a_number_is_the_same_for_matrices() -> None:
    code = "def backward(dZ, lr, slope):\n    dW = lr * dZ\n    db = dZ * slope\n    return dW, db\n"
    assert [m.line for m in mutations(code) if m.kind == "product"] == [3]


def test_a_factor_that_no_course_fixes_is_no_mistake() -> None:
    code = "def cost_of(A, Y):\n    return np.sum((A - Y)**2) / len(Y)\n"
    assert any(mutation.kind == "factor" for mutation in mutations(code))
    assert not any(mutation.kind == "factor" for mutation in mutations(code, is_convention=False))


def _observed(folder: Path, text: str) -> Behavior:
    path = folder / "mine.py"
    path.write_text(text, "utf-8")
    return observed(path)


def test_only_what_changes_numbers_is_another_behavior(tmp_path: Path) -> None:
    right = _observed(tmp_path, NETWORK)
    lines = NETWORK.split("\n")
    assert right.lines >= {n for n, line in enumerate(lines, 1) if "dZ[Z <= 0]" in line or "/ m" in line}
    assert right.has_run("relu_backward", range(1, 99)) and not right.has_run("load_rows", range(1, 99))
    assert not right.differs(_observed(tmp_path, NETWORK.replace("np.dot(dZ, A_prev.T) / m", "dZ @ A_prev.T / m")))
    wrong = _observed(tmp_path, NETWORK.replace("np.dot(dZ, A_prev.T) / m", "np.dot(dZ, A_prev.T)"))
    assert right.differs(wrong) and not right.stops(wrong)
    assert right.stops(_observed(tmp_path, NETWORK.replace("np.dot(dZ, A_prev.T) / m", "np.dot(dZ, A_prev) / m")))


def test_one_pass_of_a_loop_is_behavior_too(tmp_path: Path) -> None:
    code = "import numpy as np\nW = np.ones(3)\nfor i in range(9):\n    d = W * 0.5\n    W = W - 0.1 * d\n"
    right, wrong = _observed(tmp_path, code), _observed(tmp_path, code.replace("- 0.1", "+ 0.1"))
    assert right.differs(wrong) and not right.differs(_observed(tmp_path, code.replace("0.1 * d", "d * 0.1")))


def test_the_measure_counts_by_style_and_lists_what_is_missed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ada+net/net.ipynb"
    path.parent.mkdir()
    cells = [{"cell_type": "code", "source": source} for source in ("%matplotlib inline\n", NETWORK)]
    path.write_text(json.dumps({"cells": cells}), "utf-8")
    (tmp_path / "list.md").write_text(
        "## course\n\n- ada/net : net.ipynb\n- ada/net : gone.py\n- ada/net : unread.py\n", "utf-8"
    )
    (tmp_path / "ada+net/unread.py").write_text(
        "def never(x):\n    import nothing\n    return x @ nothing.W\n", "utf-8"
    )
    words = [str(tmp_path / "list.md"), "--folder", str(tmp_path), "--per-file", "2", "--json", str(tmp_path / "out")]
    planted_wild.main(words)
    results = [json.loads(line) for line in (tmp_path / "out").read_text("utf-8").splitlines()]
    printed, outcomes = capsys.readouterr().out, [outcome for result in results for outcome in result["outcomes"]]
    counted = [outcome for outcome in outcomes if outcome["counts"]]
    detected = sum(outcome["detected"] for outcome in counted)
    assert len(counted) == 2 and len(outcomes) == 4 and detected > 0
    assert f"\n| course | 1 | 2 | {detected} (" in printed and "| 방식 | 파일 | 심은 실수 |" in printed
    assert "no mistake counted: ada+net/unread.py (" in printed and " never run to the end" in printed
    assert all(outcome["line"].startswith("cell 2, line ") for outcome in counted)
    assert "In code that nothing ran to its end:" in printed
    assert printed.count("\nnot ") == 2 - sum(outcome["named"] and outcome["blamed"] for outcome in counted)
    monkeypatch.setattr(planted_wild, "Planter", None)  # what is written down is not done again
    planted_wild.main(words)
    assert capsys.readouterr().out == printed


def test_the_same_seed_draws_the_same_mistakes_and_each_kind_once_before_any_twice() -> None:
    every = list(mutations(NETWORK))
    drawn = planted_wild.drawn(every, random.Random("0 net.py"))
    assert (
        drawn == planted_wild.drawn(every, random.Random("0 net.py")) != planted_wild.drawn(every, random.Random("1"))
    )
    kinds = [mutation.kind for mutation in drawn]
    assert len(drawn) == len(every) and len(set(kinds[: len(set(kinds))])) == len(set(kinds))
