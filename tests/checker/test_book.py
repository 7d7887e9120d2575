"""The checker on the book's gates, functions and layers, one mistake at a time."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from chainrule.checker import roles
from chainrule.checker.findings import Report
from chainrule.checker.learner import Learner
from chainrule.checker.telling import texts
from tests.checker.corpus import APART, Planted, text

GATES, FUNCTIONS, LAYERS = (text(f"book_{name}.py") for name in ("gates", "functions", "layers"))


CHAPTER_3 = """import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    x = x - np.max(x)
    exp = [np.exp(i) for i in x]
    return [j / sum(exp) for j in exp]


def init_network():
    with open("sample_weight.pkl", "rb") as f:
        return pickle.load(f)


def predict(network, x):
    W1, W2, W3 = network["W1"], network["W2"], network["W3"]
    b1, b2, b3 = network["b1"], network["b2"], network["b3"]
    L1 = np.dot(x, W1) + b1
    z1 = sigmoid(L1)
    L2 = np.dot(z1, W2) + b2
    z2 = sigmoid(L2)
    L3 = np.dot(z2, W3) + b3
    y = softmax(L3)
    return y
"""


def check(source: str) -> Report:
    """Return what the checker says about a source, which runs in this process."""
    namespace: dict[str, Any] = {}
    exec(compile(source, "<learner>", "exec"), namespace)
    return roles.check(Learner(namespace, ast.parse(source)), "learner.py")


def errors(report: Report) -> list[tuple[str, str]]:
    return [(finding.function, finding.mistake) for finding in report.findings if finding.severity == "error"]


@pytest.mark.parametrize(("source", "count"), [(GATES, 5), (FUNCTIONS, 3), (LAYERS, 8)])
def test_right_code_is_not_accused(source: str, count: int) -> None:
    report = check(source)
    assert errors(report) == []
    assert [checked.status for checked in report.checked] == ["ok"] * count


@pytest.mark.parametrize(
    "mistake", [m for m in APART if m.style != "cs231n"], ids=lambda mistake: f"{mistake.function} {mistake.named}"
)
def test_a_mistake_is_named_and_its_function_alone_is_blamed(mistake: Planted) -> None:
    assert errors(check(mistake.source)) == [(mistake.function, mistake.named)]
    assert mistake.named in texts.entries()


def test_a_softmax_for_one_example_and_a_network_that_uses_it_are_right() -> None:
    report = check(CHAPTER_3)
    assert errors(report) == []
    assert [f.mistake for f in report.findings] == ["softmax.one-example-only"]
    assert {c.function: c.status for c in report.checked} == {"sigmoid": "ok", "softmax": "ok", "predict": "ok"}
    assert report.unmatched == ("init_network",)  # its file is not here, so that it cannot be tried


@pytest.mark.parametrize("layer", ["z1, W2", "z2, W3"])
def test_an_activation_that_is_computed_and_not_used_is_named_with_its_variable(layer: str) -> None:
    report = check(CHAPTER_3.replace(f"np.dot({layer})", f"np.dot({layer.replace('z', 'L')})"))
    assert errors(report) == [("predict", "network_forward.activation-not-used")]
    facts = report.findings[-1].facts
    assert facts["variable"] == layer[:2] and facts["other"] == layer[:2].replace("z", "L")


def test_a_wrong_layer_does_not_make_the_network_wrong() -> None:
    book = text("book.py")
    report = check(book.replace("dx = dout * (1.0 - self.out)", "dx = (1.0 - self.out)").replace("Relu()", "Sigmoid()"))
    assert errors(report) == [("Sigmoid.backward", "activation_backward.gradient-lost")]
    unchecked = [c.function for c in report.checked if c.status == "unchecked"]
    assert unchecked == ["TwoLayerNet.gradient"]


@pytest.mark.parametrize(
    ("affine", "loss", "blamed"),
    [
        ("/ dout.shape[0]", "", []),
        ("", "/ batch_size", []),
        ("", "", [("SoftmaxWithLoss.backward", "softmax_loss.no-mean")]),
        ("/ dout.shape[0]", "/ batch_size", [("Affine.backward", "linear_backward.extra-mean")]),
    ],
)
def test_the_mean_is_taken_once_in_the_loss_or_in_the_affine_layer(affine: str, loss: str, blamed: list[Any]) -> None:
    source = text("book.py").replace("(self.y - self.t) / batch_size", f"(self.y - self.t) {loss}")
    source = source.replace("dx = dx / batch_size", f"dx = dx {loss}")
    source = source.replace("np.dot(self.x.T, dout)", f"np.dot(self.x.T, dout) {affine}")
    source = source.replace("np.sum(dout, axis=0)", f"np.sum(dout, axis=0) {affine}")
    assert errors(check(source)) == blamed


def test_a_gradient_that_adds_up_is_right_with_something_that_resets_it() -> None:
    source = text("book.py").replace(
        "self.dW = np.dot(self.x.T, dout)", "self.dW = np.dot(self.x.T, dout) + (0 if self.dW is None else self.dW)"
    )
    assert errors(check(source))[0] == ("Affine.backward", "affine_backward.adds-up")
