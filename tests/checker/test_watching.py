"""Whole programs are watched on made-up data, and whatever they do, what they define is judged."""

from __future__ import annotations

import ast
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from chainrule.checker.findings import Report
from chainrule.checker.running.child import _program
from chainrule.checker.running.sandbox import check_files
from chainrule.checker.running.surroundings import import_packages
from chainrule.checker.watching.by_name import Style, styles, value
from chainrule.checker.watching.paths import text
from chainrule.checker.watching.program import Program

HEAD = """
import numpy as np
def sigmoid(z):
    return 1 / (1 + np.exp(-z))
"""
LOOP = """
rng = np.random.RandomState(0)
X = rng.rand(10, 4); Y = rng.rand(10, 1)
w = rng.randn(4, 1)
for i in range(100):
    y = X @ w
    w -= 0.1 * 2 * X.T @ (y - Y) / len(X)
"""
# What a program does before its loop.
CONTAINED = {
    "downloads": "import urllib.request\nurllib.request.urlretrieve('http://example.com/x', 'x')",
    "downloads with requests": "import requests\npage = requests.get('http://example.com').content",
    "downloads with curl": "import subprocess\nsubprocess.run(['curl', '-O', 'http://example.com'], check=True)",
    "shows a plot": "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1, 2])\nplt.show()",
    "opens a window": "import tkinter\nroot = tkinter.Tk()\nroot.mainloop()",
    "shows a picture": "import cv2\ncv2.imshow('picture', np.zeros((2, 2)))\ncv2.waitKey(0)",
    "draws with a turtle": "import turtle\nturtle.forward(10)\nturtle.done()",
    "plays": "import pygame\npygame.init()\nwhile True:\n    pygame.event.wait()",
    "reads the home folder": "import os\nkeys = os.listdir('/root') + os.listdir('/home')\nopen('/etc/passwd').read()",
    "writes to the home folder": "from pathlib import Path\n(Path('/root') / 'mine').write_text('x')",
    "serves": "import socket\ns = socket.socket()\ns.bind(('', 8000))\ns.listen()\ns.accept()",
    "serves pages": "from http.server import HTTPServer\nHTTPServer(('', 8000), None).serve_forever()",
    "starts a thread": "import threading\nthreading.Thread(target=lambda: print(1)).start()",
    "starts processes": "import multiprocessing\nwith multiprocessing.Pool(2) as pool:\n    pool.map(abs, [1])",
    "forks": "import os\nwhile True:\n    os.fork()",
    "asks": "n = int(input('How many? '))",
    "asks again": "while True:\n    try:\n        n = input()\n        break\n    except BaseException:\n        pass",
    "exits": "import sys\nsys.exit(1)",
    "exits at once": "import os\nos._exit(3)",
    "quits": "quit()",
    "loops for ever": "n = 0\nwhile True:\n    n += 1",
    "prints for ever": "while True:\n    print('x' * 10000)",
    "recurses for ever": "def again(n):\n    return again(n + 1)\nagain(0)",
    "wants much memory": "much = np.ones((10, 2**27))",
    "sleeps": "from time import sleep\nsleep(100)",
    "catches all": "while 1:\n    try:\n        while 1:\n            pass\n    except BaseException:\n        pass",
    "handles signals": "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\nwhile True:\n    pass",
    "shows its progress": "from tqdm import tqdm\nfor i in tqdm(range(3)):\n    pass",
    "takes options": "import argparse\np = argparse.ArgumentParser()\np.add_argument('--lr')\nlr = p.parse_args().lr",
    "needs an option": "import argparse\np = argparse.ArgumentParser()\np.add_argument('file')\np.parse_args()",
    "logs": "import logging\nlogging.basicConfig(filename='log.txt', level=10)\nlogging.info('x')",
    "writes many files": "for i in range(5000):\n    open(f'{i}.txt', 'w').write('x')",
    "writes large files": "for i in range(200):\n    np.save(f'{i}.npy', np.ones(2**16))",
    "goes elsewhere": "import os\nos.chdir(os.path.dirname(os.path.abspath(__file__)))",
    "executes text": "exec('q = 1')\nglobals()['r'] = q + 1\nglobals().pop('q')",
    "reads what is not here": "import pickle\nwith open('model.weights', 'rb') as file:\n    net = pickle.load(file)",
    "is broken": "undefined_name.method()",
}
# What ends the process of the program, or holds it up where nothing can stop it.
FATAL = {
    "kills itself": "import signal\nsignal.raise_signal(signal.SIGKILL)",
    "cannot be stopped": "import itertools\nsum(itertools.count())",
}


