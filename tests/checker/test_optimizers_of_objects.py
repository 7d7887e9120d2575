"""Optimizers that move the parameters of layers, models and tensors: right ones are judged, planted mistakes found."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainrule.checker.findings import Report
from chainrule.checker.running.sandbox import check_file

OF_TENSORS = """
import numpy as np
from engine import Tensor
class Optimizer:
    def __init__(self, params, lr=0.01):
        self.params, self.lr = params, lr
class SGD(Optimizer):
    def __init__(self, params, lr=0.01, momentum=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.v = [np.zeros_like(p.data) for p in params]
    def step(self):
        for i, p in enumerate(self.params):
            self.v[i] = self.momentum * self.v[i] - self.lr * p.grad
            p.data = p.data + self.v[i]
class Adam(Optimizer):
    def __init__(self, params, lr=0.01, beta1=0.9, beta2=0.999, eps=1e-8):
        super().__init__(params, lr)
        self.b1, self.b2, self.eps, self.t = beta1, beta2, eps, 0
        self.m = [np.zeros(p.shape) for p in params]
        self.v = [np.zeros(p.shape) for p in params]
    def step(self):
        self.t += 1
        for i, p in enumerate(self.params):
            g = p.grad.data
            self.m[i] = self.b1 * self.m[i] + (1 - self.b1) * g
            self.v[i] = self.b2 * self.v[i] + (1 - self.b2) * g ** 2
            m, v = self.m[i] / (1 - self.b1 ** self.t), self.v[i] / (1 - self.b2 ** self.t)
            p.data -= self.lr * m / (np.sqrt(v) + self.eps)
"""
OF_ADAM = "p.data -= self.lr * m / (np.sqrt(v) + self.eps)"
OF_LAYERS = """
import numpy as np
class RMSProp:
    def __init__(self, learning_rate=0.001, decay=0.0, rho=0.9, epsilon=1e-7):
        self.learning_rate, self.current, self.decay, self.n = learning_rate, learning_rate, decay, 0
        self.rho, self.epsilon = rho, epsilon
    def pre_update(self):
        if self.decay:
            self.current = self.learning_rate / (1 + self.decay * self.n)
    def update_params(self, layer):
        if not hasattr(layer, "weight_cache"):
            layer.weight_cache, layer.bias_cache = np.zeros_like(layer.weights), np.zeros_like(layer.biases)
        layer.weight_cache = self.rho * layer.weight_cache + (1 - self.rho) * layer.dweights ** 2
        layer.bias_cache = self.rho * layer.bias_cache + (1 - self.rho) * layer.dbiases ** 2
        layer.weights += -self.current * layer.dweights / (np.sqrt(layer.weight_cache) + self.epsilon)
        layer.biases += -self.current * layer.dbiases / (np.sqrt(layer.bias_cache) + self.epsilon)
    def post_update(self):
        self.n += 1
"""
OF_MODELS = """
import numpy as np
class GradientDescent:
    def __init__(self, model, init_lr):
        self.model, self.init_lr = model, init_lr
    def step(self):
        for layer in self.model.layers:
            if layer.trainable:
                for key in layer.params:
                    layer.params[key] = layer.params[key] - self.init_lr * layer.grads[key]
class Momentum:
    def __init__(self, lr, momentum=0.9):
        self.lr, self.momentum, self.modules, self.v = lr, momentum, [], []
    def add_module(self, module):
        self.modules.append(module)
        self.v.append([np.zeros_like(p) for p in module.params])
    def step(self):
        for module, v in zip(self.modules, self.v):
            for i, g in enumerate(module.grads):
                v[i] = self.momentum * v[i] + g
                module.params[i] -= self.lr * v[i]
"""
WRONG = [
    (OF_TENSORS, "- self.lr * p.grad", "+ self.lr * p.grad", "SGD.step", "optimizer.ascent"),
    (OF_TENSORS, "self.v[i] = self.momentum * self.v[i] - ", "self.v[i] = -", "SGD.step", "momentum.velocity-lost"),
    (OF_TENSORS, "(np.sqrt(v) + self.eps)", "(v + self.eps)", "Adam.step", "squares.no-root"),
    (OF_LAYERS, "(1 - self.rho) * layer", "layer", "RMSProp.update_params", "rmsprop.share-lost"),
    (OF_LAYERS, "(1 - self.rho) * layer.dw", "(1 + self.rho) * layer.dw", "RMSProp.update_params", "wrong-numbers"),
    (OF_TENSORS, "(1 - self.b2 ** self.t)", "(1 + self.b2 ** self.t)", "Adam.step", "adam.correction-plus"),
    (OF_TENSORS, "(1 - self.b2) * g", "(1 - self.b1) * g", "Adam.step", "adam.other-beta"),
    (
        OF_TENSORS,
        "p.data -= self.lr * m / (np.sqrt(v) + self.eps)",
        "self.last = m",
        "Adam.step",
        "optimizer.unchanged",
    ),
    (OF_MODELS, "- self.init_lr * layer", "- layer", "GradientDescent.step", "optimizer.rate-lost"),
    (OF_MODELS, "self.momentum * v[i] + g", "g", "Momentum.step", "momentum.velocity-lost"),
]


def _checked(folder: Path, code: str) -> Report:
    (folder / "optim.py").write_text(code, "utf-8")
    return check_file(folder / "optim.py")


@pytest.mark.parametrize(
    ("code", "functions"),
    [
        (OF_TENSORS, {"SGD.step", "Adam.step"}),
        (OF_LAYERS, {"RMSProp.update_params"}),
        (OF_MODELS, {"GradientDescent.step", "Momentum.step"}),
    ],
)
def test_right_ones_are_judged(code: str, functions: set[str], tmp_path: Path) -> None:
    report = _checked(tmp_path, code)
    assert not report.findings
    assert {checked.function for checked in report.checked if checked.status == "ok"} == functions


@pytest.mark.parametrize(("code", "right", "wrong", "function", "mistake"), WRONG)
def test_mistakes_are_found(code: str, right: str, wrong: str, function: str, mistake: str, tmp_path: Path) -> None:
    assert right in code
    report = _checked(tmp_path, code.replace(right, wrong))
    assert [(finding.function, finding.mistake) for finding in report.findings] == [(function, mistake)]


def test_what_may_be_meant_for_weights_alone_is_not_accused(tmp_path: Path) -> None:
    code = OF_LAYERS.replace("decay=0.0", "decay=0.01, l2=0.1").replace(
        "layer.weights += ", "layer.weights += -0.1 * 0.001 * layer.weights "
    )
    assert not _checked(tmp_path, code).findings


@pytest.mark.parametrize(
    ("right", "other"),
    [
        ("layer.params[key] - ", "0.999 * layer.params[key] - "),  # a decay of the weights
        ("layer.trainable", "layer.is_dense"),  # nothing is known of that
        ("layer.grads[key]", "layer.grads[key] / 32"),  # the gradients may be sums over a batch
    ],
)
def test_what_is_not_known_is_not_accused(right: str, other: str, tmp_path: Path) -> None:
    assert right in OF_MODELS
    report = _checked(tmp_path, OF_MODELS.replace(right, other))
    assert not report.findings


def test_what_moves_other_objects_than_those_beside_it_is_not_accused(tmp_path: Path) -> None:
    code = OF_TENSORS.replace(OF_ADAM, "self.last = m")
    alone = code.replace("class SGD(Optimizer):", "class Rule(Optimizer):")
    assert alone != code
    assert not _checked(tmp_path, alone).findings
