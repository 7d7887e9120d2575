"""Static sight and what running has proven come to one verdict for each function."""

from __future__ import annotations

from pathlib import Path

from chainrule.checker.evidence import joined
from chainrule.checker.findings import Checked, Finding, Report
from chainrule.checker.running.sandbox import check_file

HEAD = "import numpy as np\n\n"


def checked(folder: Path, code: str) -> Report:
    path = folder / "mine.py"
    path.write_text(HEAD + code, "utf-8")
    return check_file(path)


def told(report: Report) -> list[tuple[str, str, str, int | None]]:
    return [(f.severity, f.mistake, f.function, f.line) for f in report.findings]


def test_the_misspelt_name_stands_in_the_place_of_the_exception(tmp_path: Path) -> None:
    code = "def relu_backward(dA, cache):\n    dZ = np.array(dA)\n    dZ[cache <= 0] = 0\n    return dz\n"
    assert told(checked(tmp_path, code)) == [("error", "misspelt-name", "relu_backward", 6)]


def test_a_function_that_nothing_else_judges_is_wrong_for_a_misspelt_name(tmp_path: Path) -> None:
    report = checked(tmp_path, "def blend(weights, old):\n    Mixed = weights * old\n    return mixed + 1\n")
    assert told(report) == [("error", "misspelt-name", "blend", 5)]
    assert [(done.function, done.status) for done in report.checked] == [("blend", "wrong")]
    assert not report.unmatched


def test_a_line_that_is_not_reached_is_a_warning(tmp_path: Path) -> None:
    code = "def sigmoid(z):\n    s = 1 / (1 + np.exp(-z))\n    if z is None:\n        print(S)\n    return s\n"
    report = checked(tmp_path, code)
    assert told(report) == [("warning", "misspelt-name", "sigmoid", 6)]
    assert report.ok


def test_a_result_that_nobody_uses_explains_a_mistake_and_is_none_by_itself(tmp_path: Path) -> None:
    right = "def relu(z):\n    unused = np.abs(z)\n    return np.maximum(0, z)\n"
    assert told(checked(tmp_path, right)) == []
    wrong = "def relu(z):\n    unused = np.abs(z)\n    return np.minimum(0, z)\n"
    (warning, error) = sorted(told(checked(tmp_path, wrong)), reverse=True)
    assert warning[:3] == ("warning", "never-used", "relu")
    assert error[0] == "error"


def test_a_lost_update_in_a_loop_is_told_in_its_line(tmp_path: Path) -> None:
    code = (
        "rng = np.random.default_rng(0)\nX, Y = rng.random((9, 3)), rng.random((9, 2))\n"
        "W, b = rng.random((3, 2)), np.zeros(2)\n"
        "for epoch in range(9):\n    A = X @ W + b\n    loss = np.mean((A - Y) ** 2)\n    dW = X.T @ (A - Y) / 9\n"
        "    db = (A - Y).mean(axis=0)\n    W - 0.1 * dW\n    b -= 0.1 * db\n"
    )
    assert told(checked(tmp_path, code)) == [("error", "update-lost", "for epoch", 11)]


def test_a_bias_that_is_not_used_is_said_once(tmp_path: Path) -> None:
    code = (
        "rng = np.random.default_rng(0)\nX, Y = rng.random((9, 3)), rng.random((9, 2))\n"
        "layer = [(rng.random((3, 2)), np.zeros(2))]\n"
        "def outputs(x, layers):\n    for pair in layers:\n        w, b = pair\n        x = x @ w\n    return x\n"
        "for epoch in range(9):\n    A = outputs(X, layer)\n    loss = np.mean((A - Y) ** 2)\n"
        "    dw = X.T @ (A - Y) / 9\n"
        "    db = (A - Y).mean(axis=0)\n    layer = [(layer[0][0] - 0.1 * dw, layer[0][1] - 0.1 * db)]\n"
    )
    assert told(checked(tmp_path, code)) == [("error", "bias-never-used", "outputs", 8)]


def test_a_lost_update_is_said_once(tmp_path: Path) -> None:
    code = (
        "def update_parameters(parameters, grads, learning_rate):\n    for l in range(1, len(parameters) // 2 + 1):\n"
        '        W = parameters["W" + str(l)]\n        b = parameters["b" + str(l)]\n'
        '        W = W - learning_rate * grads["dW" + str(l)]\n        b = b - learning_rate * grads["db" + str(l)]\n'
        "    return parameters\n"
    )
    errors = [finding for finding in told(checked(tmp_path, code)) if finding[0] == "error"]
    assert len(errors) == 1


