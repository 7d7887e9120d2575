"""One broken statement does not take its file with it: it is taken out and said, and the rest is judged."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path

import pytest

from chainrule.checker.findings import Report
from chainrule.checker.running.mending import mended
from chainrule.checker.running.sandbox import check_file
from chainrule.checker.running.source import beside, read

RIGHT = "import numpy as np\n\ndef sigmoid(z):\n    return 1 / (1 + np.exp(-z))\n\n"
WRONG = "\ndef relu(z):\n    return np.minimum(0, z)\n"


def checked(folder: Path, code: str, name: str = "mine.py") -> Report:
    path = folder / name
    path.write_text(code, "utf-8")
    return check_file(path)


def without(code: str) -> tuple[str, list[str]] | None:
    """Return mended code and the names of what was taken out."""
    try:
        ast.parse(code)
    except SyntaxError as error:
        rest = mended(code, error, ast.parse)
        return None if rest is None else (rest[0], [broken.name for broken in rest[2]])
    raise AssertionError("it is not broken")


@pytest.mark.parametrize(
    ("broken", "names"),
    [
        ("def f(z\n    return z\n", ["f"]),
        ("def f(z):\n# your code\n", ["f"]),
        ("def f(z):\n    return (z\n", ["f"]),
        ('def f(z):\n    """Never closed.\n    return z\n', ["f"]),
        ("@decorated\ndef f(z):\n    a = = z\n    return a\n", ["f"]),
        (
            "class Net:\n    def forward(self, x)\n        return x\n\n    def g(self):\n        return 1\n",
            ["Net.forward"],
        ),
        ("class Net(\n    def forward(self, x):\n        return x\n", ["Net"]),
        ("x = = 3\n", [""]),
        ("def f(z:\n    return z\n\ndef g(z)\n    return z\n", ["f", "g"]),
    ],
)
def test_what_is_broken_is_taken_out_and_the_rest_stays_in_its_lines(broken: str, names: list[str]) -> None:
    code = RIGHT + broken + ("" if '"""' in broken else WRONG)
    rest = without(code)
    assert rest is not None
    text, found = rest
    assert found == names
    functions = {node.name: node.lineno for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
    assert functions["sigmoid"] == 3
    assert '"""' in broken or functions["relu"] == code[: code.index("def relu")].count("\n") + 1


def test_a_file_in_which_everything_is_broken_stays_a_problem() -> None:
    assert without("".join(f"def f{number}(:\n    pass\n" for number in range(9))) is None


def test_the_rest_of_a_file_is_judged(tmp_path: Path) -> None:
    report = checked(tmp_path, f"{RIGHT}def softmax(z\n    return np.exp(z) / np.sum(np.exp(z))\n{WRONG}")
    assert {done.function: done.status for done in report.checked} == {
        "sigmoid": "ok",
        "softmax": "wrong",
        "relu": "wrong",
    }
    broken = report.findings[0]
    assert (broken.mistake, broken.function, broken.line) == ("syntax-error", "softmax", 6)
    assert report.exit_status == 1


def test_the_rest_of_a_cell_is_judged(tmp_path: Path) -> None:
    sources = ["import numpy as np\n", f"\ndef softmax(z)\n    return z\n{WRONG}", RIGHT]
    cells = [{"cell_type": "code", "source": source} for source in sources]
    report = checked(tmp_path, json.dumps({"cells": cells}), "mine.ipynb")
    (broken, _) = report.findings
    assert (broken.mistake, broken.function) == ("syntax-error", "softmax")
    assert (broken.facts["cell"], broken.facts["cell_line"]) == ("2", "2")
    assert [done.status for done in report.checked] == ["wrong", "wrong", "ok"]


def test_what_calls_a_broken_function_is_not_accused(tmp_path: Path) -> None:
    code = f"{RIGHT}def relu(z\n    return z\n\ndef linear_forward(A, W, b):\n    return W @ A + b, (A, W, b)\n"
    code += "\ndef linear_activation_forward(A_prev, W, b, activation):\n"
    code += "    Z, linear_cache = linear_forward(A_prev, W, b)\n"
    code += "    A, activation_cache = relu(Z)\n    return A, (linear_cache, activation_cache)\n"
    report = checked(tmp_path, code)
    assert [finding.function for finding in report.findings] == ["relu"]


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python reads it")
def test_what_a_newer_python_reads_is_no_mistake(tmp_path: Path) -> None:
    report = checked(tmp_path, f"{RIGHT}def identity[T](x: T) -> T:\n    return x\n")
    (finding,) = report.findings
    assert (finding.severity, finding.facts["kind"]) == ("warning", "newer")
    assert [done.status for done in report.checked] == ["ok", "not-started"]
    assert report.exit_status == 0


def test_modules_are_found_where_the_program_looks_for_them(tmp_path: Path) -> None:
    (tmp_path / "ch01").mkdir()
    (tmp_path / "layers").mkdir()
    for module in ("helpers.py", "layers/affine.py"):
        (tmp_path / module).write_text("def twice(x):\n    return 2 * x\n", "utf-8")
    path = tmp_path / "ch01" / "net.py"
    path.write_text("import sys\nfrom helpers import twice\n", "utf-8")
    assert not beside(read(path))
    path.write_text("import sys\nsys.path.append('..')\nfrom helpers import twice\n", "utf-8")
    assert list(beside(read(path))) == ["helpers"]
    path.write_text("from layers.affine import twice\n", "utf-8")
    assert list(beside(read(path))) == ["layers.affine"]
