"""The checker on optimizers, convolution, recurrence and regularization: mistakes are named, right code passes."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from chainrule.checker.findings import Checked, Finding
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Probe, examine, inspect
from chainrule.checker.roles import Family, book, course
from chainrule.checker.telling import texts
from chainrule.common.languages import LANGUAGES

RIGHT = Path(__file__).parent / "corpus/right"
FAMILIES: dict[str, Family] = {
    "book_update_rules": book.optimizers,
    "course_optimizers": course.optimizers,
    "book_convolution": book.convolution,
    "course_convolution": course.convolution,
    "course_recurrent": course.recurrent,
    "course_regularization": course.regularization,
}
NUMBERS = {
    "book_update_rules": 6,
    "course_optimizers": 6,
    "book_convolution": 6,
    "course_convolution": 8,
    "course_recurrent": 8,
    "course_regularization": 4,
}


@cache
def right(name: str) -> str:
    return (RIGHT / f"{name}.py").read_text("utf-8")


def look(family: Family, text: str, only: str = "") -> tuple[dict[str, Checked], list[Finding]]:
    """What one family finds in a learner's code, or in one function of it and in those that call that."""
    namespace: dict[str, object] = {}
    exec(compile(text, "<learner>", "exec"), namespace)
    learner = Learner(namespace, ast.parse(text))
    checked: dict[str, Checked] = {}
    findings: list[Finding] = []
    for probe in family.probes(learner):
        if only not in ("", probe.function, *probe.needs):
            continue
        wrong = {function: done.status for function, done in checked.items() if done.status == "wrong"}
        if isinstance(probe, Probe):
            checked[probe.function], found = examine(learner, probe, wrong)
        else:
            checked[probe.function], found = inspect(learner, probe, wrong)
        findings += found
    return checked, findings


@pytest.mark.parametrize("name", FAMILIES)
def test_right_code_passes(name: str) -> None:
    checked, findings = look(FAMILIES[name], right(name))
    assert findings == []
    assert [done.status for done in checked.values()] == ["ok"] * NUMBERS[name]


OPTIMIZER_FORMS = {
    "lists, and a mean of gradients": """
import numpy as np
class Momentum:
    def __init__(self, lr=0.01):
        self.lr, self.momentum, self.v = lr, 0.5, None
    def update(self, params, grads):
        if self.v is None:
            self.v = [np.zeros_like(p) for p in params]
        for i, (p, g) in enumerate(zip(params, grads)):
            self.v[i] = self.momentum * self.v[i] + (1 - self.momentum) * g
            p -= self.lr * self.v[i]
""",
    "new lists are returned, and epsilon is in the root": """
import numpy as np
class Adam:
    def __init__(self, alpha=0.01, b1=0.9, b2=0.999, epsilon=1e-8):
        self.a, self.b1, self.b2, self.e, self.m, self.v, self.t = alpha, b1, b2, epsilon, [], [], 0
    def step(self, params, grads):
        self.t += 1
        self.m = self.m or [0 * p for p in params]
        self.v = self.v or [0 * p for p in params]
        new = []
        for i, (p, g) in enumerate(zip(params, grads)):
            self.m[i] = self.b1 * self.m[i] + (1 - self.b1) * g
            self.v[i] = self.b2 * self.v[i] + (1 - self.b2) * g * g
            m, v = self.m[i] / (1 - self.b1**self.t), self.v[i] / (1 - self.b2**self.t)
            new.append(p - self.a * m / np.sqrt(v + self.e))
        return new
""",
    "one array at a time": """
import numpy as np
class AdaGrad:
    def __init__(self, lr):
        self.lr, self.h = lr, 0
    def update(self, w, g):
        self.h = self.h + g**2
        return w - self.lr * g / np.sqrt(self.h + 1e-8)
""",
    "gradients called dW, the rate in the call": """
class SGD:
    def update(self, params, grads, lr):
        for key in params:
            params[key] -= lr * grads["d" + key]
""",
    "the method is inherited": """
class Optimizer:
    def __init__(self, learning_rate=0.01):
        self.learning_rate = learning_rate
    def update(self, params, grads):
        for key in params:
            params[key] += self.change(grads[key])
class SGD(Optimizer):
    def change(self, g):
        return -self.learning_rate * g
""",
}


