"""Learners' files are read, cut down to their definitions, and executed where they can do no harm."""

from __future__ import annotations

import ast
import json
import os
import socket
import subprocess
import time
import venv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule.checker.findings import Report
from chainrule.checker.learner import Learner, Raised
from chainrule.checker.running import book_layers, courseware, sandbox
from chainrule.checker.running.child import run
from chainrule.checker.running.definitions import definitions
from chainrule.checker.running.sandbox import check_file, check_files
from chainrule.checker.running.source import read
from chainrule.cli.learners import to_check

RELU = """
import numpy as np

def relu(Z):
    return np.maximum(0, Z), Z
"""
BROKEN = RELU + "\ndef relu_backward(dA, cache):\n    {}\n    return dA * (cache > 0)\n"


def written(folder: Path, code: str | bytes, name: str = "mine.py") -> Path:
    path = folder / name
    path.write_bytes(code if isinstance(code, bytes) else code.encode())
    return path


def notebook(*cells: str) -> str:
    code = [{"cell_type": "code", "source": cell.splitlines(keepends=True)} for cell in cells]
    return json.dumps({"nbformat": 4, "cells": [{"cell_type": "markdown", "source": ["# def"]}, *code]})


def kept(code: str) -> str:
    return ast.unparse(definitions(ast.parse(code)))


def loaded(code: str, folder: Path) -> Learner:
    source = read(written(folder, code))
    assert source.tree is not None
    return run(definitions(source.tree), source, None, {})[0]


def statuses(report: Report) -> dict[str, str]:
    return {checked.function: checked.status for checked in report.checked}


def raised_text(report: Report) -> str:
    told = [finding.facts["text"] for finding in report.findings if finding.mistake == "raised"]
    return " ".join(told + [done.facts["text"] for done in report.checked if done.reason == "not-allowed"])


# --- reading ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
def test_korean_comments_are_read_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    source = read(written(tmp_path, "# 역전파\r\nx = 1\r\n".encode(encoding)))
    assert (source.problem, source.text) == (None, "# 역전파\nx = 1\n")


@pytest.mark.parametrize(
    ("code", "key", "facts"),
    [
        ("def f(:\n", "syntax-error", {"line": "1", "kind": "syntax"}),
        ("x = 1\nprint 'cost', x\n", "syntax-error", {"line": "2", "kind": "python-2", "code": "print 'cost', x"}),
        ("if 1:\n\tx = 1\n        y = 2\n", "syntax-error", {"line": "3", "kind": "tabs"}),
        ("def f(x):\n# your code\n", "syntax-error", {"kind": "indentation"}),
        (b"\x7fELF\x02\x01\x01\x00\x00\xff", "unreadable", {"text": "it is not text"}),
        ("x = " + "(" * 5000, "syntax-error", {}),
    ],
)
def test_what_is_no_python_becomes_a_problem(tmp_path: Path, code: str, key: str, facts: dict[str, str]) -> None:
    problem = read(written(tmp_path, code)).problem
    assert problem is not None
    assert problem.mistake == key
    assert facts.items() <= problem.facts.items()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": 3}', '{"cells": [{"cell_type": "code", "source": 3}]}'])
def test_a_broken_notebook_is_unreadable(tmp_path: Path, text: str) -> None:
    problem = read(written(tmp_path, text, "mine.ipynb")).problem
    assert problem is not None
    assert problem.mistake == "unreadable"


def test_a_notebook_keeps_its_lines_and_knows_its_cells(tmp_path: Path) -> None:
    cells = [
        "%matplotlib inline\nimport numpy as np\n!pip install h5py\nnp.dot?",
        "%%bash\nrm -rf something\necho done",
        "%%time\ndef relu(Z):\n    return np.maximum(0, Z)",
        "this is no Python",
        "files = !ls\nx = 5 % 3",
    ]
    source = read(written(tmp_path, notebook(*cells), "mine.ipynb"))
    assert source.tree is not None
    assert len(source.text.split("\n")) == sum(len(cell.split("\n")) for cell in cells)
    (function,) = [node for node in source.tree.body if isinstance(node, ast.FunctionDef)]
    assert source.cell(function.lineno) == (3, 2)


