"""Steps of gradient descent for parameters in dicts of any keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainrule.checker.running.sandbox import check_file

ONE_LAYER = """
def update_parameters(parameters, grads, learning_rate):
    parameters["W"] = parameters["W"] - learning_rate * grads["dW"]
    parameters["b"] = parameters["b"] - learning_rate * grads["db"]
    return parameters
"""
RECURRENT = """
def update(params, gradients, lr):
    for key in ("Wax", "Waa", "by"):
        params[key] -= lr * gradients[{"Wax": "dWax", "Waa": "dWaa", "by": "dby"}[key]]
"""
IN_A_CLASS = """
class Net:
    def update(self, params_values, grads_values, architecture, learning_rate):
        for number, layer in enumerate(architecture, 1):
            params_values["W" + str(number)] -= learning_rate * grads_values["dW" + str(number)]
            params_values["b" + str(number)] -= learning_rate * grads_values["db" + str(number)]
        return params_values
"""


def _statuses(folder: Path, code: str) -> dict[str, str]:
    (folder / "net.py").write_text(code, "utf-8")
    report = check_file(folder / "net.py")
    assert not report.findings
    return {checked.function: checked.status for checked in report.checked}


@pytest.mark.parametrize(
    ("code", "function"),
    [
        (ONE_LAYER, "update_parameters"),
        (ONE_LAYER.replace('grads["dW"]', 'grads["dW"].T'), "update_parameters"),
        (RECURRENT, "update"),
        (IN_A_CLASS, "Net.update"),
    ],
)
def test_right_steps_are_judged(code: str, function: str, tmp_path: Path) -> None:
    assert _statuses(tmp_path, code)[function] == "ok"


@pytest.mark.parametrize("code", [ONE_LAYER, RECURRENT, IN_A_CLASS])
def test_other_steps_are_not_called_right(code: str, tmp_path: Path) -> None:
    other = code.replace("rate * grad", "rate * 2 * grad").replace("lr * grad", "lr * 2 * grad")
    assert other != code
    assert "ok" not in _statuses(tmp_path, other).values()


FORGOTTEN = ONE_LAYER.replace('    parameters["W"] = parameters["W"] - learning_rate * grads["dW"]\n', "")
BACKWARD = """
def backward(X, dZ):
    return {"dW": X.T @ dZ, "db": dZ.sum(axis=0)}

def initialize(n):
    return {"W": [[0.0]] * n, "b": [0.0]}
"""


@pytest.mark.parametrize(
    ("code", "mistake"),
    [
        (ONE_LAYER.replace('["W"] - ', '["W"] + '), "update.ascent"),
        (ONE_LAYER.replace('["b"] - ', '["b"] + ').replace('grads["dW"]', 'grads["dW"].T'), "update.ascent"),
        (ONE_LAYER.replace('parameters["b"] =', "b ="), "update.one-skipped"),
        (FORGOTTEN + BACKWARD, "update.one-skipped"),
    ],
)
def test_a_parameter_that_goes_up_or_stays_is_told(code: str, mistake: str, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(code, "utf-8")
    report = check_file(tmp_path / "net.py")
    assert [(f.mistake, f.function) for f in report.findings] == [(mistake, "update_parameters")]


READ_ELSEWHERE = """
def update_weights(parameters, grads, learning_rate):
    parameters["W"] = parameters["W"] - learning_rate * grads["dW"]
"""


@pytest.mark.parametrize(
    "code",
    [
        ONE_LAYER.replace('"] - ', '"] + '),  # their gradients may be meant with a minus
        FORGOTTEN + BACKWARD + READ_ELSEWHERE,
        FORGOTTEN,
        ONE_LAYER.replace('    parameters["b"]', '    if len(grads) > 2: parameters["b"]'),
        IN_A_CLASS.replace("enumerate(architecture, 1)", "enumerate(architecture[1:], 1)"),
    ],
)
def test_other_steps_are_not_accused(code: str, tmp_path: Path) -> None:
    assert code not in (ONE_LAYER, IN_A_CLASS)
    _statuses(tmp_path, code)
