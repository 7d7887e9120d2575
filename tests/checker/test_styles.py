"""One mistake is one row and one text: it is found and named in every style of code."""

from __future__ import annotations

import pytest

from tests.checker.quality import checked

COURSE = """
import numpy as np

def L_model_forward(X, parameters):
    caches, A, L = [], X, len(parameters) // 2
    for l in range(1, L):
        Z = np.dot(parameters["W" + str(l)], A) + parameters["b" + str(l)]
        caches.append((A, parameters["W" + str(l)], Z))
        A = np.maximum(Z, 0)
    Z = np.dot(parameters["W" + str(L)], A) + parameters["b" + str(L)]
    caches.append((A, parameters["W" + str(L)], Z))
    E = np.exp(Z - Z.max(axis=0, keepdims=True))
    AL = E / E.sum(axis=0, keepdims=True)
    return AL, caches
"""
DICT = """
import numpy as np

def forward(network, x):
    a1 = np.dot(x, network["W1"]) + network["b1"]
    z1 = np.maximum(a1, 0)
    a2 = np.dot(z1, network["W2"]) + network["b2"]
    e = np.exp(a2 - np.max(a2, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)
"""
CLASS = """
import numpy as np

class TwoLayerNet:
    def __init__(self, input_size, hidden_size, output_size, weight_init_std=0.01):
        self.params = {
            "W1": weight_init_std * np.random.randn(input_size, hidden_size),
            "b1": np.zeros(hidden_size),
            "W2": weight_init_std * np.random.randn(hidden_size, output_size),
            "b2": np.zeros(output_size),
        }

    def predict(self, x):
        z1 = np.maximum(np.dot(x, self.params["W1"]) + self.params["b1"], 0)
        a2 = np.dot(z1, self.params["W2"]) + self.params["b2"]
        e = np.exp(a2 - np.max(a2, axis=1, keepdims=True))
        return e / np.sum(e, axis=1, keepdims=True)
"""
ROWS = """
import numpy as np

def forward(X, params):
    Z1 = X @ params["W1"] + params["b1"]
    A1 = np.maximum(Z1, 0)
    Z2 = A1 @ params["W2"] + params["b2"]
    E = np.exp(Z2 - Z2.max(axis=1, keepdims=True))
    A2 = E / E.sum(axis=1, keepdims=True)
    return A2, {"Z1": Z1, "A1": A1}
"""
COLUMNS = """
import numpy as np

def forward_prop(W1, b1, W2, b2, X):
    Z1 = W1.dot(X) + b1
    A1 = np.maximum(Z1, 0)
    Z2 = W2.dot(A1) + b2
    E = np.exp(Z2 - Z2.max(axis=0))
    A2 = E / E.sum(axis=0)
    return Z1, A1, Z2, A2
"""
ONE_CLASS = """
import numpy as np

class Network:
    def __init__(self, n_in, n_hidden, n_out):
        self.W1 = np.random.randn(n_in, n_hidden) * 0.1
        self.b1 = np.zeros((1, n_hidden))
        self.W2 = np.random.randn(n_hidden, n_out) * 0.1
        self.b2 = np.zeros((1, n_out))

    def forward(self, X):
        self.Z1 = X @ self.W1 + self.b1
        self.A1 = np.maximum(self.Z1, 0)
        Z2 = self.A1 @ self.W2 + self.b2
        E = np.exp(Z2 - Z2.max(axis=1, keepdims=True))
        return E / E.sum(axis=1, keepdims=True)

    def backward(self, X, y, output):
        d2 = (output - y) / len(X)
        d1 = d2 @ self.W2.T * (self.Z1 > 0)
        return X.T @ d1, d1.sum(axis=0, keepdims=True), self.A1.T @ d2, d2.sum(axis=0, keepdims=True)
"""
# Style: the code, who is blamed, and how each of the two mistakes is made: what is replaced by what.
STYLES: dict[str, tuple[str, str, list[tuple[str, str]], list[tuple[str, str]]]] = {
    "the course's L-model": (
        COURSE,
        "L_model_forward",
        [
            ('A) + parameters["b" + str(l)]', "A)"),
            ("A = np.maximum(Z, 0)", 'A = np.maximum(Z, 0) + parameters["b" + str(l)]'),
        ],
        [("axis=0", "axis=1")],
    ),
    "the book's dict": (
        DICT,
        "forward",
        [(' + network["b1"]', ""), ("np.maximum(a1, 0)", 'np.maximum(a1, 0) + network["b1"]')],
        [("axis=-1", "axis=0")],
    ),
    "the book's class": (
        CLASS,
        "TwoLayerNet.predict",
        [(' + self.params["b1"], 0)', ', 0) + self.params["b1"]')],
        [("axis=1", "axis=0")],
    ),
    "rows": (
        ROWS,
        "forward",
        [(' + params["b1"]', ""), ("np.maximum(Z1, 0)", 'np.maximum(Z1, 0) + params["b1"]')],
        [("axis=1", "axis=0")],
    ),
    "columns": (
        COLUMNS,
        "forward_prop",
        [(".dot(X) + b1", ".dot(X)"), ("np.maximum(Z1, 0)", "np.maximum(Z1, 0) + b1")],
        [("axis=0", "axis=1, keepdims=True")],
    ),
    "a network in one class": (
        ONE_CLASS,
        "Network.forward",
        [(" + self.b1", ""), ("np.maximum(self.Z1, 0)", "np.maximum(self.Z1, 0) + self.b1")],
        [("axis=1", "axis=0")],
    ),
}


def errors(source: str) -> list[tuple[str, str]]:
    findings = checked(source, "style.py").findings
    return [(finding.function, finding.mistake) for finding in findings if finding.severity == "error"]


def changed(source: str, changes: list[tuple[str, str]]) -> str:
    for old, new in changes:
        assert old in source
        source = source.replace(old, new)
    return source


@pytest.mark.parametrize("style", STYLES)
def test_right_code_is_not_accused(style: str) -> None:
    source, function, _, _ = STYLES[style]
    report = checked(source, "style.py")
    assert report.findings == () and {c.function: c.status for c in report.checked}[function] == "ok"


@pytest.mark.parametrize("style", STYLES)
def test_a_bias_after_the_activation_is_named(style: str) -> None:
    source, function, late, _ = STYLES[style]
    assert errors(changed(source, late)) == [(function, "linear_forward.bias-after")]


@pytest.mark.parametrize("style", STYLES)
def test_a_softmax_over_the_wrong_axis_is_named(style: str) -> None:
    source, function, _, axis = STYLES[style]
    assert errors(changed(source, axis)) == [(function, "softmax.wrong-axis")]


def test_a_network_without_biases_is_no_mistake() -> None:
    code = ONE_CLASS
    for bias in (" + self.b1", " + self.b2"):
        code = code.replace(bias, "")
    code = "\n".join(line for line in code.splitlines() if "self.b" not in line)
    assert "b1" not in code and not checked(code, "net.py").findings