def test_a_syntax_error_in_a_notebook_says_its_cell(tmp_path: Path) -> None:
    problem = read(written(tmp_path, notebook("x = 1\ny = 2", "\ndef f(:\n    pass"), "mine.ipynb")).problem
    assert problem is not None
    assert (problem.line, problem.facts["cell"], problem.facts["cell_line"]) == (4, "2", "2")


def test_lines_that_only_look_like_magics_stay(tmp_path: Path) -> None:
    code = 'text = ("%d"\n    % 3)\n'
    assert read(written(tmp_path, code)).text == code
    in_a_notebook = read(written(tmp_path, notebook("%matplotlib inline\n" + code + "x = 5\n"), "mine.ipynb"))
    assert in_a_notebook.tree is not None
    assert [type(node) for node in in_a_notebook.tree.body] == [ast.Pass, ast.Assign, ast.Assign]
    assert "% 3)" in in_a_notebook.text and "matplotlib" not in in_a_notebook.text


# --- definitions ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "dropped",
    [
        "X, Y = load_data()",
        "scale = model(1)",
        "print(f(1))",
        "for i in range(10):\n    f(i)",
        "while True:\n    pass",
        "if __name__ == '__main__':\n    f(1)",
        "unused = 3",
        "scale = np.load('scale.npy')",
        "with open('x') as file:\n    scale = file.read()",
        "assert f(1) == 2",
    ],
)
def test_what_computes_is_dropped(dropped: str) -> None:
    code = "import numpy as np\n\ndef f(x):\n    return x * scale"
    assert kept(f"{code}\n{dropped}\n") == code


@pytest.mark.parametrize(
    "needed",
    [
        "scale = 3",
        "base = [1, 2]\nscale = len(base) + np.pi",
        "scale = np.array([[1.0, 2.0]]).T",
        "scale: float = 1.5",
        "scale = {}\nscale['a'] = np.float64(2)",
        "scale = {'relu': lambda x: x}",
        "scale = 1\nscale += 1",
        "scale = np.random.randn(3)",
    ],
)
def test_what_definitions_need_is_kept(needed: str) -> None:
    code = f"import numpy as np\n{needed}\n\ndef f(x):\n    return x * scale"
    assert kept(code) == code


def test_assertions_in_functions_are_dropped() -> None:
    code = "def f(x):\n    if x:\n        assert x\n    assert x == 1\n    return x\n\ndef g(x):\n    assert x"
    assert kept(code) == "def f(x):\n    if x:\n        pass\n    return x\n\ndef g(x):\n    pass"


def test_an_import_that_is_tried_falls_back_to_what_is_there() -> None:
    assert kept("try:\n    import cupy as np\nexcept ImportError:\n    import numpy as np") == "import numpy as np"


def test_lambdas_are_functions_and_the_last_definition_counts(tmp_path: Path) -> None:
    learner = loaded(
        "def f(x):\n    return 1\n\nf = lambda x: 2\ng = lambda x: f(x)\ndef g(x, y):\n    return 3\n", tmp_path
    )
    assert set(learner.nodes) == {"f", "g"}
    assert (learner.call("f", 0), learner.line("f"), learner.parameters("g")) == (2, 4, ["x", "y"])


def test_methods_of_a_class_that_is_defined_again_are_gone(tmp_path: Path) -> None:
    learner = loaded("class A:\n    def old(self): pass\nclass A:\n    def new(self): pass\n", tmp_path)
    assert set(learner.nodes) == {"A.new"}


# --- imports ----------------------------------------------------------------------------------------------------