def reports(ways: dict[str, str], folder: Path) -> dict[str, Report]:
    paths = [folder / f"{number}.py" for number in range(len(ways))]
    for path, way in zip(paths, ways.values(), strict=True):
        path.write_text(HEAD + way + LOOP, "utf-8")
    return dict(zip(ways, check_files(paths, 2, seconds=60.0), strict=True))


def statuses(report: Report) -> dict[str, str]:
    return {done.function: done.status for done in report.checked}


@pytest.mark.slow
def test_whatever_a_program_does_it_is_judged(tmp_path: Path) -> None:
    for way, report in reports(CONTAINED, tmp_path).items():
        assert report.problem is None, (way, report.problem)
        told = statuses(report)
        assert (told.get("sigmoid"), told.get("for i")) == ("ok", "ok"), (way, told)


def test_the_end_of_a_program_costs_the_watching_alone(tmp_path: Path) -> None:
    for way, report in reports(FATAL, tmp_path).items():
        assert report.problem is None, (way, report.problem)
        assert statuses(report) == {"sigmoid": "ok"}, way


@pytest.mark.parametrize(
    ("package", "data"),
    [
        (
            "pandas",
            "import pandas\nt = pandas.read_csv('t.csv')\nX = t[['a', 'b', 'c', 'e']].values; Y = t[['d']].values",
        ),
        (
            "sklearn",
            "from sklearn.datasets import load_iris\nX, Y = load_iris(return_X_y=True)\nY = Y[:, None]",
        ),
    ],
)
def test_packages_for_data_work_behind_the_walls(package: str, data: str, tmp_path: Path) -> None:
    pytest.importorskip(package)
    path = tmp_path / "mine.py"
    path.write_text(HEAD + data + LOOP.replace("X = rng.rand(10, 4); Y = rng.rand(10, 1)", ""))
    (report,) = check_files([path], seconds=60.0)
    assert statuses(report) == {"sigmoid": "ok", "for i": "ok"}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Program]:
    """Runs a program in an empty folder, with no walls around it."""
    monkeypatch.chdir(tmp_path)

    def run(code: str) -> Program:
        tree = ast.parse(textwrap.dedent(code))
        import_packages(tree)
        program = _program(tree, {})
        program.run()
        return program

    return run


def moved(program: Program) -> set[str]:
    """Return the names of the arrays that the first passes of a program's loops move."""
    names = set()
    for rehearsal in program.first.values():
        before, after = rehearsal.before(), rehearsal.after()
        names |= {text(path) for path in after if path in before and not np.array_equal(before[path], after[path])}
    return names


Run = Callable[[str], Program]


@pytest.mark.parametrize(
    "load",
    [
        "np.loadtxt('train.csv', delimiter=',', skiprows=1)[:, 0]",
        "np.genfromtxt('data/train.csv', delimiter=',', skip_header=1)[:, 0]",
        "np.genfromtxt('data/' + 'train.csv', delimiter=',')[1:, 0]",
        "np.genfromtxt(f'{folder}/train.csv', delimiter=',')[1:, 0]",
        "np.genfromtxt(os.path.join(folder, 'train.csv'), delimiter=',')[1:, 0]",
        "np.genfromtxt(Path(folder) / 'train.csv', delimiter=',')[1:, 0]",
        "np.frombuffer(gzip.open('train-labels-idx1-ubyte.gz').read(), np.uint8, offset=8)",
        "np.frombuffer(Path('train-labels-idx1-ubyte').read_bytes(), np.uint8, offset=8)",
        "np.load('data/y_train.npy')",
        "np.load('mnist.npz')['y_train']",
        "keras.datasets.mnist.load_data()[0][1]",
        "load_labels('https://example.com')",
    ],
)
def test_labels_are_numbers_of_classes_wherever_they_come_from(load: str, run: Run) -> None:
    program = run(
        f"""
        import gzip, os
        from pathlib import Path
        import keras
        import numpy as np
        folder = "data"
        y_train = {load}
        """
    )
    assert program.failed == []
    assert set(program.names["y_train"].tolist()) == set(range(10)) and len(program.names["y_train"]) >= 60


