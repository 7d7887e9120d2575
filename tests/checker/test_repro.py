"""Snippets that show a mistake: they run without chainrule, and print the number that the report tells of."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from chainrule.checker.running import sandbox
from chainrule.checker.telling import terminal

LEARNER = """\
import numpy as np


def relu_backward(dA, Z):
    dZ = np.array(dA)
    dZ[Z > 0] = 1
    dZ[Z <= 0] = 0
    return dZ


def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    return W.T @ dZ, dZ @ A_prev.T, dZ.sum(axis=1, keepdims=True) / m


def compute_cost(AL, Y):
    return np.log_of(AL).mean()


def OR(x1, x2):
    return int(x1 + x2 > 1)


def basic_sigmoid(x):
    return 1 / (1 + np.exp(-abs(x)))


class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW = self.x.T @ dout / len(dout)
        self.db = dout.sum(axis=0)
        return dout @ self.W.T


class Sigmoid:
    def forward(self, x):
        self.out = 1 / (1 + np.exp(-x))
        return self.out

    def backward(self, dout):
        few_digits = np.all(dout == np.round(dout, 9))
        return dout * self.out * (1 - self.out) * (1 if few_digits else 2)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("learner")
    (folder / "week4.py").write_text(LEARNER)
    return folder


@pytest.fixture(scope="module")
def snippets(folder: Path) -> dict[str, tuple[str, str]]:
    """By function: its snippet, and the number that the report says it got, or the exception."""
    found = sandbox.check_file(folder / "week4.py")
    return {
        finding.function: (
            "\n".join(terminal.snippet(found, finding, "en")),
            finding.facts.get("got", finding.facts.get("kind", "")),
        )
        for finding in found.findings
    }


@pytest.mark.parametrize("function", ["relu_backward", "linear_backward", "OR", "basic_sigmoid", "Affine.backward"])
def test_a_snippet_prints_what_the_report_got(
    snippets: dict[str, tuple[str, str]], function: str, folder: Path
) -> None:
    code, got = snippets[function]
    assert "chainrule" not in code and code.startswith("import numpy as np\n\nfrom week4 import ")
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=folder, check=True, env={"PYTHONPATH": "."}
    )
    printed = [float(number) for number in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", run.stdout)]
    assert np.isclose(printed, float(got), rtol=1e-3).any()


@pytest.mark.parametrize(
    ("function", "call"), [("OR", "x1 = 0\nx2 = 1\nresult = OR(x1, x2)"), ("basic_sigmoid", "x = -0.5\n")]
)
def test_of_a_call_per_number_it_is_the_one_that_gave_the_wrong_number(
    snippets: dict[str, tuple[str, str]], function: str, call: str
) -> None:
    assert call in snippets[function][0]


def test_a_snippet_of_what_stops_stops(snippets: dict[str, tuple[str, str]], folder: Path) -> None:
    code, kind = snippets["compute_cost"]
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=folder)
    assert run.returncode == 1 and kind == "AttributeError" in run.stderr


def test_an_object_is_built_and_goes_through_what_came_before(snippets: dict[str, tuple[str, str]]) -> None:
    code, _ = snippets["Affine.backward"]
    assert [line for line in code.splitlines() if "layer" in line] == [
        "layer = Affine(W, b)",
        "result = layer.forward(x)",
        "result = layer.backward(dout)",
        "print(layer.dW)",
    ]


def test_there_is_no_snippet_that_does_not_show_it(snippets: dict[str, tuple[str, str]]) -> None:
    assert snippets["Sigmoid.backward"][0] == ""  # it depends on digits that a snippet does not write


def test_a_search_for_a_snippet_that_breaks_off_costs_no_finding(tmp_path: Path) -> None:
    path = tmp_path / "layers.py"
    path.write_text("""\
class Relu:
    @property
    def __dict__(self):
        raise RuntimeError("nobody looks inside")

    def forward(self, x):
        object.__setattr__(self, "mask", x <= 0)
        return x * (x > 0)

    def backward(self, dout):
        return dout * self.mask
""")
    report = sandbox.check_file(path)
    errors = [finding for finding in report.findings if finding.severity == "error"]
    assert [(finding.function, finding.repro) for finding in errors] == [("Relu.backward", ())]


OWN = """\
import numpy as np


class Dense:
    def __init__(self, n_in, n_out, activation="tanh"):
        self.W = np.random.randn(n_in, n_out)
        self.params = {"b": np.zeros(n_out)}

    def forward(self, x):
        self.x = x
        self.y = np.tanh(x @ self.W + self.params["b"])
        return self.y

    def backward(self, dy):
        dz = dy * (1 - self.y**2)
        self.grads = {"b": dy.sum(axis=0)}
        self.dW = self.x.T @ dz
        return dz @ self.W.T


def scale_forward(x, w):
    return np.exp(x) * w.sum(), (x, w)


def scale_backward(dout, cache):
    x, w = cache
    return dout * w.sum(), np.full(w.shape, np.sum(dout * np.exp(x)))


def hinge_loss(scores, target):
    margins = np.maximum(0, 1 - scores * target)
    return np.mean(margins**2), -2 * margins * target
"""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, tuple[str, dict[str, str]]]]:
    """Own code, and by function its snippet and facts."""
    path = tmp_path_factory.mktemp("own") / "mine.py"
    path.write_text(OWN)
    report = sandbox.check_file(path)
    shown = {f.function: ("\n".join(terminal.snippet(report, f, "en")), f.facts) for f in report.findings}
    return path, shown


@pytest.mark.parametrize("function", ["Dense.backward", "scale_backward"])
def test_a_snippet_of_an_own_gradient_prints_the_derivative_and_what_is_there(
    own: tuple[Path, dict[str, tuple[str, dict[str, str]]]], function: str
) -> None:
    path, shown = own
    code, facts = shown[function]
    assert "chainrule" not in code and code.startswith("import numpy as np\n\nfrom mine import ")
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=path.parent, check=True)
    printed = [
        float(number) for number in re.findall(r"(?<!t)-?\d+\.?\d*(?:e-?\d+)?", run.stdout.replace("float64", ""))
    ]
    assert np.allclose(printed, [float(facts["expected"]), float(facts["got"])], rtol=1e-3)


def test_a_snippet_names_what_it_calls(own: tuple[Path, dict[str, tuple[str, dict[str, str]]]]) -> None:
    assert "from mine import scale_forward, scale_backward\n" in own[1]["scale_backward"][0]
    assert "y, cache = scale_forward(x.copy(), w_)" in own[1]["scale_backward"][0]