def test_helper_files_that_are_missing_are_supplied_and_not_checked(tmp_path: Path) -> None:
    code = """
from dnn_utils_v2 import *
from testCases import *
import h5py, google.colab
from PIL import Image
from dataset.mnist import load_mnist
from common.functions import softmax
import matplotlib.pyplot as plt

def forward(Z):
    fig, ax = plt.subplots()
    ax.plot(Z)
    plt.show()
    return relu(Z), softmax(Z)

def data():
    return load_mnist(normalize=True)

def helped(Z):
    return helper_of_the_tests(Z)
"""
    learner = loaded(code, tmp_path)
    assert set(learner.nodes) == {"forward", "data", "helped"}
    Z = np.array([[1.0, -1.0]])
    (A, cache), rows = learner.call("forward", Z)
    np.testing.assert_array_equal(A, [[1, 0]])
    np.testing.assert_array_equal(cache, Z)
    np.testing.assert_allclose(rows.sum(), 1)
    for function, arguments in (("data", ()), ("helped", (1,))):
        with pytest.raises(Raised, match="not part of this file"):
            learner.call(function, *arguments)


def test_what_is_imported_over_a_function_of_ones_own_is_not_checked(tmp_path: Path) -> None:
    code = "def relu(Z): return 3\nfrom dnn_utils import relu\ndef f(Z): return relu(Z)[0]\n"
    learner = loaded(code, tmp_path)
    assert (set(learner.nodes), learner.call("f", np.ones(1))) == ({"f"}, [1.0])


def test_stubs_may_decorate_and_be_inherited_from(tmp_path: Path) -> None:
    code = "import torch\nfrom numba import njit\n@njit\ndef f(x): return x\n@njit(cache=True)\ndef g(x): return x\n"
    learner = loaded(code + "class Net(torch.nn.Module):\n    def forward(self): return 1\n", tmp_path)
    assert learner.call("f", 3) == 3
    assert learner.namespace["Net"]().forward() == 1
    assert set(learner.nodes) == {"f", "g", "Net.forward"}


def test_a_file_beside_is_imported_without_its_training(tmp_path: Path) -> None:
    written(tmp_path, "import numpy as np\ndef double(x): return 2 * x\nraise SystemExit\n", "helpers.py")
    source = read(written(tmp_path, "from helpers import *\ndef f(x): return double(x)\n"))
    assert source.tree is not None
    learner, failed = run(definitions(source.tree), source, None, {"helpers": read(tmp_path / "helpers.py")})
    assert (learner.call("f", 4), set(learner.nodes), failed) == (8, {"f"}, [])


def test_a_definition_that_raises_is_a_warning(tmp_path: Path) -> None:
    source = read(written(tmp_path, "def f(x=missing):\n    return x\n"))
    assert source.tree is not None
    (finding,) = run(definitions(source.tree), source, None, {})[1]
    assert (finding.function, finding.line, finding.facts["kind"], finding.severity) == ("f", 1, "NameError", "warning")


@pytest.mark.parametrize("layer", ["Relu", "Sigmoid", "Affine"])
def test_the_book_layers_that_are_supplied_are_right(layer: str) -> None:
    names: Any = courseware.names_in("common.layers")
    rng = np.random.default_rng(0)
    x, dout = rng.standard_normal((4, 3)), rng.standard_normal((4, 2 if layer == "Affine" else 3))
    made = names[layer](*(rng.standard_normal((3, 2)), np.ones(2)) if layer == "Affine" else ())
    expected = courseware.numerical_gradient(lambda _: float((made.forward(x) * dout).sum()), x)
    made.forward(x)
    np.testing.assert_allclose(made.backward(dout), expected, atol=1e-7)


