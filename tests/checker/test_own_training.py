"""Steps of training of any style against the slope of their own cost: wrong ones are told with their line."""

from __future__ import annotations

import ast
import re
import textwrap
from pathlib import Path

import pytest

from chainrule.checker.derivatives import training
from chainrule.checker.derivatives.training import Loop
from chainrule.checker.findings import Checked, Finding
from chainrule.checker.learner import Learner
from chainrule.checker.running.child import _namespace
from chainrule.checker.running.imports import Importer
from chainrule.checker.watching.program import Program

START = """
import numpy as np
np.random.seed(1)
X = np.random.randn(12, 3)
Y = (np.random.rand(12, 1) > 0.5) * 1.0
def sigmoid(z):
    return 1 / (1 + np.exp(-z))
W1, b1 = np.random.randn(3, 4), np.zeros((1, 4))
W2, b2 = np.random.randn(4, 1), np.zeros((1, 1))
lr = 0.1
"""
FORWARD = """
    Z1 = X @ W1 + b1
    A1 = np.tanh(Z1)
    A2 = sigmoid(A1 @ W2 + b2)
"""
BACKWARD = """
    dZ2 = (A2 - Y) / len(X)
    dW2 = A1.T @ dZ2
    db2 = dZ2.sum(axis=0, keepdims=True)
    dA1 = dZ2 @ W2.T
    dZ1 = dA1 * (1 - A1**2)
    dW1 = X.T @ dZ1
    db1 = dZ1.sum(axis=0, keepdims=True)
"""
COST = "    cost = -np.mean(Y * np.log(A2) + (1 - Y) * np.log(1 - A2))\n"
SGD = "    W1 -= lr * dW1; b1 -= lr * db1; W2 -= lr * dW2; b2 -= lr * db2\n"
LOOP = START + "for epoch in range(100):" + FORWARD + COST + BACKWARD
ADAM = """
    for name in "W1", "b1", "W2", "b2":
        g = grads[name]
        m[name] = 0.9 * m[name] + 0.1 * g
        v[name] = 0.999 * v[name] + 0.001 * g**2
        m_hat, v_hat = m[name] / (1 - 0.9 ** (epoch + 1)), v[name] / (1 - 0.999 ** (epoch + 1))
        params[name] -= lr * m_hat / (np.sqrt(v_hat) + 1e-8)
"""
IN_DICTS = """
params = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
m = {k: np.zeros_like(p) for k, p in params.items()}
v = {k: np.zeros_like(p) for k, p in params.items()}
"""
UNPACKED = '\n    W1, b1, W2, b2 = params["W1"], params["b1"], params["W2"], params["b2"]'
GRADS = '    grads = {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}\n'
WITH_ADAM = START + IN_DICTS + "for epoch in range(100):" + UNPACKED + FORWARD + COST + BACKWARD + GRADS + ADAM

