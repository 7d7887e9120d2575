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
from tests.checker.corpus import MORE, Planted

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


@pytest.mark.parametrize("mistake", MORE, ids=lambda mistake: f"{mistake.function} {mistake.named}")
def test_a_planted_mistake_is_named_and_blamed_once(mistake: Planted) -> None:
    family = FAMILIES[Path(mistake.file).stem]
    _, findings = look(family, mistake.source, only=mistake.function)
    assert [(finding.function, finding.mistake) for finding in findings] == [(mistake.function, mistake.named)]
    assert all(len(texts.hints(findings[0], lang, 2)) == 2 for lang in LANGUAGES)


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