@pytest.mark.parametrize(("stride", "pad"), [(1, 0), (2, 1)])
@pytest.mark.parametrize("layer", ["Convolution", "Pooling"])
def test_the_book_layers_of_images_that_are_supplied_are_right(layer: str, stride: int, pad: int) -> None:
    names: Any = courseware.names_in("common.layers")
    rng = np.random.default_rng(0)
    x, W = rng.standard_normal((2, 3, 6, 6)), rng.standard_normal((4, 3, 3, 2))
    made = names[layer](*((W, np.ones(4)) if layer == "Convolution" else (3, 2)), stride, pad)
    y = made.forward(x)
    window = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)])[1, :, stride : stride + 3, stride : stride + 2]
    expected = (window * W[2]).sum() + 1 if layer == "Convolution" else window[2].max()
    np.testing.assert_allclose(y[1, 2, 1, 1], expected)
    dout = rng.standard_normal(y.shape)
    slopes = [courseware.numerical_gradient(lambda _: float((made.forward(x) * dout).sum()), of) for of in (x, W)]
    made.forward(x)
    np.testing.assert_allclose(made.backward(dout), slopes[0], atol=1e-7)
    if layer == "Convolution":
        np.testing.assert_allclose(made.dW, slopes[1], atol=1e-7)
        np.testing.assert_allclose(made.db, dout.sum(axis=(0, 2, 3)))


@pytest.mark.parametrize("layer", ["MatMul", "Embedding"])
def test_the_second_volumes_layers_that_are_supplied_are_right(layer: str) -> None:
    names: Any = courseware.names_in("common.layers")
    rng = np.random.default_rng(0)
    W, dout = rng.standard_normal((3, 2)), rng.standard_normal((4, 2))
    x = rng.standard_normal((4, 3)) if layer == "MatMul" else np.array([0, 2, 0, 0])
    made = names[layer](W)
    expected = courseware.numerical_gradient(lambda _: float((made.forward(x) * dout).sum()), W)
    made.forward(x)
    for _ in range(2):  # gradients are not added up from one pass to the next
        dx = made.backward(dout)
    np.testing.assert_allclose(made.grads[0], expected, atol=1e-7)
    np.testing.assert_allclose(dout @ W.T if layer == "MatMul" else 0.0, 0.0 if dx is None else dx)


@pytest.mark.parametrize("one_hot", [True, False])
def test_the_book_loss_that_is_supplied_is_right(one_hot: bool) -> None:
    names: Any = courseware.names_in("common.layers")
    x, t = np.random.default_rng(0).standard_normal((4, 3)), np.array([0, 2, 1, 1])
    loss, target = names["SoftmaxWithLoss"](), np.eye(3)[t] if one_hot else t
    expected = courseware.numerical_gradient(lambda _: loss.forward(x, target), x)
    loss.forward(x, target)
    np.testing.assert_allclose(loss.backward(), expected, atol=1e-6)


@pytest.mark.parametrize(("stride", "pad"), [(1, 0), (2, 1), (3, 0)])
def test_columns_of_images_go_back_where_they_came_from(stride: int, pad: int) -> None:
    rng = np.random.default_rng(0)
    images = rng.standard_normal((2, 3, 6, 7))
    columns = book_layers.im2col(images, 3, 2, stride, pad)
    dcolumns = rng.standard_normal(columns.shape)
    back = book_layers.col2im(dcolumns, images.shape, 3, 2, stride, pad)
    np.testing.assert_allclose((columns * dcolumns).sum(), (images * back).sum())  # they are adjoint


# --- containment ------------------------------------------------------------------------------------------------


def test_a_right_file_passes_and_a_wrong_one_is_found(tmp_path: Path) -> None:
    right = check_file(written(tmp_path, BROKEN.format("pass")))
    assert (right.problem, statuses(right)) == (None, {"relu": "ok", "relu_backward": "ok"})
    wrong = check_file(written(tmp_path, BROKEN.format("return 1.0 * (cache > 0)")))
    assert [(f.mistake, f.line) for f in wrong.findings] == [("activation_backward.gradient-lost", 7)]
    assert wrong.seconds > 0