CONTRASTIVE = """
import numpy as np
np.random.seed(0)
V = (np.random.rand(12, 5) > 0.5) * 1.0
W, b, c = np.random.randn(5, 3), np.zeros(5), np.zeros(3)
def sigmoid(x):
    return 1 / (1 + np.exp(-x))
def energy(v):
    return np.mean(-v @ b - np.sum(np.log1p(np.exp(v @ W + c)), axis=1))
for i in range(20):
    h = sigmoid(V @ W + c)
    v = (np.random.rand(12, 5) < sigmoid((np.random.rand(12, 3) < h) @ W.T + b)) * 1.0
    W += 0.1 * (V.T @ h - v.T @ sigmoid(v @ W + c)) / 12
    b += 0.1 * (V - v).mean(axis=0)
    c += 0.1 * (h - sigmoid(v @ W + c)).mean(axis=0)
    gap = energy(V) - energy(v)
"""
RIGHT = {
    "plain descent": LOOP + SGD,
    "no cost at all": START + "for epoch in range(100):" + FORWARD + BACKWARD + SGD,
    "new arrays": LOOP
    + "    W1 = W1 - lr * dW1\n    b1 = b1 - lr * db1\n    W2 = W2 - lr * dW2\n    b2 = b2 - lr * db2\n",
    "a rate that decays": LOOP + SGD + "    lr *= 0.99\n",
    "sums in place of means": LOOP.replace("(A2 - Y) / len(X)", "A2 - Y") + SGD,
    "momentum": LOOP.replace("lr = 0.1", "lr = 0.1; v1 = np.zeros_like(W1); v2 = np.zeros_like(W2)")
    + "    v1 = 0.9 * v1 - lr * dW1; v2 = 0.9 * v2 - lr * dW2\n    W1 += v1; W2 += v2\n"
    + SGD.replace("W1 -= lr * dW1; ", "").replace("W2 -= lr * dW2; ", ""),
    "decay of the weights": LOOP + SGD + "    W1 -= lr * 0.1 * (W1 + lr * dW1); W2 -= lr * 0.1 * (W2 + lr * dW2)\n",
    "the penalty in the cost": LOOP.replace("(1 - A2))\n", "(1 - A2)) + 0.05 * (np.sum(W1**2) + np.sum(W2**2))\n")
    + "    dW1 += 0.1 * W1; dW2 += 0.1 * W2\n"
    + SGD,
    "gradients cut off": LOOP + "    for d in (dW1, db1, dW2, db2):\n        np.clip(d, -0.08, 0.08, out=d)\n" + SGD,
    "a rate of its own": LOOP + SGD.replace("b1 -= lr", "b1 -= 2 * lr"),
    "Adam": WITH_ADAM,
    "one number each": """
        import numpy as np
        x = np.random.rand(30); y = 3 * x + 1
        w, b, lr = 0.0, 0.0, 0.1
        for epoch in range(100):
            pred = w * x + b
            loss = np.mean((pred - y) ** 2)
            w -= lr * 2 * np.mean((pred - y) * x)
            b -= lr * 2 * np.mean(pred - y)
    """,
    "a bias that begins as a whole number": """
        import numpy as np
        np.random.seed(0)
        X, Y = np.random.randn(12, 3), np.random.randn(12, 1)
        def train(rate):
            w, b = np.zeros((3, 1)), 0
            for epoch in range(100):
                P = X @ w + b
                loss = np.mean((P - Y) ** 2)
                w -= rate * X.T @ (P - Y) * 2 / 12
                b -= rate * np.sum(P - Y, axis=0) * 2 / 12
            return w, b
        train(0.1)
    """,
    "a state": """
        import numpy as np
        np.random.seed(0)
        U, V = np.random.randn(3, 6) * 0.3, np.random.randn(1, 3)
        h = np.zeros(3)
        for x, t in zip(np.random.randn(40, 3), np.random.rand(40)):
            c = np.concatenate([h, x])
            new = 0.5 * h + 0.5 * np.tanh(U @ c)
            out = V @ new
            d = 2 * (out - t)
            dnew = V.T @ d
            V = V - 0.05 * np.outer(d, new)
            U = U - 0.05 * np.outer(dnew * 0.5 * (1 - np.tanh(U @ c) ** 2), c)
            h = new
    """,
    "a bias that only moves what is told": LOOP.replace("A1 @ W2 + b2)", "A1 @ W2)")
    + "    W1 -= lr * dW1; b1 -= lr * db1; W2 -= lr * dW2; b2 += np.mean(A2)\n",
    "not known: random features": """
        import numpy as np
        np.random.seed(0)
        X, Y = np.random.randn(12, 3), np.random.rand(12, 1)
        W1, W2 = np.random.randn(3, 4), np.random.randn(4, 1)
        for i in range(20):
            H = np.tanh(X @ W1)
            loss = np.mean((H @ W2 - Y) ** 2)
            W2 -= 0.1 * 2 * H.T @ (H @ W2 - Y) / 12
    """,
    "not known: a number that is computed anew after the step": CONTRASTIVE,
    "not known: a cost that is computed anew after the step": CONTRASTIVE.replace("gap =", "cost ="),
    "not known: a number after a step that functions make": re.sub(
        r"(\w) \+= (.*)", r"add(\1, \2)", "def add(a, b):\n    a[...] = a + b\n" + CONTRASTIVE
    ),
    "no gradient: Hebb's rule": START
    + "for epoch in range(10):"
    + FORWARD
    + "    W1 += lr * X.T @ A1; W2 += lr * A1.T @ A2\n",
}


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the time that a busy machine needs."""
    monkeypatch.setattr(training, "SECONDS", 60.0)
    monkeypatch.setattr(training, "STEP", 20.0)


def _outcome(code: str, folder: Path) -> list[tuple[Checked, Finding | None]]:
    tree = ast.parse(textwrap.dedent(code))
    program = Program(tree, _namespace("<learner>", Importer()), folder)
    program.run()
    assert program.failed == []
    learner = Learner(program.names, tree, {}, tree)
    places = {number: program.places[number] for number in program.first}
    loops = [Loop(place.name, place.line, program.first[number]) for number, place in places.items()]
    return list(training.judged(learner, loops, [], []))


def _finding(code: str, folder: Path) -> Finding:
    (finding,) = [finding for _, finding in _outcome(code, folder) if finding]
    return finding


def _line(code: str, text: str) -> int:
    (number,) = [n for n, line in enumerate(textwrap.dedent(code).splitlines(), 1) if text in line]
    return number


@pytest.mark.parametrize("kind", RIGHT)
def test_a_right_step_is_right(kind: str, tmp_path: Path) -> None:
    outcome = _outcome(RIGHT[kind], tmp_path)
    assert [finding for _, finding in outcome if finding] == []
    assert bool(outcome) == (not kind.startswith(("no gradient", "not known")))


WHOLE_NUMBER = textwrap.dedent(RIGHT["a bias that begins as a whole number"])
WRONG = {
    "a bias that begins as a whole number": (WHOLE_NUMBER, "b -= rate", "b += rate", "sign"),
    "a bias that is not used": (
        WHOLE_NUMBER.replace("loss", "db = np.sum(P - Y, axis=0) * 2 / 12\n        loss").replace(
            "rate * np.sum(P - Y, axis=0) * 2 / 12", "rate * db"
        ),
        "P = X @ w + b",
        "P = X @ w",
        None,
    ),
    "the slope is missing": (LOOP + SGD, "dA1 * (1 - A1**2)", "dA1 * 1", "own-slope"),
    "the slope of another": (LOOP + SGD, "dA1 * (1 - A1**2)", "dA1 * (1 - A1)", "own-upstream"),
    "a weight from elsewhere": (LOOP + SGD, "dZ2 @ W2.T", "dZ2 @ (W2.T + 1)", "own-upstream"),
    "one number for all": (LOOP + SGD, "db1 = dZ1.sum(axis=0, keepdims=True)", "db1 = dZ1.sum()", "own-one-number"),
    "one mean too many": (LOOP + SGD, "db1 = dZ1.sum(axis=0", "db1 = dZ1.mean(axis=0", "own-count 0.0833333"),
    "one sign": (LOOP + SGD, "W2 -= lr", "W2 += lr", "sign"),
    "the first gradient": (LOOP + SGD, "(A2 - Y) / len", "(A2 - Y) * A2 / len", "own-upstream"),
    "all up the slope": (LOOP + SGD, "(A2 - Y) / len", "(Y - A2) / len", None),
    "never moved": (LOOP + SGD, "b1 -= lr * db1; ", "", "own-unmoved"),
    "all but the last layer": (
        START + "for epoch in range(100):" + FORWARD + BACKWARD + SGD,
        "dZ2 @ W2.T",
        "dZ2 @ W2.T / 3",
        "own-ratio 0.333333",
    ),
    "most up the slope": (
        LOOP + SGD,
        "W1 -= lr * dW1; b1 -= lr * db1; W2 -= lr * dW2; b2",
        "W1 += lr * dW1; b1 += lr * db1; W2 += lr * dW2; b2",
        "sign",
    ),
    "most up the slope, of sums": (
        LOOP.replace("(A2 - Y) / len(X)", "A2 - Y") + SGD,
        "W1 -= lr * dW1; b1 -= lr * db1; W2 -= lr * dW2; b2",
        "W1 += lr * dW1; b1 += lr * db1; W2 += lr * dW2; b2",
        "sign",
    ),
    "a bias is not used": (LOOP + SGD, "sigmoid(A1 @ W2 + b2)", "sigmoid(A1 @ W2)", None),
    "no bias moved": (
        LOOP + "    W1 -= lr * dW1; W2 -= lr * dW2\n    b1 -= lr * db1; b2 -= lr * db2\n",
        "    b1 -= lr * db1; b2 -= lr * db2\n",
        "",
        "own-unmoved",
    ),
    "not the input": (LOOP + SGD, "dW1 = X.T @", "dW1 = np.abs(X).T @", "other"),
    "with Adam": (WITH_ADAM, "dA1 * (1 - A1**2)", "dA1 * (1 - A1)", "own-upstream"),
    "before it is used": (
        LOOP.replace("    dA1 =", "    W2 -= lr * 9 * dW2\n    dA1 =") + SGD.replace("W2 -= lr * dW2; ", ""),
        "lr * 9 * dW2",
        "1 * lr * dW2",
        "own-early",
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_step_is_told_with_its_line(kind: str, tmp_path: Path) -> None:
    code, right, wrong, pattern = WRONG[kind]
    assert code.count(right) == 1
    finding = _finding(code.replace(right, wrong), tmp_path)
    assert finding.line == _line(code.replace(right, wrong), wrong or "db1 =")
    assert finding.facts.get("pattern") == pattern


def test_two_mistakes_are_told(tmp_path: Path) -> None:
    code = (LOOP + SGD).replace("-= lr", "+= lr").replace("dA1 * (1 - A1**2)", "dA1 * 1")
    finding = _finding(code, tmp_path)
    assert (finding.mistake, finding.line) == ("own-step-uphill-and-off", _line(code, "dA1 * 1"))


def test_a_parameter_that_is_moved_for_nothing_is_told(tmp_path: Path) -> None:
    finding = _finding((LOOP + SGD).replace("X @ W1 + b1", "X @ W1"), tmp_path)
    assert (finding.mistake, finding.facts["name"], finding.facts["other"]) == ("own-unused", "b1", "W1")


IN_TUPLES = """
import numpy as np
rng = np.random.default_rng(0)
sizes = [(4, 5), (5, 3)]
params = [(rng.normal(size=size), np.zeros(size[1])) for size in sizes]
x, targets = rng.normal(size=(20, 4)), np.eye(3)[rng.integers(0, 3, 20)]
def scores(params, x):
    inputs = [x]
    for w, b in params[:-1]:
        inputs.append(np.tanh(inputs[-1] @ w + b))
    w, b = params[-1]
    return inputs[-1] @ w + b, inputs