@pytest.mark.parametrize("form", OPTIMIZER_FORMS)
def test_an_optimizer_may_be_written_otherwise(form: str) -> None:
    checked, findings = look(book.optimizers, OPTIMIZER_FORMS[form])
    assert findings == []
    assert [done.status for done in checked.values()] == ["ok"]


PLANTED = [
    # (file, who is blamed, the key, what is replaced, by what)
    (
        "book_update_rules",
        "SGD.update",
        "optimizer.ascent",
        "params[key] -= self.lr * grads[key]",
        "params[key] += self.lr * grads[key]",
    ),
    (
        "book_update_rules",
        "SGD.update",
        "optimizer.unchanged",
        "params[key] -= self.lr * grads[key]",
        "params[key] - self.lr * grads[key]",
    ),
    (
        "book_update_rules",
        "SGD.update",
        "optimizer.rate-fixed",
        "params[key] -= self.lr * grads[key]",
        "params[key] -= 0.01 * grads[key]",
    ),
    (
        "book_update_rules",
        "SGD.update",
        "optimizer.assigned",
        "params[key] -= self.lr * grads[key]",
        "params[key] = -self.lr * grads[key]",
    ),
    (
        "book_update_rules",
        "SGD.update",
        "optimizer.biases-skipped",
        "params[key] -= self.lr * grads[key]",
        "params[key] -= self.lr * grads[key] * (key[0] == 'W')",
    ),
    (
        "book_update_rules",
        "Momentum.update",
        "momentum.velocity-lost",
        "self.momentum * self.v[key] - self.lr",
        "-self.lr",
    ),
    (
        "book_update_rules",
        "Momentum.update",
        "momentum.not-decayed",
        "self.momentum * self.v[key] - self.lr",
        "self.v[key] - self.lr",
    ),
    (
        "book_update_rules",
        "Momentum.update",
        "optimizer.ascent",
        "self.momentum * self.v[key] - self.lr",
        "self.momentum * self.v[key] + self.lr",
    ),
    (
        "book_update_rules",
        "Momentum.update",
        "optimizer.rate-twice",
        "params[key] += self.v[key]",
        "params[key] += self.lr * self.v[key]",
    ),
    (
        "book_update_rules",
        "AdaGrad.update",
        "adagrad.not-added",
        "self.h[key] += grads[key] * grads[key]",
        "self.h[key] = grads[key] * grads[key]",
    ),
    (
        "book_update_rules",
        "AdaGrad.update",
        "squares.no-square",
        "self.h[key] += grads[key] * grads[key]",
        "self.h[key] += grads[key]",
    ),
    ("book_update_rules", "RMSprop.update", "rmsprop.is-adagrad", "self.h[key] *= self.decay_rate", "pass"),
    ("book_update_rules", "RMSprop.update", "rmsprop.share-lost", "(1 - self.decay_rate) * grads", "grads"),
    ("book_update_rules", "Adam.update", "adam.t-fixed", "self.iter += 1", "self.iter = 1"),
    ("book_update_rules", "Adam.update", "adam.t-from-0", "self.iter += 1", "self.iter += 0"),
    ("book_update_rules", "Adam.update", "adam.gradient-for-m", "lr_t * self.m[key]", "lr_t * grads[key]"),
    ("book_update_rules", "Adam.update", "squares.no-root", "np.sqrt(self.v[key])", "self.v[key]"),
    (
        "book_update_rules",
        "Adam.update",
        "adam.correction-no-root",
        "np.sqrt(1.0 - self.beta2**self.iter)",
        "(1.0 - self.beta2**self.iter)",
    ),
    ("book_update_rules", "Adam.update", "adam.no-correction", "lr_t * self.m[key]", "self.lr * self.m[key]"),
    (
        "course_optimizers",
        "update_parameters_with_gd",
        "optimizer.last-skipped",
        "range(1, L + 1):\n        parameters",
        "range(1, L):\n        parameters",
    ),
    (
        "course_optimizers",
        "update_parameters_with_adam",
        "adam.corrected-stored",
        "vc[k] = v[k] /",
        "v[k] = vc[k] = v[k] /",
    ),
    (
        "course_optimizers",
        "update_parameters_with_adam",
        "adam.corrections-swapped",
        "v[k] / (1 - beta1**t)",
        "v[k] / (1 - beta2**t)",
    ),
    (
        "course_optimizers",
        "update_parameters_with_adam",
        "adam.correction-plus",
        "v[k] / (1 - beta1**t)",
        "v[k] / (1 + beta1**t)",
    ),
    (
        "course_optimizers",
        "update_parameters_with_adam",
        "squares.no-epsilon",
        "(np.sqrt(sc[k]) + epsilon)",
        "np.sqrt(sc[k])",
    ),
    ("course_optimizers", "initialize_adam", "initialize_state.shared", "    s = {}\n", "    s = v\n"),
    (
        "course_optimizers",
        "random_mini_batches",
        "mini_batches.shuffled-apart",
        "X[:, permutation]",
        "X[:, np.random.permutation(m)]",
    ),
    ("course_optimizers", "random_mini_batches", "mini_batches.last-lost", "if m % mini_batch_size != 0", "if False"),
    (
        "course_optimizers",
        "random_mini_batches",
        "mini_batches.not-shuffled",
        "list(np.random.permutation(m))",
        "list(range(m))",
    ),
    (
        "course_convolution",
        "zero_pad",
        "zero_pad.axes",
        "(0, 0), (pad, pad), (pad, pad), (0, 0)",
        "(0, 0), (0, 0), (pad, pad), (pad, pad)",
    ),
    (
        "course_recurrent",
        "rnn_cell_backward",
        "recurrent_backward.slope-plus",
        "(1 - a_next**2) * da_next\n",
        "(1 + a_next**2) * da_next\n",
    ),
    (
        "course_recurrent",
        "lstm_cell_forward",
        "lstm.not-activated",
        "np.tanh(np.dot(Wc, concat) + bc)",
        "np.dot(Wc, concat) + bc",
    ),
    ("course_recurrent", "lstm_cell_backward", "lstm_backward.slope-plus", "* ft * (1 - ft)", "* ft * (1 + ft)"),
    ("course_convolution", "conv_single_step", "conv_single_step.bias-lost", "Z + float(np.squeeze(b))", "Z"),
    (
        "course_convolution",
        "conv_forward",
        "convolution.same-picture",
        "        a_prev_pad = A_prev_pad[i]\n        for h",
        "        a_prev_pad = A_prev_pad[0]\n        for h",
    ),
    ("course_convolution", "conv_forward", "convolution.first-filter", "W[..., c], b[..., c]", "W[..., 0], b[..., c]"),
    ("course_convolution", "conv_forward", "convolution.size", "+ 2 * pad) / stride) + 1", "+ 2 * pad) / stride)"),
    (
        "course_convolution",
        "conv_backward",
        "convolution_backward.overwritten",
        "dW[:, :, :, c] +=",
        "dW[:, :, :, c] =",
    ),
    (
        "course_convolution",
        "conv_backward",
        "convolution_backward.cropped-at-corner",
        "pad : pad + n_H_prev, pad : pad + n_W_prev",
        ":n_H_prev, :n_W_prev",
    ),
    (
        "course_convolution",
        "conv_backward",
        "convolution_backward.averaged",
        "return dA_prev, dW, db",
        "return dA_prev, dW / m, db / m",
    ),
    ("course_convolution", "pool_forward", "pooling.not-divided", "np.mean(a)", "np.sum(a)"),
    ("course_convolution", "pool_forward", "pooling.maximum-from-0", "np.max(a)", "max(0, np.max(a))"),
    (
        "course_convolution",
        "create_mask_from_window",
        "create_mask_from_window.inverted",
        "x == np.max(x)",
        "x != np.max(x)",
    ),
    ("course_convolution", "distribute_value", "distribute_value.wrong-count", "dz / (n_H * n_W)", "dz / (n_H + n_W)"),
    (
        "course_convolution",
        "pool_backward",
        "pooling_backward.overwritten",
        "dA_prev[i, vs:ve, hs:he, c] += np.multiply",
        "dA_prev[i, vs:ve, hs:he, c] = np.multiply",
    ),
    (
        "course_convolution",
        "pool_backward",
        "pooling_backward.first-example",
        "dA_prev = np.zeros(A_prev.shape)\n    for i in range(m)",
        "dA_prev = np.zeros(A_prev.shape)\n    for i in range(1)",
    ),
    ("book_convolution", "im2col", "im2col.order", ".transpose(0, 4, 5, 1, 2, 3)", ""),
    ("book_convolution", "col2im", "col2im.overwritten", "x:x_max:stride] += col", "x:x_max:stride] = col"),
    ("book_convolution", "Convolution.forward", "convolution.bias-lost", "col_W) + self.b", "col_W)"),
    ("book_convolution", "Convolution.backward", "convolution_backward.not-kept", "self.db = np.sum", "db = np.sum"),
    ("book_convolution", "Pooling.backward", "pooling_backward.gradient-lost", "= dout.flatten()", "= 1"),
    ("course_recurrent", "rnn_cell_forward", "recurrent.bias-lost", "np.dot(Wax, xt) + ba", "np.dot(Wax, xt)"),
    (
        "course_recurrent",
        "rnn_forward",
        "sequence.state-not-advanced",
        "rnn_cell_forward(x[:, :, t], a_next,",
        "rnn_cell_forward(x[:, :, t], a0,",
    ),
    (
        "course_recurrent",
        "rnn_cell_backward",
        "recurrent_backward.tanh-twice",
        "1 - a_next**2",
        "1 - np.tanh(a_next) ** 2",
    ),
    (
        "course_recurrent",
        "rnn_backward",
        "back_through_time.own-gradient-lost",
        "rnn_cell_backward(da[:, :, t] + da_prevt",
        "rnn_cell_backward(da_prevt",
    ),
    (
        "course_recurrent",
        "rnn_backward",
        "back_through_time.carried-gradient-lost",
        "rnn_cell_backward(da[:, :, t] + da_prevt",
        "rnn_cell_backward(da[:, :, t]",
    ),
    ("course_recurrent", "rnn_backward", "back_through_time.overwritten", "dWaa += dWaat", "dWaa = dWaat"),
    (
        "course_recurrent",
        "lstm_cell_forward",
        "lstm.order",
        "(a_prev, xt), axis=0)\n    ft",
        "(xt, a_prev), axis=0)\n    ft",
    ),
    (
        "course_recurrent",
        "lstm_forward",
        "sequence.memory-not-advanced",
        "a_next, c_next, parameters)",
        "a_next, 0 * c_next, parameters)",
    ),
    ("course_recurrent", "lstm_cell_backward", "lstm_backward.slope-lost", "* ot * (1 - ot)", ""),
    ("course_recurrent", "lstm_cell_backward", "lstm_backward.slope-of-other", "* (1 - cct**2)", "* cct * (1 - cct)"),
    (
        "course_recurrent",
        "lstm_cell_backward",
        "lstm_backward.state-path-lost",
        "dc_next * ft + ot * (1 - np.tanh(c_next) ** 2) * ft * da_next",
        "dc_next * ft",
    ),
    (
        "course_recurrent",
        "lstm_backward",
        "back_through_time.carried-memory-lost",
        'dc_prevt = gradients["dc_prev"]',
        "pass",
    ),
    (
        "course_regularization",
        "compute_cost_with_regularization",
        "regularized_cost.factor",
        "lambd / (2 * m)",
        "lambd / m",
    ),
    (
        "course_regularization",
        "compute_cost_with_regularization",
        "regularized_cost.layer-lost",
        " + np.sum(np.square(W3))",
        "",
    ),
    (
        "course_regularization",
        "backward_propagation_with_regularization",
        "regularized_backward.penalty-lost",
        " + lambd / m * W3",
        "",
    ),
    (
        "course_regularization",
        "forward_propagation_with_dropout",
        "dropout_forward.mask-inverted",
        "D1 < keep_prob",
        "D1 > keep_prob",
    ),
    (
        "course_regularization",
        "forward_propagation_with_dropout",
        "dropout_forward.not-scaled",
        "    A1 = A1 / keep_prob\n",
        "",
    ),
    (
        "course_regularization",
        "backward_propagation_with_dropout",
        "dropout_backward.one-layer-lost",
        "    dA2 = dA2 * D2\n    dA2 = dA2 / keep_prob\n",
        "",
    ),
    (
        "course_regularization",
        "backward_propagation_with_dropout",
        "dropout_backward.fresh-mask",
        "dA2 * D2",
        "dA2 * (np.random.rand(*dA2.shape) < keep_prob)",
    ),
    (
        "course_regularization",
        "backward_propagation_with_regularization",
        "activation_backward.mask-inverted",
        "dA1, np.int64(A1 > 0)",
        "dA1, np.int64(A1 < 0)",
    ),
    (
        "course_regularization",
        "backward_propagation_with_regularization",
        "linear_backward.db-no-mean",
        "db1 = 1.0 / m * ",
        "db1 = ",
    ),
    (
        "course_regularization",
        "forward_propagation_with_dropout",
        "linear_forward.no-bias",
        "np.dot(W2, A1) + b2",
        "np.dot(W2, A1)",
    ),
]


