"""The checker on the book's gates, functions and layers, one mistake at a time."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from chainrule.checker import roles
from chainrule.checker.findings import Report
from chainrule.checker.learner import Learner
from chainrule.checker.telling import texts
from tests.checker.corpus import text

GATES = """import numpy as np


def and2(x1, x2):
    w1, w2, theta = 0.5, 0.5, 0.7
    return 1 if x1 * w1 + x2 * w2 > theta else 0


def OR(x):
    return int(np.sum(np.array([0.5, 0.5]) * x) - 0.2 > 0)


def nand(x1, x2):
    return 1 if 0.7 - 0.5 * x1 - 0.5 * x2 > 0 else 0


def or2(x1, x2):
    return x1 | x2


def XOR(x1, x2):
    return and2(nand(x1, x2), or2(x1, x2))
"""

FUNCTIONS = """import numpy as np


def mean_squared_error(y, t):
    return 0.5 * np.sum((y - t) ** 2)


def numerical_diff(f, x):
    h = 1e-4
    return (f(x + h) - f(x - h)) / (2 * h)


def numerical_gradient(f, x):
    h = 1e-4
    grad = np.zeros_like(x)
    it = np.nditer(x, flags=["multi_index"], op_flags=["readwrite"])
    while not it.finished:
        idx = it.multi_index
        tmp_val = x[idx]
        x[idx] = float(tmp_val) + h
        fxh1 = f(x)
        x[idx] = tmp_val - h
        fxh2 = f(x)
        grad[idx] = (fxh1 - fxh2) / (2 * h)
        x[idx] = tmp_val
        it.iternext()
    return grad
"""

LAYERS = """import numpy as np


class MulLayer:
    def __init__(self):
        self.x = None
        self.y = None

    def forward(self, x, y):
        self.x = x
        self.y = y
        return x * y

    def backward(self, dout):
        dx = dout * self.y
        dy = dout * self.x
        return dx, dy


class AddLayer:
    def __init__(self):
        pass

    def forward(self, x, y):
        return x + y

    def backward(self, dout):
        return dout * 1, dout * 1


class Dropout:
    def __init__(self, dropout_ratio=0.5):
        self.dropout_ratio = dropout_ratio
        self.mask = None

    def forward(self, x, train_flg=True):
        if train_flg:
            self.mask = np.random.rand(*x.shape) > self.dropout_ratio
            return x * self.mask
        else:
            return x * (1.0 - self.dropout_ratio)

    def backward(self, dout):
        return dout * self.mask


class BatchNormalization:
    def __init__(self, gamma, beta, momentum=0.9, running_mean=None, running_var=None):
        self.gamma = gamma
        self.beta = beta
        self.momentum = momentum
        self.running_mean = running_mean
        self.running_var = running_var

    def forward(self, x, train_flg=True):
        if self.running_mean is None:
            self.running_mean = np.zeros(x.shape[1])
            self.running_var = np.zeros(x.shape[1])
        if train_flg:
            mu = x.mean(axis=0)
            xc = x - mu
            var = np.mean(xc ** 2, axis=0)
            std = np.sqrt(var + 10e-7)
            xn = xc / std
            self.batch_size = x.shape[0]
            self.xc = xc
            self.xn = xn
            self.std = std
            self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * mu
            self.running_var = self.momentum * self.running_var + (1 - self.momentum) * var
        else:
            xc = x - self.running_mean
            xn = xc / np.sqrt(self.running_var + 10e-7)
        return self.gamma * xn + self.beta

    def backward(self, dout):
        dbeta = dout.sum(axis=0)
        dgamma = np.sum(self.xn * dout, axis=0)
        dxn = self.gamma * dout
        dxc = dxn / self.std
        dstd = -np.sum((dxn * self.xc) / (self.std * self.std), axis=0)
        dvar = 0.5 * dstd / self.std
        dxc += (2.0 / self.batch_size) * self.xc * dvar
        dmu = np.sum(dxc, axis=0)
        dx = dxc - dmu / self.batch_size
        self.dgamma = dgamma
        self.dbeta = dbeta
        return dx
"""

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

MISTAKES = [
    ("and2", "> theta", "< theta", "gate.inverted"),
    ("and2", "0.5, 0.5, 0.7", "0.5, 0.5, 0.2", "gate.is-OR"),
    ("OR", "- 0.2 > 0", "- 0.7 > 0", "gate.is-AND"),
    ("nand", "0.7 - 0.5 * x1", "-0.7 - 0.5 * x1", "gate.always-0"),
    ("or2", "x1 | x2", "x1", "gate.only-x1"),
    ("XOR", "and2(nand(x1, x2), or2(x1, x2))", "or2(x1, x2)", "gate.is-OR"),
    ("mean_squared_error", "(y - t) ** 2", "(y - t)", "squared_error.not-squared"),
    ("mean_squared_error", "(y - t)", "(y + t)", "squared_error.plus"),
    ("numerical_diff", "(f(x + h) - f(x - h)) / (2 * h)", "f(x + h) - f(x - h) / (2 * h)", "numerical.precedence"),
    ("numerical_gradient", "        x[idx] = tmp_val\n", "", "numerical.x-not-restored"),
    ("numerical_gradient", "(fxh1 - fxh2) / (2 * h)", "(fxh1 - fxh2) / h", "numerical.divided-by-h"),
    ("MulLayer.backward", "dout * self.y", "dout * self.x + 0", "mul_backward.not-switched"),
    ("AddLayer.backward", "dout * 1, dout * 1", "1, 1", "add_backward.gradient-lost"),
    ("Dropout.forward", "> self.dropout_ratio", "< self.dropout_ratio", "dropout.inverted"),
    ("Dropout.forward", "x * (1.0 - self.dropout_ratio)", "x", "dropout.not-scaled"),
    ("Dropout.forward", "if train_flg:", "if True:", "dropout.always-drops"),
    ("Dropout.backward", "dout * self.mask", "dout", "dropout_backward.no-mask"),
    (
        "Dropout.backward",
        "dout * self.mask",
        "dout * (np.random.rand(*dout.shape) > self.dropout_ratio)",
        "dropout_backward.new-mask",
    ),
    ("BatchNormalization.forward", "return self.gamma * xn", "return xn", "batchnorm.no-gamma"),
    (
        "BatchNormalization.forward",
        "if train_flg:\n            mu",
        "if True:\n            mu",
        "batchnorm.batch-at-test",
    ),
    (
        "BatchNormalization.forward",
        "np.sqrt(self.running_var + 10e-7)",
        "(self.running_var + 10e-7)",
        "batchnorm.variance",
    ),
    (
        "BatchNormalization.backward",
        "dx = dxc - dmu / self.batch_size",
        "dx = dxn / self.std",
        "batchnorm_backward.constants",
    ),
    (
        "BatchNormalization.backward",
        "dgamma = np.sum(self.xn * dout, axis=0)",
        "dgamma = np.sum(dout, axis=0)",
        "batchnorm_backward.parameters-formula",
    ),
]


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


@pytest.mark.parametrize(("function", "old", "new", "key"), MISTAKES, ids=[f"{m[0]} {m[3]}" for m in MISTAKES])
def test_a_mistake_is_named_and_its_function_alone_is_blamed(function: str, old: str, new: str, key: str) -> None:
    name = function.partition(".")[0]
    definition = f"class {name}:" if "." in function else f"def {name}("
    source = next(each for each in (GATES, FUNCTIONS, LAYERS) if definition in each)
    at = source.index(old, source.index(definition))
    report = check(source[:at] + new + source[at + len(old) :])
    assert errors(report) == [(function, key)]
    assert key in texts.entries()


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