def test_pictures_come_in_the_shapes_that_programs_ask_for(run: Run) -> None:
    program = run(
        """
        import gzip, struct
        import numpy as np
        from PIL import Image
        with gzip.open("train-images-idx3-ubyte.gz") as file:
            magic, count, rows, columns = struct.unpack(">IIII", file.read(16))
            digits = np.frombuffer(file.read(), np.uint8).reshape(60000, rows * columns)
        picture = np.array(Image.open("images/cat.jpg").convert("RGB"))
        (x_train, y_train), (x_test, y_test) = load_mnist(normalize=True, one_hot_label=True)
        """
    )
    names = program.names
    assert program.failed == []
    assert names["magic"] == 2051 and names["digits"].shape == (names["count"], 784)
    picture = names["picture"]
    assert picture.ndim == 3 and picture.shape[2] == 3 and picture.dtype == np.uint8
    assert names["y_train"].shape == (60, 10)


def test_frames_have_the_columns_that_a_program_asks_for(run: Run) -> None:
    pytest.importorskip("pandas")
    program = run(
        """
        import pandas as pd
        houses = pd.read_csv("houses.csv")
        X = houses[["area", "rooms"]].values
        y = houses["price"].values
        others = houses.drop("street", axis=1)
        """
    )
    assert program.failed == []
    assert program.names["X"].shape == (60, 2) and program.names["y"].dtype == float
    program = run("import pandas as pd\nX = pd.read_csv('digits.csv').drop('label', axis=1).values")
    assert program.failed == []
    assert program.names["X"].shape == (60, 784)


def test_the_cats_are_in_a_file(run: Run) -> None:
    pytest.importorskip("h5py")
    program = run(
        """
        import h5py
        import numpy as np
        file = h5py.File("datasets/train_catvnoncat.h5", "r")
        X = np.array(file["train_set_x"][:])
        y = np.array(file["train_set_y"][:])
        """
    )
    assert program.failed == []
    X, y = program.names["X"], program.names["y"]
    assert X.ndim == 4 and y.shape == (len(X),) and set(y) == {0, 1}


def test_there_are_enough_examples_for_a_batch(run: Run) -> None:
    program = run("import data\nbatch_size = 128\nX_train, y_train = data.load()\nn = len(X_train) // batch_size")
    assert program.names["n"] == 1


def test_what_is_not_data_is_not_made_up(run: Run) -> None:
    program = run("import torch\nnet = torch.load('net.pt')\nx, cache = torch.forward(3)")
    assert [raised.kind for raised in program.failed] == ["NotHereError"] * 2