def test_training_cells_are_not_executed_and_findings_say_their_cell(tmp_path: Path) -> None:
    cells = ["%matplotlib inline\nimport numpy as np", BROKEN.format("return 1.0 * (cache > 0)"), "raise SystemError"]
    report = check_file(written(tmp_path, notebook(*cells), "mine.ipynb"))
    assert report.problem is None
    assert [(f.facts["cell"], f.facts["cell_line"]) for f in report.findings] == [("2", "7")]


def test_old_names_of_numpy_are_no_mistake(tmp_path: Path) -> None:
    assert statuses(check_file(written(tmp_path, BROKEN.format("return dA * (cache > 0).astype(np.int)")))) == {
        "relu": "ok",
        "relu_backward": "ok",
    }


def test_scipy_is_real_if_it_is_there(tmp_path: Path) -> None:
    pytest.importorskip("scipy")
    code = "from scipy.special import expit\n\ndef sigmoid(Z):\n    return expit(Z), Z\n"
    assert statuses(check_file(written(tmp_path, code))) == {"sigmoid": "ok"}


def test_the_learners_names_are_used(tmp_path: Path) -> None:
    path = written(tmp_path, BROKEN.format("pass").replace("relu_backward", "back"))
    assert statuses(check_file(path, names={"back": "relu_backward"})) == {"relu": "ok", "back": "ok"}


@pytest.mark.parametrize(
    ("code", "key"),
    [
        ("", "no-definitions"),
        ("x = 1\nwhile True:\n    pass\n", "no-definitions"),
        ("print 'a'\n", "syntax-error"),
        (b"\x00\x01\x02\xff", "unreadable"),
        ("import os\nclass A:\n    os._exit(3)\n", "crashed"),
        ("import signal\nclass A:\n    signal.raise_signal(signal.SIGKILL)\n", "crashed"),
        ("class A:\n    raise KeyboardInterrupt('stop')\n", "no-definitions"),
        ("import numpy as np\nbig = np.ones(50 * 2**27)\ndef f(x): return big\n", "memory"),
    ],
)
def test_what_cannot_be_checked_is_said(tmp_path: Path, code: str, key: str) -> None:
    report = check_file(written(tmp_path, code), seconds=2.0)
    assert report.problem is not None, report
    assert report.problem.mistake == key
    assert report.exit_status == 2


@pytest.mark.parametrize("line", ["time.sleep(600)", "while True: pass"])
def test_a_file_that_takes_hold_of_its_process_ends_all_the_same(tmp_path: Path, line: str) -> None:
    code = f"import signal, time\nclass A:\n    signal.setitimer(signal.ITIMER_REAL, 0)\n    {line}\n"
    report = check_file(written(tmp_path, code), seconds=0.5)
    assert report.problem is not None
    assert report.problem.mistake == "timeout"


def test_a_file_that_is_not_there_is_unreadable(tmp_path: Path) -> None:
    problem = check_file(tmp_path / "nothing.py").problem
    assert problem is not None
    assert problem.mistake == "unreadable"


HARM = [
    ("import os; os.fork()", "os.fork is not allowed"),
    ("import subprocess; subprocess.run(['touch', OUTSIDE])", "subprocess.Popen is not allowed"),
    ("import os; os.system('touch ' + OUTSIDE)", "os.system is not allowed"),
    ("import socket; socket.create_connection(('127.0.0.1', PORT))", "socket"),
    ("import urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{PORT}')", "socket"),
    ("open(OUTSIDE, 'w')", "writing to"),
    ("import os; os.open(OUTSIDE, os.O_CREAT | os.O_WRONLY)", "writing to"),
    ("import os; os.remove(PRECIOUS)", "os.remove of"),
    ("import os; os.rename(PRECIOUS, 'mine')", "os.rename of"),
    ("import os; os.mkdir(OUTSIDE)", "os.mkdir of"),
    ("import os; os.mkfifo(OUTSIDE)", "not allowed"),
    ("import os; os.symlink(PRECIOUS, 'link')", "os.symlink is not allowed"),
    ("import os; os.chmod(PRECIOUS, 0)", "os.chmod is not allowed"),
    ("import pathlib; pathlib.Path(PRECIOUS).write_text('')", "writing to"),
    ("import shutil; shutil.rmtree(FOLDER)", "shutil.rmtree of"),
    ("import os; os.kill(os.getppid(), 9)", "os.kill is not allowed"),
    ("import ctypes; ctypes.CDLL(None)", "not allowed"),
    ("import _posixsubprocess; _posixsubprocess.fork_exec()", "not allowed"),
    ("import resource; resource.setrlimit(resource.RLIMIT_CORE, (0, 0))", "resource.setrlimit is not allowed"),
    ("open(PRECIOUS).read()", "opening"),
    ("np.save(OUTSIDE, np.ones(3))", "writing to"),
]