def value_and_grad(params, x, targets):
    logits, inputs = scores(params, x)
    shifted = logits - np.log(np.sum(np.exp(logits), axis=1, keepdims=True))
    value = -np.mean(np.sum(targets * shifted, axis=1))
    delta = (np.exp(shifted) - targets) / len(x)
    grads = []
    for i in reversed(range(len(params))):
        grads.append((inputs[i].T @ delta, delta.sum(axis=0)))
        delta = (delta @ params[i][0].T) * (1 - inputs[i] ** 2)
    return value, grads[::-1]
for step in range(20):
    value, grads = value_and_grad(params, x, targets)
    params = [(w - 0.1 * dw, b - 0.1 * db) for (w, b), (dw, db) in zip(params, grads)]
"""


def test_parameters_in_tuples_are_right(tmp_path: Path) -> None:
    right = {checked.function for checked, finding in _outcome(IN_TUPLES, tmp_path) if finding is None}
    assert right == {"for step", "scores", "value_and_grad"}


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("np.exp(shifted) - targets", "targets - np.exp(shifted)", "own-step-uphill"),
        ("np.exp(shifted) - targets", "np.exp(shifted) + targets", "own-step-everywhere"),
        ("return inputs[-1] @ w + b,", "return inputs[-1] @ w,", "own-unused"),
    ],
)
def test_wrong_steps_of_parameters_in_tuples_are_told(old: str, new: str, mistake: str, tmp_path: Path) -> None:
    finding = _finding(IN_TUPLES.replace(old, new), tmp_path)
    assert (finding.mistake, finding.function) == (mistake, "value_and_grad")


def test_adam_up_the_slope_is_told_in_the_function_that_updates(tmp_path: Path) -> None:
    inside = ADAM.replace("params[name] -= lr *", "p = params[name]\n        p += 0.1 *").replace("epoch", "t")
    adam = START + "def adam(params, grads, m, v, t):" + inside
    loop = "for epoch in range(100):" + UNPACKED + FORWARD + COST + BACKWARD + GRADS
    code = adam + IN_DICTS + loop + "    adam(params, grads, m, v, epoch)\n"
    finding = _finding(code, tmp_path)
    assert (finding.mistake, finding.function) == ("own-step-uphill", "adam")
    assert finding.line == _line(code, "p += 0.1")


ROWS = """
import numpy as np
np.random.seed(0)
E, w = np.random.randn(6, 3), np.random.randn(3)
for i in range(20):
    a, b = E[1], E[[2, 4]]
    error = w @ a + np.sum(b @ w) - 1
    loss = error**2
    dw = 2 * error * (a + b.sum(axis=0))
    dE = 2 * error * w
    w -= 0.01 * dw
    E[1] -= 0.01 * dE
    E[[2, 4]] -= 0.01 * dE