@pytest.mark.parametrize(("name", "blamed", "key", "old", "new"), PLANTED, ids=[f"{p[1]} {p[2]}" for p in PLANTED])
def test_a_planted_mistake_is_named_and_blamed_once(name: str, blamed: str, key: str, old: str, new: str) -> None:
    assert old in right(name)
    _, findings = look(FAMILIES[name], right(name).replace(old, new, 1), only=blamed)
    assert [(finding.function, finding.mistake) for finding in findings] == [(blamed, key)]
    assert all(len(texts.hints(findings[0], lang, 2)) == 2 for lang in LANGUAGES)


def test_nesterov_with_the_velocity_updated_first() -> None:
    lines = right("book_update_rules").splitlines()
    begin = next(i for i, line in enumerate(lines) if "self.momentum * self.momentum" in line)
    lines[begin : begin + 4] = lines[begin + 2 : begin + 4] + lines[begin : begin + 2]
    _, findings = look(book.optimizers, "\n".join(lines))
    assert [(finding.function, finding.mistake) for finding in findings] == [
        ("Nesterov.update", "nesterov.updated-first")
    ]


def test_t_counted_for_every_parameter() -> None:
    count = "        self.iter += 1\n"
    loop = "        for key in params.keys():\n            self.m[key] +="
    rate = next(line for line in right("book_update_rules").splitlines(True) if "lr_t = " in line)
    text = right("book_update_rules").replace(count, "").replace(rate, "")
    text = text.replace(loop, loop.replace("            self", f"    {count}    {rate}            self"))
    _, findings = look(book.optimizers, text)
    assert [finding.mistake for finding in findings] == ["adam.t-per-parameter"]


