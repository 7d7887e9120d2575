"""A known mistake in some of the quantities, where all others are right."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainrule.checker.running.sandbox import check_file

MOMENTUM = """
import numpy as np

def update_parameters_with_momentum(parameters, grads, v, beta, learning_rate):
    for l in range(1, len(parameters) // 2 + 1):
        v["dW" + str(l)] = beta * v["dW" + str(l)] + (1 - beta) * grads["dW" + str(l)]
        v["db" + str(l)] = BIAS
        parameters["W" + str(l)] = parameters["W" + str(l)] - learning_rate * v["dW" + str(l)]
        parameters["b" + str(l)] = parameters["b" + str(l)] - learning_rate * v["db" + str(l)]
    return parameters, v
"""
BIAS = {
    '(1 - beta) * v["db" + str(l)] + beta * grads["db" + str(l)]': "momentum.weights-swapped",
    'beta * v["db" + str(l)] + 3 * grads["db" + str(l)]': "wrong-numbers",
}


@pytest.mark.parametrize("bias", BIAS)
def test_a_mistake_that_only_the_biases_have_gets_its_name_if_it_is_known(tmp_path: Path, bias: str) -> None:
    (tmp_path / "mine.py").write_text(MOMENTUM.replace("BIAS", bias), "utf-8")
    (finding,) = check_file(tmp_path / "mine.py").findings
    assert finding.mistake == BIAS[bias]
    assert finding.facts["name"].startswith("b1")