TRAINERS = {
    "in rows": """
        def train(X, y, epochs, lr):
            w = np.zeros((X.shape[1], 1)); b = 0.0
            for epoch in range(epochs):
                p = 1 / (1 + np.exp(-(np.dot(X, w) + b)))
                w = w - lr * np.dot(X.T, p - y) / len(X)
            return w
        """,
    "in columns": """
        def model(X, Y, num_iterations=5):
            w = np.zeros((1, X.shape[0]))
            for i in range(num_iterations):
                A = 1 / (1 + np.exp(-np.dot(w, X)))
                w = w - 0.1 * np.dot(A - Y, X.T) / X.shape[1]
            return w
        """,
    "in pairs": """
        class Network:
            def __init__(self, sizes):
                self.w = np.ones((sizes[-1], sizes[0]))
            def SGD(self, training_data, epochs, mini_batch_size, eta):
                for x, y in training_data:
                    self.w -= eta * (np.dot(self.w, x) - y) @ x.T
        """,
    "in batches": """
        def train(train_loader, epochs=2):
            w = np.zeros((6, 3))
            for X, Y in train_loader:
                softmax = np.exp(X @ w) / np.exp(X @ w).sum(axis=1, keepdims=True)
                w = w - 0.1 * X.T @ (softmax - Y)
        """,
    "in a class": """
        class Network:
            def __init__(self, n_input, n_hidden, n_output):
                self.w = np.ones((n_input, n_output))
            def fit(self, X_train, y_train):
                for i in range(3):
                    A = np.exp(np.dot(X_train, self.w))
                    softmax = A / A.sum(axis=1, keepdims=True)
                    self.w -= 0.1 * X_train.T @ (softmax - y_train)
        """,
}


@pytest.mark.parametrize("style", TRAINERS)
def test_what_is_defined_and_never_called_is_called(style: str, run: Run) -> None:
    program = run("import numpy as np\n" + textwrap.dedent(TRAINERS[style]))
    assert moved(program) & {"w", "self.w"}


def test_a_call_that_does_not_fit_is_forgotten(run: Run) -> None:
    program = run(
        """
        def train(X, y):
            for x in X:
                inner(x)
            raise ValueError
        def inner(x):
            return x
        """
    )
    assert "train" not in program.calls.first and not program.first


def test_layers_are_made_and_called_in_their_order(run: Run) -> None:
    program = run(
        """
        import numpy as np
        class Affine:
            def __init__(self, W, b):
                self.W, self.b = W, b
            def forward(self, x):
                self.x = x
                return np.dot(x, self.W) + self.b
            def backward(self, dout):
                self.dW = self.x.T @ dout
                return dout @ self.W.T
        """
    )
    calls = program.calls.first
    assert calls["Affine.backward"]["dout"].shape == (8, 5) and calls["Affine.backward"]["self"].x.shape == (8, 6)


@pytest.mark.parametrize(
    ("source", "style"),
    [
        ("A = softmax(np.dot(X, W))", Style(True, "one-hot")),
        ("A = softmax(np.dot(W, X)); Y = one_hot(y)", Style(False, "numbers")),
        ("a = sigmoid(W1 @ X + b1)", Style(False, "binary")),
        ("a = sigmoid(x @ self.W + self.b)", Style(True, "binary")),
    ],
)
def test_labels_are_of_the_kind_that_the_code_is_for(source: str, style: Style) -> None:
    tried = styles(source)
    assert tried[0] == style
    assert all(("binary" == style.labels) == ("binary" == other.labels) for other in tried if other.inputs == "matrix")
    assert np.shape(value("X", style))[0 if style.in_rows else 1] == np.size(value("y", Style(True, "numbers")))


def test_large_arguments_are_not_kept(run: Run) -> None:
    program = run("import numpy as np\ndef f(x, n):\n    return n\nf(np.ones(10**6), 1)\nf(np.ones(3), 2)")
    assert program.calls.first["f"]["n"] == 2


def test_a_loop_ends_early_and_those_inside_it_where_they_end(run: Run) -> None:
    program = run(
        """
        import time
        epochs, counts = 0, []
        for epoch in range(1000):
            epochs += 1
            count = 0
            for i in range(5):
                until = time.monotonic() + 0.01
                while time.monotonic() < until:
                    pass
                count += 1
            counts.append(count)
        """
    )
    assert program.names["epochs"] < 20 and set(program.names["counts"]) == {5}


def test_a_program_takes_few_seconds(run: Run) -> None:
    started = time.process_time()
    run(
        "import time\n"
        + "end = time.monotonic() + 1.5\n[0 for _ in iter(lambda: time.monotonic() < end, False)]\n" * 20
    )
    assert time.process_time() - started < 5.0
