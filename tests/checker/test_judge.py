"""Whoever changes what judges, or looks the right answer up, is not judged right by that."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainrule.checker.running.sandbox import check_file

WRONG = "def relu_backward(dA, cache):\n    {}\n    return 1.0 * (cache > 0)\n"
JUDGES = [
    "np.allclose = lambda *a, **k: True",
    "np.isclose = np.array_equal = lambda a, *b, **k: np.ones(np.shape(a), bool)",
    "sys.modules['numpy'].asarray = lambda *a, **k: np.zeros((2, 2))",
    "np._core.numeric.isclose = np._core.numeric.allclose = lambda *a, **k: True",
    "np._core.numeric.all = lambda *a, **k: True",
    "vars(np)['allclose'] = type('Same', (), {'__eq__': lambda *a: True, '__call__': lambda *a, **k: True})()",
    "import builtins; builtins.all = builtins.any = builtins.bool = lambda *a: True",
    "np.__builtins__['all'] = lambda *a: True",
    "import copy; copy.deepcopy = lambda *a: 3",
    "np.allclose.__code__ = (lambda *a, **k: True).__code__",
    "np._core.numeric.allclose.__wrapped__.__code__ = (lambda *a, **k: True).__code__",
    "sys.modules['chainrule.checker.probe'].close = lambda *a: True",
    "getattr(sys.modules['__main__'], 'main', lambda: None).__globals__['roles'] = 0",
]
ANSWERS = [
    "from chainrule.checker.running.courseware import relu_backward as right; return right(dA, cache)",
    "right = sys.modules['chainrule.checker.running.courseware'].relu_backward; return right(dA, cache)",
    "import importlib; return importlib.import_module('chainrule.checker.running.courseware').relu_backward(dA, cache)",
    "import builtins; return builtins.__import__('chainrule').lessons.stepwise.relu(cache)",
    "import chainrule.checker.running.courseware as right; exec(open(right.__file__).read())",
    "exec(open(COURSEWARE).read(), globals()); return relu_backward(dA, cache)",
]
COURSEWARE = Path(__file__).resolve().parents[2] / "src/chainrule/checker/running/courseware.py"


def verdict(folder: Path, code: str) -> str:
    """What became of relu_backward."""
    path = folder / "mine.py"
    path.write_text(f"import sys\nimport numpy as np\nCOURSEWARE = {str(COURSEWARE)!r}\n{code}")
    report = check_file(path)
    return next((each.status for each in report.checked if each.function == "relu_backward"), str(report.problem))


@pytest.mark.parametrize("line", JUDGES)
@pytest.mark.parametrize("where", ["in the function", "beside it"])
def test_a_judge_that_is_changed_judges_as_before(tmp_path: Path, line: str, where: str) -> None:
    code = WRONG.format(line) if where == "in the function" else f"{WRONG.format('pass')}class A:\n    {line}\n"
    assert verdict(tmp_path, code) in ("wrong", "unchecked")  # what the walls refuse is not judged


@pytest.mark.parametrize("line", ANSWERS)
def test_the_right_answer_cannot_be_looked_up(tmp_path: Path, line: str) -> None:
    assert verdict(tmp_path, WRONG.format(line)) != "ok"


def test_what_is_put_back_does_not_hinder_who_imports_late(tmp_path: Path) -> None:
    late = "import numpy.matlib, numpy.lib.scimath, json.tool; numpy.matlib.zeros(3), numpy.lib.scimath.sqrt(-1)"
    code = f"def relu_backward(dA, cache):\n    {late}\n    return dA * (cache > 0)\n"
    assert verdict(tmp_path, code) == "ok"
