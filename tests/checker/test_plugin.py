"""Checking functions that are alive: `check` in a notebook, `assert_correct` in a teacher's tests."""

from __future__ import annotations

import linecache
import random
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from chainrule.checker import inprocess, roles
from chainrule.checker.findings import Report
from chainrule.checker.inprocess import check
from chainrule.checker.learner import copied
from chainrule.checker.pytest_plugin import assert_correct
from chainrule.checker.roles.course import elementwise
from chainrule.checker.telling import terminal
from chainrule.common.errors import InputError
from chainrule.common.languages import speaking

SOURCE = '''\
"""A learner's file."""

import numpy as np
from os.path import join as sigmoid_backward


def relu(Z):
    return np.maximum(0, Z)


def relu_backward(dA, Z):
    dZ = np.array(dA, copy=True)
    dZ[Z <= 0] = 0
    return WRONG


def tanh_backward(dA, Z):
    def slope():
        return my_slope(Z)

    return dA * slope()


def my_slope(Z):
    np.random.seed(0)
    return 1 - np.tanh(Z) ** 2


class Relu:
    def forward(self, x):
        self.x = x
        return relu(x)

    def backward(self, dout):
        return relu_backward(dout, self.x)
'''


@pytest.fixture(autouse=True)
def few_families(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roles, "FAMILIES", (elementwise,))


def module(folder: Path, source: str, name: str = "learners_file") -> ModuleType:
    path = folder / f"{name}.py"
    path.write_text(source)
    made = ModuleType(name)
    made.__file__ = str(path)
    exec(compile(source, str(path), "exec"), vars(made))
    return made


@pytest.fixture
def right(tmp_path: Path) -> ModuleType:
    return module(tmp_path, SOURCE.replace("WRONG", "dZ"))


@pytest.fixture
def wrong(tmp_path: Path) -> ModuleType:
    return module(tmp_path, SOURCE.replace("WRONG", "1.0 * (Z > 0)"))


def statuses(report: Report) -> dict[str, str]:
    return {checked.function: checked.status for checked in report.checked}


def test_a_module_and_its_own_functions_only(wrong: ModuleType) -> None:
    report = check(wrong)
    assert report.file == "learners_file"
    assert statuses(report) == {"relu": "ok", "relu_backward": "wrong", "tanh_backward": "ok"}
    assert [finding.line for finding in report.findings] == [11]
    assert set(report.unmatched) == {"my_slope", "Relu"}  # what was imported is not the learner's


def test_a_function_with_those_that_it_calls(right: ModuleType, wrong: ModuleType) -> None:
    assert statuses(check(right.tanh_backward)) == {"tanh_backward": "ok"}
    assert check(right.tanh_backward).unmatched == ("my_slope",)
    assert check(right.relu).unmatched == ()
    assert check(wrong.relu_backward).findings[0].line == 11
    assert check(wrong.relu_backward).file == "relu_backward"


def test_a_class_with_what_its_methods_call(wrong: ModuleType) -> None:
    report = check(wrong.Relu)
    assert report.file == "Relu"
    assert statuses(report) == {"relu": "ok", "relu_backward": "wrong"}
    assert report.unmatched == ("Relu",)  # which another family knows


def test_a_notebooks_globals(right: ModuleType) -> None:
    names = {**vars(right), "__name__": "learners_file", "np": np, "other": np.sum, "X": np.ones(3)}
    report = check(names)
    assert report.file == "learners_file"
    assert statuses(report) == {"relu": "ok", "relu_backward": "ok", "tanh_backward": "ok"}