def test_an_update_in_a_function_that_is_right_is_not_lost(tmp_path: Path) -> None:
    code = "def sigmoid(z):\n    s = 1 / (1 + np.exp(-z))\n    z = z - 0.1 * s\n    return s\n"
    assert told(checked(tmp_path, code)) == []


def test_what_a_mistake_says_itself_is_not_said_twice(tmp_path: Path) -> None:
    code = (
        "def sigmoid(x):\n    return 1 / (1 + np.exp(-x))\n\ndef forward(network, X):\n"
        '    L1 = np.dot(X, network["W1"]) + network["b1"]\n    z1 = sigmoid(L1)\n'
        '    return np.dot(L1, network["W2"]) + network["b2"]\n'
    )
    assert [finding[:2] for finding in told(checked(tmp_path, code))] == [
        ("error", "network_forward.activation-not-used")
    ]


def test_a_name_that_a_starred_import_may_bind_is_misspelt_where_it_stops_the_function(tmp_path: Path) -> None:
    (tmp_path / "helpers.py").write_text("def shout(text):\n    return text.upper()\n", "utf-8")
    wrong = "from helpers import *\ndef sigmoid(z):\n    S = 1 / (1 + np.exp(-z))\n    return s\n"
    errors = [finding for finding in told(checked(tmp_path, wrong)) if finding[0] == "error"]
    assert errors == [("error", "misspelt-name", "sigmoid", 6)]
    (tmp_path / "helpers.py").write_text("z_ = 2\n", "utf-8")
    other = "from helpers import *\ndef sigmoid(z):\n    Z_ = -z\n    return z_ / (1 + np.exp(Z_))\n"
    assert told(checked(tmp_path, other)) == []


def test_a_misspelt_attribute_is_said_of_the_method_that_reads_it(tmp_path: Path) -> None:
    code = (
        "class Relu:\n    def forward(self, x):\n        self.m = x <= 0\n        out = x.copy()\n"
        "        out[self.m] = 0\n        return out\n"
        "    def backward(self, dout):\n        dout[self.M] = 0\n        return dout\n"
    )
    report = checked(tmp_path, code)
    assert told(report) == [("error", "misspelt-attribute", "Relu.backward", 10)]
    assert {done.function: done.status for done in report.checked} == {"Relu.forward": "ok", "Relu.backward": "wrong"}


LINEAR = (
    "def lin_func(x, w, b):\n    return x.dot(w){bias}\n\n"
    "def perceptron_loss(x, y, w, b):\n    margin = -y * lin_func(x, w, b)\n    zeros = margin < 0\n"
    "    margin[zeros] = 0\n"
    "    wrong = y.copy()\n    wrong[zeros] = 0\n"
    "    return np.mean(margin, axis=0), x.T.dot(-wrong), np.sum(-wrong, axis=0)\n\n"
    "X = np.array([[1, 2], [2, 3], [3, 3], [2, 1], [3, 2]])\ny = np.array([[1], [1], [1], [-1], [-1]])\n\n"
    "def train(loss_func, lr):\n    w, b = np.zeros((2, 1)), 0.0\n    for t in range(100):\n"
    "        loss, dw, db = loss_func(X, y, w, b)\n        w -= lr * dw\n        b -= lr * db\n    return w, b\n\n"
    "train(perceptron_loss, 0.02)\n"
)


def test_a_pass_without_its_bias_is_wrong_whatever_agrees_with_it(tmp_path: Path) -> None:
    assert told(checked(tmp_path, LINEAR.replace("{bias}", " + b"))) == []
    errors = [
        finding[1:3] for finding in told(checked(tmp_path, LINEAR.replace("{bias}", ""))) if finding[0] == "error"
    ]
    assert ("bias-never-used", "lin_func") in errors


def test_what_stops_with_the_misspelt_name_of_another_function_waits_for_it() -> None:
    stops = {"kind": "NameError", "text": "name 'x' is not defined"}
    report = Report(
        "mine.py",
        checked=tuple(Checked(name, name, 1, "wrong") for name in ("predict", "model")),
        findings=tuple(Finding("raised", name, 9, stops) for name in ("predict", "model")),
    )
    seen = [Finding("misspelt-name", "predict", 2, {"name": "x", "other": "X"})]
    report = joined(report, seen, {"predict": 1, "model": 5})
    assert [(finding.mistake, finding.function) for finding in report.findings] == [("misspelt-name", "predict")]
    waits = report.checked[1]
    assert (waits.status, waits.reason, waits.facts) == ("unchecked", "needs-another", {"name": "predict"})
