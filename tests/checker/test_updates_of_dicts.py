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