"""


def test_rows_that_move_are_right(tmp_path: Path) -> None:
    assert [finding for _, finding in _outcome(ROWS, tmp_path)] == [None]


def test_rows_of_which_only_a_copy_moves_are_told(tmp_path: Path) -> None:
    finding = _finding(ROWS.replace("E[[2, 4]] -=", "b -="), tmp_path)
    assert finding.line == _line(ROWS, "E[1] -=") and finding.facts["pattern"] == "own-unmoved"


def test_rows_that_move_too_far_are_told(tmp_path: Path) -> None:
    finding = _finding(ROWS.replace("E[[2, 4]] -= 0.01", "E[[2, 4]] += 0.01"), tmp_path)
    assert finding.line == _line(ROWS, "E[[2, 4]] -=")


OF_AN_OBJECT = """
from dataclasses import dataclass
@dataclass
class Weights:
    W1: np.ndarray
    b1: np.ndarray
    W2: np.ndarray
    b2: np.ndarray
def gradients(X, Z1, A1, A2, Y, W2):
    dZ2 = (A2 - Y) / len(X)
    dZ1 = dZ2 @ W2.T * (1 - A1**2)
    db1 = dZ1.sum(axis=0, keepdims=True)
    return Weights(W1=X.T @ (dZ1 * Z1), b1=db1, W2=A1.T @ dZ2, b2=dZ2.sum(axis=0, keepdims=True))
"""


def test_the_function_that_returns_gradients_in_an_object_is_blamed(tmp_path: Path) -> None:
    update = "".join(f"    {name} -= 0.1 * g.{name}\n" for name in ("W1", "b1", "W2", "b2"))
    step = "    g = gradients(X, Z1, A1, A2, Y, W2)\n" + update
    code = START + OF_AN_OBJECT + "for epoch in range(9):" + FORWARD + COST + step
    finding = _finding(code, tmp_path)
    assert (finding.function, finding.line) == ("gradients", _line(code, "return Weights"))