def test_an_unknown_deviation_gets_no_name() -> None:
    text = right("book_update_rules").replace(
        "self.h[key] += grads[key] * grads[key]", "self.h[key] += grads[key] ** 4"
    )
    _, findings = look(book.optimizers, text)
    assert [(finding.function, finding.mistake) for finding in findings] == [("AdaGrad.update", "wrong-numbers")]
    assert findings[0].facts["name"] == "W1 after step 1"


def test_a_wrong_softmax_is_not_held_against_the_cells() -> None:
    text = right("course_recurrent").replace("e_x.sum(axis=0)", "e_x.sum(axis=1)[:, None]")
    checked, findings = look(course.recurrent, text)
    assert findings == []
    assert "wrong" not in {done.status for done in checked.values()}


def test_a_wrong_im2col_is_blamed_alone() -> None:
    text = right("book_convolution").replace(
        "img[:, :, y:y_max:stride, x:x_max:stride]\n", "img[:, :, y:out_h + y, x:out_w + x]\n"
    )
    checked, findings = look(book.convolution, text)
    assert [finding.function for finding in findings] == ["im2col"]
    assert checked["Convolution.forward"].status != "wrong"


def test_gradients_that_need_padding_are_warned_about_only() -> None:
    crop = "pad : pad + n_H_prev, pad : pad + n_W_prev"
    checked, findings = look(course.convolution, right("course_convolution").replace(crop, "pad:-pad, pad:-pad"))
    assert [(finding.mistake, finding.severity) for finding in findings] == [
        ("convolution_backward.no-padding", "warning")
    ]
    assert checked["conv_backward"].status == "ok"