@pytest.fixture(scope="module")
def harmed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Path, bool]:
    """The report on a file that tries to do harm, the folder it aims at, and whether it got a connection."""
    folder = tmp_path_factory.mktemp("aim")
    names = {"FOLDER": folder, "PRECIOUS": written(folder, "precious"), "OUTSIDE": folder / "outside"}
    code = RELU + "".join(f"{name} = {str(path)!r}\n" for name, path in names.items())
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        code += f"PORT = {server.getsockname()[1]}\n"
        code += "".join(f"class Harm{i}:\n    {line}\n" for i, (line, _) in enumerate(HARM))
        report = check_file(written(tmp_path_factory.mktemp("harm"), code))
        try:
            server.accept()
        except BlockingIOError:
            return report, folder, False
    return report, folder, True


@pytest.mark.parametrize(
    ("number", "said"), [(i, said) for i, (_, said) in enumerate(HARM)], ids=[line for line, _ in HARM]
)
def test_harm_is_refused_and_said(harmed: tuple[Report, Path, bool], number: int, said: str) -> None:
    (finding,) = [finding for finding in harmed[0].findings if finding.function == f"Harm{number}"]
    assert said in finding.facts["text"]


def test_no_harm_is_done(harmed: tuple[Report, Path, bool]) -> None:
    report, folder, connected = harmed
    assert (statuses(report)["relu"], connected) == ("ok", False)
    (precious,) = folder.iterdir()
    assert precious.read_text() == "precious"
    assert precious.stat().st_mode & 0o400


@pytest.mark.parametrize(
    ("line", "said", "status"),
    [
        ("input('n = ')", "nobody is there", "wrong"),
        ("import sys; sys.exit(4)", "4", "wrong"),
        ("np.zeros(3 * 2**27)", "allocate", "unchecked"),
        ("np.ones(50 * 2**27)", "allocate", "unchecked"),
        ("open('/etc/passwd', 'a')", "writing to", "unchecked"),
        ("import os; [os.fork() for _ in range(8)]", "os.fork is not allowed", "unchecked"),
        ("import sqlite3; sqlite3.connect('/tmp/chainrule.db')", "_sqlite3 is not allowed", "unchecked"),
    ],
)
def test_functions_that_give_up_are_wrong_and_those_that_reach_out_are_not_judged(
    tmp_path: Path, line: str, said: str, status: str
) -> None:
    report = check_file(written(tmp_path, BROKEN.format(line)), seconds=10.0)
    assert said in raised_text(report)
    assert statuses(report) == {"relu": "ok", "relu_backward": status}


def worked() -> float:
    """Return how many seconds the processes that have ended worked, whatever else the machine does."""
    times = os.times()
    return times.children_user + times.children_system


@pytest.mark.parametrize("line", ["while True: pass", "while True: print('flood')", "import time; time.sleep(600)"])
def test_a_function_that_never_returns_costs_its_limit(tmp_path: Path, line: str) -> None:
    before = worked()
    report = check_file(written(tmp_path, BROKEN.format(line)), seconds=10.0)
    assert "did not return" in raised_text(report)
    assert worked() - before < 6.0