def test_it_prints_what_the_command_prints(wrong: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHAINRULE_LANG")
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    assert str(check(wrong.Relu)) == terminal.text(check(wrong.Relu), "ko", command=False)


def test_a_report_is_true_if_all_is_right(right: ModuleType, wrong: ModuleType) -> None:
    assert check(right.relu) and check(right.relu).ok
    assert not check(wrong) and not check(wrong).ok
    assert not check(right.my_slope)  # nothing was judged
    assert check(right) and not check(right, require=["relu", "softmax"])


def test_a_report_is_short_as_a_value_and_html_in_a_notebook(wrong: ModuleType) -> None:
    found = check(wrong.relu_backward, lang="ko", hint=2)
    assert repr(found) == "<relu_backward 검사 결과: 함수 1개 가운데 오류 1개>"
    assert "  힌트: " in str(found) and "  공식: " not in str(found)
    html = found._repr_html_()
    assert html.startswith('<div class="chainrule" lang="ko">') and "힌트: " in html and "<script" not in html
    styles = html[html.index("<style>") + 7 : html.index("</style>")]
    selectors = re.findall(r"(?:^|[},])\s*([^{},@]+?)\s*[{,]", re.sub(r"{[^{}]*}", "{}", styles))
    assert selectors and all(selector.startswith((".chainrule", "(")) for selector in selectors)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"hint": 4}, "check takes hint as 1, 2 or 3, but hint=4 came."),
        ({"lang": "jp"}, "lang"),
        ({"require": "relu"}, r"require takes a list of names, such as \['relu'\], not a text."),
    ],
)
def test_wrong_options_are_errors(right: ModuleType, options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        check(right, **options)


def test_a_dict_names_its_functions() -> None:
    report = check({"relu": lambda Z: abs(Z), "sigmoid": np.tanh, "X": 3, "mine": np.tanh}, names={"mine": "tanh"})
    assert statuses(report) == {"sigmoid": "wrong", "relu": "wrong", "mine": "ok"}
    assert {finding.mistake: finding.line for finding in report.findings} == {
        "sigmoid.is-tanh": None,
        "relu.absolute": None,
    }


def test_a_dict_is_called_by_its_functions() -> None:
    functions = {name: lambda Z: np.tanh(Z) for name in ("tanh", "relu", "step", "sigmoid")}
    assert check({"tanh": np.tanh, "x": 3}).file == "tanh"
    assert check(functions).file == "tanh, relu, step, ..."
    assert (check({}).file, check(vars(np.linalg)).file) == ("dict", "numpy.linalg")


def test_what_was_typed_into_an_interpreter_has_no_source() -> None:
    namespace: dict[str, Any] = {"np": np, "__name__": "__main__"}
    exec(
        "def relu_backward(Z, dA, scale=1, *more, flag=None, **options): return dA * (Z > 0)\n"
        "def tanh(Z, *, k=1): return -np.tanh(Z)\n"
        "class Sigmoid:\n    def forward(self, x): return x\n",
        namespace,
    )
    report = check(namespace)
    assert statuses(report) == {"tanh": "wrong", "relu_backward": "ok"}  # the cache comes first: the signature is known
    assert [(finding.mistake, finding.line) for finding in report.findings] == [("tanh.sign", None)]
    assert report.unmatched == ("Sigmoid",)


@pytest.mark.parametrize(
    ("definition", "parameters"),
    [
        ("def f(a, b=2): pass", "a, b=None"),
        ("def f(a, /, b, *c, d, e=1, **g): pass", "a, /, b, *c, d, e=None, **g"),
        ("def f(a, /): pass", "a, /"),
        ("def f(a, *, b): pass", "a, *, b"),
        ("def f(*, a, b): pass", "*, a, b"),
        ("def f(): pass", ""),
    ],
)
def test_a_signature_as_it_is_written(definition: str, parameters: str) -> None:
    namespace: dict[str, Any] = {}
    exec(definition, namespace)
    assert inprocess._parameters(namespace["f"]) == parameters


def test_a_file_edited_since_it_was_imported_is_not_misread(tmp_path: Path) -> None:
    made = module(tmp_path, "def relu(Z):\n    return abs(Z)\n", "edited")
    (tmp_path / "edited.py").write_text("# new\ndef other(Z, extra):\n    return Z\n")
    assert [(f.mistake, f.line) for f in check(made.relu).findings] == [("relu.absolute", None)]


def test_the_random_numbers_of_the_notebook_go_on_as_before(right: ModuleType) -> None:
    np.random.seed(1)
    random.seed(1)
    expected = np.random.rand(), random.random()
    np.random.seed(1)
    random.seed(1)
    check(right)
    assert (np.random.rand(), random.random()) == expected


@pytest.mark.parametrize(("obj", "kind"), [(3, "int"), ("week4.py", "str"), ([], "list"), (np.ones(2), "ndarray")])
def test_what_cannot_be_checked_is_an_error(obj: Any, kind: str) -> None:
    with pytest.raises(
        InputError, match=f"a function, a class, a module or a dict of them, and no object of type {kind}"
    ):
        check(obj)


def test_a_lambda_has_the_name_that_its_module_gives_it() -> None:
    module = ModuleType("lambdas")
    exec(
        "import numpy as np\nrelu = lambda Z: abs(Z)\nsigmoid = np.vectorize(lambda z: 1 / (1 + np.exp(-z)))",
        vars(module),
    )
    assert statuses(check(module.relu)) == {"relu": "wrong"}
    assert statuses(check(module.sigmoid)) == {"sigmoid": "ok"}
    with pytest.raises(InputError, match="A function without a name says nothing of what it should do"):
        check(lambda z: z)


def test_a_function_of_a_notebook_says_its_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "import numpy as np\n\ndef relu(Z):\n    return np.abs(Z)\n"
    monkeypatch.setitem(linecache.cache, "<cell>", (len(text), None, text.splitlines(True), "<cell>"))
    module = ModuleType("__main__")
    exec(compile(text, "<cell>", "exec"), vars(module))
    assert "relu (line 3)" in str(check(module.relu, lang="en"))
    names = {"<cell>": ("Cell", "In[7]")}
    shell = SimpleNamespace(compile=SimpleNamespace(format_code_name=names.get))
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    assert "relu (cell 7, line 3)" in str(check(module.relu, lang="en"))
    assert "cell" not in str(check(np.tanh, names={"tanh": "relu"}))


def test_a_name_that_is_not_there_is_an_error(right: ModuleType) -> None:
    with pytest.raises(InputError, match="names has 'my_slop', but learners_file has no function or class of that"):
        check(right, names={"my_slop": "tanh_derivative"})


# For teachers.


def test_right_code_passes(right: ModuleType) -> None:
    assert_correct(right)
    assert_correct(right.relu_backward)
    assert_correct({"mine": right.relu}, names={"mine": "relu"})


def test_a_mistake_fails_with_the_report(wrong: ModuleType) -> None:
    with pytest.raises(AssertionError) as caught:
        assert_correct(wrong.relu_backward, lang="en", hint=2)
    said = str(caught.value)
    assert "✗ relu_backward (line 11)" in said
    assert "the incoming gradient dA is lost" in said
    assert "Hint: " in said and "--hint" not in said
    with pytest.raises(AssertionError, match="사라졌습니다"):
        assert_correct(wrong, lang="ko")


def test_what_a_teacher_requires(right: ModuleType) -> None:
    assert_correct(right, required=["relu", "tanh_backward"])
    assert_correct({"mine": right.relu}, names={"mine": "relu"}, required=["relu"])
    with pytest.raises(AssertionError, match="softmax is required, and nothing of that name is there"):
        assert_correct(right, required=["relu", "softmax"], lang="en")


def test_what_is_required_has_one_name_everywhere(right: ModuleType) -> None:
    assert_correct(right, require=["relu"])
    with pytest.raises(AssertionError, match="softmax is required"):
        assert_correct(right, require=["relu", "softmax"], lang="en")


def test_a_report_names_the_argument_and_not_the_option(right: ModuleType) -> None:
    said = str(check({}, lang="en"))
    assert "--map" not in said and 'names={"my_name": "linear_backward"}' in said.replace("\n", " ")
    assert "--map" not in check(right.my_slope, require=["my_slope"], hint=2)._repr_html_()


def test_a_function_that_nobody_knows_is_an_error_with_the_way_out(right: ModuleType) -> None:
    with pytest.raises(InputError, match=r'Say what it should do: assert_correct\(..., names=\{"my_slope": "linear_b'):
        assert_correct(right.my_slope)


def test_in_another_thread(wrong: ModuleType) -> None:
    found: list[Report] = []
    thread = threading.Thread(target=lambda: found.append(check(wrong.relu_backward)))
    thread.start()
    thread.join()
    assert [finding.mistake for finding in found[0].findings] == ["activation_backward.gradient-lost"]


def test_without_an_alarm_on_this_system(wrong: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(signal, "SIGALRM")
    assert [f.mistake for f in check(wrong.relu_backward).findings] == ["activation_backward.gradient-lost"]


def test_in_a_teachers_test_file(tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text("def relu(Z):\n    return abs(Z)\n")
    (tmp_path / "test_work.py").write_text(
        "from chainrule.checker.pytest_plugin import assert_correct\nfrom work import relu\n\n\n"
        "def test_relu():\n    assert_correct(relu, lang='en')\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert run.returncode == 1
    assert "relu turns negative numbers positive; ReLU sets them to 0." in run.stdout
    assert "pytest_plugin.py" not in run.stdout.replace(
        "chainrule.checker.pytest_plugin", ""
    )  # the test's own line is shown


def test_copies_keep_what_is_shared() -> None:
    array = np.zeros(2)
    loop: list[Any] = []
    loop.append(loop)
    first, second, again = copied(({"a": array}, [array], loop))
    assert first["a"] is second[0] is not array
    assert again[0] is again


@pytest.mark.parametrize(
    ("obj", "options", "said"),
    [
        (3, {}, "check에는 함수, 클래스, 모듈 또는 이들의 dict를 넘겨야 하며, int 객체는 검사할 수 없습니다."),
        (len, {"hint": 4}, "check의 hint는 1, 2, 3 가운데 하나여야 하는데 hint=4입니다."),
        (len, {"require": "relu"}, "require에는 문자열이 아니라 ['relu']처럼 이름의 리스트를 넘겨야 합니다."),
        (len, {"names": {"relu": "relu"}}, "names에 'relu'가 있지만, len에는 그런 이름의 함수나 클래스가 없습니다."),
    ],
)
def test_errors_are_told_in_korean(obj: Any, options: dict[str, Any], said: str) -> None:
    with speaking("ko"), pytest.raises(InputError) as raised:
        check(obj, **options)
    assert str(raised.value) == said


def test_what_cannot_be_judged_is_an_error_in_the_language_asked_for(right: ModuleType) -> None:
    with pytest.raises(InputError, match=r"알 수 있는 이름이 하나도 없습니다\. 무엇을 하는 함수인지 알려 주십시오"):
        assert_correct(right.my_slope, lang="ko")


def test_a_report_is_told_in_the_language_of_the_context(wrong: ModuleType) -> None:
    found = check(wrong.relu_backward)
    with speaking("ko"):
        assert "힌트" in str(found) or "오류 1개" in str(found)
        assert repr(found) == "<relu_backward 검사 결과: 함수 1개 가운데 오류 1개>"
    assert "1 mistake" in str(found)
