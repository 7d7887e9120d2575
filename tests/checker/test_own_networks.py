"""Networks in one class: their own loss by differences against the gradients that they return or keep."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

from chainrule.checker import clock
from chainrule.checker.derivatives import layers
from chainrule.checker.running.child import _namespace
from chainrule.checker.running.imports import Importer
from chainrule.checker.watching.paths import Change, Path
from chainrule.checker.watching.rehearsal import Rehearsal, Rehearsals
from tests.checker.judging import judged

IMAGES = """
from common.layers import *
class PictureNet:
    def __init__(self, input_dim=(1, 28, 28), conv={"count": 6, "side": 5, "pad": 0}, hidden_size=50, output_size=10):
        side = (input_dim[1] - conv["side"] + 2 * conv["pad"] + 1) // 2
        self.params = {
            "W1": 0.01 * np.random.randn(conv["count"], input_dim[0], conv["side"], conv["side"]),
            "b1": np.zeros(conv["count"]),
            "W2": 0.01 * np.random.randn(conv["count"] * side * side, hidden_size), "b2": np.zeros(hidden_size),
            "W3": 0.01 * np.random.randn(hidden_size, output_size), "b3": np.zeros(output_size),
        }
        W, b = [[self.params[f"{kind}{number}"] for number in (1, 2, 3)] for kind in "Wb"]
        self.weighted = Convolution(W[0], b[0], 1, conv["pad"]), Affine(W[1], b[1]), Affine(W[2], b[2])
        first, second, third = self.weighted
        self.layers = [first, Relu(), Pooling(2, 2), second, Relu(), third]
        self.last = SoftmaxWithLoss()
    def predict(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x
    def loss(self, x, t):
        return self.last.forward(self.predict(x), t)
    def gradient(self, x, t):
        self.loss(x, t)
        dout = self.last.backward(1)
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        grads = {}
        for number, layer in enumerate(self.weighted):
            grads[f"W{number + 1}"], grads[f"b{number + 1}"] = layer.dW, layer.db
        return grads
"""
FIXED = IMAGES.replace('(input_dim[1] - conv["side"] + 2 * conv["pad"] + 1) // 2', "12")
FUSED = """
class TinyNet:
    def __init__(self, input_dim=3 * 32 * 32, hidden_dim=100, num_classes=10, weight_scale=1e-3, reg=0.0):
        self.reg = reg
        self.params = {"W1": weight_scale * np.random.randn(input_dim, hidden_dim), "b1": np.zeros(hidden_dim),
                       "W2": weight_scale * np.random.randn(hidden_dim, num_classes), "b2": np.zeros(num_classes)}
        self.params = {name: value.astype(np.float32) for name, value in self.params.items()}
    def loss(self, X, y=None):
        Z = X @ self.params["W1"] + self.params["b1"]
        H = np.maximum(Z, 0)
        scores = H @ self.params["W2"] + self.params["b2"]
        if y is None:
            return scores
        P = np.exp(scores - scores.max(axis=1, keepdims=True))
        P /= P.sum(axis=1, keepdims=True)
        loss = -np.log(P[np.arange(len(X)), y]).mean()
        dscores = P
        dscores[np.arange(len(X)), y] -= 1
        dscores /= len(X)
        dH = dscores @ self.params["W2"].T * (Z > 0)
        return loss, {"W1": X.T @ dH, "b1": dH.sum(axis=0), "W2": H.T @ dscores, "b2": dscores.sum(axis=0)}
"""
WORDS = """
from common.layers import MatMul, SoftmaxWithLoss
class Neighbors:
    def __init__(self, vocab_size, hidden_size):
        W_in = 0.01 * np.random.randn(vocab_size, hidden_size).astype("f")
        W_out = 0.01 * np.random.randn(hidden_size, vocab_size).astype("f")
        self.embed, self.score = MatMul(W_in), MatMul(W_out)
        self.losses = SoftmaxWithLoss(), SoftmaxWithLoss()
        self.params, self.grads = self.embed.params + self.score.params, self.embed.grads + self.score.grads
    def forward(self, contexts, target):
        s = self.score.forward(self.embed.forward(target))
        return sum(loss.forward(s, contexts[:, place]) for place, loss in enumerate(self.losses))
    def backward(self, dout=1):
        ds = sum(loss.backward(dout) for loss in self.losses)
        self.embed.backward(self.score.backward(ds))
"""

LAST = """
class Last:
    def __init__(self, length, classes):
        self.W, self.b = np.random.randn(length, classes) / length, np.zeros(classes)
    def forward(self, image):
        self.shape, self.x = image.shape, image.flatten()
        self.scores = self.x @ self.W + self.b
        return np.exp(self.scores) / np.exp(self.scores).sum()
    def backprop(self, dout, rate):
        for place, gradient in enumerate(dout):
            if gradient == 0:
                continue
            E = np.exp(self.scores)
            slopes = -E[place] * E / E.sum() ** 2
            slopes[place] = E[place] * (E.sum() - E[place]) / E.sum() ** 2
            dscores = gradient * slopes
            dx = self.W @ dscores
            self.W -= rate * np.outer(self.x, dscores)
            self.b -= rate * dscores
            return dx.reshape(self.shape)
"""


@pytest.mark.parametrize(
    ("code", "functions"),
    [
        (IMAGES, {f"PictureNet.{method}" for method in ("__init__", "predict", "loss", "gradient")}),
        (FIXED, {f"PictureNet.{method}" for method in ("__init__", "predict", "loss", "gradient")}),
        (FUSED, {"TinyNet.__init__", "TinyNet.loss"}),
        (LAST, {f"Last.{method}" for method in ("__init__", "forward", "backprop")}),
        (WORDS, {f"Neighbors.{method}" for method in ("__init__", "forward", "backward")}),
    ],
)
def test_right_networks_are_right(code: str, functions: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    right, findings = judged(code, monkeypatch)
    assert not findings
    assert functions == right


@pytest.mark.parametrize(
    ("code", "right", "wrong", "function", "quantity"),
    [
        (IMAGES, "layer.dW, layer.db", "layer.dW, 2 * layer.db", "PictureNet.gradient", "params['b1']"),
        (
            IMAGES,
            "dout = layer.backward(dout)",
            "dout = layer.backward(dout) * 1.5",
            "PictureNet.gradient",
            "params['W1']",
        ),
        (FUSED, "* (Z > 0)", "* (Z < 1)", "TinyNet.loss", "params['W1']"),
        (FUSED, "dscores.sum(axis=0)", "dscores[0]", "TinyNet.loss", "params['b2']"),
        (LAST, "np.outer(self.x, dscores)", "np.outer(self.x, slopes)", "Last.backprop", "W"),
        (WORDS, "self.score.backward(ds)", "self.score.backward(ds) / 2", "Neighbors.backward", "params[0]"),
    ],
)
def test_a_mistake_in_a_network_is_found(
    code: str, right: str, wrong: str, function: str, quantity: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert code.count(right) == 1
    right_functions, (finding,) = judged(code.replace(right, wrong), monkeypatch)
    assert function not in right_functions
    assert (finding.mistake, finding.function, finding.facts["name"]) == ("own-gradient", function, quantity)


def test_what_python_itself_calls_is_no_code_from_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    code = """
    from collections.abc import Sized
    class Line:
        def __init__(self, n_in, n_out):
            self.W = np.random.randn(n_in, n_out)
        def forward(self, x):
            self.x = x
            return x @ self.W if isinstance(x, Sized) else x
        def backward(self, grad):
            self.dW = self.x.T @ grad
            return 2 * grad @ self.W.T
    """
    _, (finding,) = judged(code, monkeypatch)
    assert (finding.function, finding.facts["pattern"]) == ("Line.backward", "ratio 2")


class _Slow:
    """Code that takes so long that there is no time for many runs."""

    def __init__(self, rerun: Rehearsal) -> None:
        self._rerun, self.runs = rerun, 0
        self.before = rerun.before

    def after(self, changes: Iterable[Change] = (), wanted: Iterable[Path] | None = None) -> dict[Path, Any]:
        clock.spend(0.1)
        self.runs += 1
        return self._rerun.after(changes, wanted)


@pytest.mark.parametrize(("seconds", "looked_at"), [(60.0, 9), (3.0, 4), (0.5, 0)])
def test_of_slow_code_fewer_numbers_are_looked_at(seconds: float, looked_at: int) -> None:
    code = "y = np.tanh(x @ W); dy = upstream + 0 * y; gradients = dy * (1 - y * y) @ W.T"
    values = {"np": np, "x": np.ones((5, 2)), "W": np.ones((2, 6)) / 3, "upstream": 1.0}
    rerun = _Slow(Rehearsals(_namespace("<learner>", Importer())).exercise("layer = None", code, values))
    clock.restart()
    comparison = layers.compare(rerun, clock.now() + seconds)
    names = "xW" if looked_at else ""
    assert {gradient.name: len(gradient.places) for gradient in comparison.gradients} == dict.fromkeys(names, looked_at)
    assert rerun.runs < 3 or looked_at  # there is no time, and that is known at once