def test_its_own_folder_can_be_written_but_not_filled(tmp_path: Path) -> None:
    line = "open('notes', 'w').write('a'); np.save('cache.npy', cache)"
    assert statuses(check_file(written(tmp_path, BROKEN.format(line))))["relu_backward"] == "ok"
    report = check_file(written(tmp_path, BROKEN.format("open('big', 'wb').write(bytes(2**24))")))
    assert "too large" in raised_text(report)


def test_secrets_of_the_environment_are_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_TOKEN", "secret")
    report = check_file(written(tmp_path, BROKEN.format("import os; raise ValueError(sorted(os.environ))")))
    assert "MY_TOKEN" not in raised_text(report)
    assert "OPENBLAS_NUM_THREADS" in raised_text(report)


def test_several_files_come_back_in_order(tmp_path: Path) -> None:
    slow = written(tmp_path, "import time\nclass A:\n    time.sleep(1)\n", "slow.py")
    paths = [slow, written(tmp_path, RELU, "fast.py"), tmp_path / "nothing.py"]
    reports = list(check_files(paths, 2))
    assert [report.file for report in reports] == [str(path) for path in paths]
    assert [report.exit_status for report in reports] == [2, 0, 2]


def test_who_stops_early_leaves_nothing_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    processes: list[subprocess.Popen[bytes]] = []

    class Popen(subprocess.Popen[bytes]):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            processes.append(self)

    monkeypatch.setattr(subprocess, "Popen", Popen)
    code = "import signal\nclass A:\n    signal.setitimer(signal.ITIMER_REAL, 0)\n    while True: pass\n"
    paths = [written(tmp_path, RELU, "fast.py")] + [written(tmp_path, code, f"loop{i}.py") for i in range(4)]
    reports = check_files(paths, 2, seconds=60.0)
    assert next(reports).exit_status == 0
    started = time.perf_counter()
    reports.close()  # type: ignore[attr-defined]
    assert time.perf_counter() - started < 5
    assert len(processes) > 1 and all(process.poll() is not None for process in processes)


def test_the_callers_chainrule_goes_before_an_installed_one_and_no_module_before_pythons_own(tmp_path: Path) -> None:
    venv.create(tmp_path / "installed", symlinks=os.name != "nt")
    python = tmp_path / "installed" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    (site_packages,) = (tmp_path / "installed").rglob("site-packages")
    for root in (site_packages, tmp_path / "mine"):
        (root / "chainrule").mkdir(parents=True)
        (root / "chainrule/__init__.py").write_text("")
        (root / "fractions.py").write_text("")
    code = sandbox.PATH + "import chainrule, fractions; print(chainrule.__file__); print(fractions.__file__)"
    shown = subprocess.run(
        [python, "-I", "-c", code, tmp_path / "mine"], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    chainrule, fractions = map(Path, shown.stdout.splitlines())
    assert chainrule == tmp_path / "mine/chainrule/__init__.py"
    assert tmp_path not in fractions.parents


def test_links_that_lead_out_of_their_folder_are_rows_that_say_so(tmp_path: Path) -> None:
    (tmp_path / "key.py").write_text("SECRET = 'oops\n", "utf-8")
    (folder := tmp_path / "submissions").mkdir()
    (folder / "kim.py").symlink_to(tmp_path / "key.py")
    (folder / "lee.py").symlink_to(folder / "lee.py")
    (folder / "park.py").write_text("def relu(Z):\n    return Z * (Z > 0), Z\n", "utf-8")
    (folder / "again.py").symlink_to(folder / "park.py")
    reports = {Path(report.file).stem: report for report in check_files(to_check([folder]))}
    assert reports.keys() == {"kim", "lee", "park", "again"}
    kim = reports["kim"].problem
    assert kim is not None and kim.facts == {"text": "it is a link that leads out of its folder"}
    assert "SECRET" not in json.dumps(reports["kim"].as_dict())
    assert reports["lee"].problem is not None
    assert [done.status for name in ("park", "again") for done in reports[name].checked] == ["ok", "ok"]
