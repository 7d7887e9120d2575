"""Exercises: their notebooks are not started; filled in rightly they get all points, wrongly none for what is wrong."""

from __future__ import annotations

import csv
import inspect
import io
import json
import re
from collections.abc import Mapping
from pathlib import Path

import nbformat
import pytest

from chainrule.checker.findings import Report
from chainrule.checker.running.sandbox import check_file
from chainrule.checker.telling import grading
from chainrule.cli import main
from chainrule.lessons import stepwise
from chainrule.lessons.exercises import exercises

GATES = {
    "AND": "return int(0.5 * x1 + 0.5 * x2 - 0.7 > 0)",
    "OR": "return int(0.5 * x1 + 0.5 * x2 - 0.2 > 0)",
    "NAND": "return 1 - AND(x1, x2)",
    "XOR": "return AND(NAND(x1, x2), OR(x1, x2))",
}
RIGHT = GATES | {
    "sigmoid": "A = 1 / (1 + np.exp(-Z))\n    return A, Z",
    "relu": "return np.maximum(0, Z), Z",
    "sigmoid_backward": "s = 1 / (1 + np.exp(-cache))\n    return dA * s * (1 - s)",
    "relu_backward": "return dA * (cache > 0)",
    "initialize_parameters_deep": (
        "p = {}\n    for l in range(1, len(layer_dims)):\n"
        "        p[f'W{l}'] = np.random.randn(layer_dims[l], layer_dims[l - 1]) * 0.01\n"
        "        p[f'b{l}'] = np.zeros((layer_dims[l], 1))\n    return p"
    ),
    "linear_forward": "return np.dot(W, A) + b, (A, W, b)",
    "linear_activation_forward": (
        "Z, linear_cache = linear_forward(A_prev, W, b)\n"
        "    A, activation_cache = sigmoid(Z) if activation == 'sigmoid' else relu(Z)\n"
        "    return A, (linear_cache, activation_cache)"
    ),
    "L_model_forward": (
        "A, caches, L = X, [], len(parameters) // 2\n    for l in range(1, L + 1):\n"
        "        kind = 'sigmoid' if l == L else 'relu'\n"
        "        A, c = linear_activation_forward(A, parameters[f'W{l}'], parameters[f'b{l}'], kind)\n"
        "        caches.append(c)\n    return A, caches"
    ),
    "compute_cost": "return float(-np.mean(Y * np.log(AL) + (1 - Y) * np.log(1 - AL)))",
    "linear_backward": (
        "A_prev, W, b = cache\n    m = A_prev.shape[1]\n"
        "    return W.T @ dZ, dZ @ A_prev.T / m, dZ.sum(axis=1, keepdims=True) / m"
    ),
    "linear_activation_backward": (
        "linear_cache, Z = cache\n"
        "    dZ = relu_backward(dA, Z) if activation == 'relu' else sigmoid_backward(dA, Z)\n"
        "    return linear_backward(dZ, linear_cache)"
    ),
    "L_model_backward": (
        "grads, L = {}, len(caches)\n    Y = Y.reshape(AL.shape)\n"
        "    dA = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))\n    for l in reversed(range(L)):\n"
        "        kind = 'sigmoid' if l == L - 1 else 'relu'\n"
        "        dA, dW, db = linear_activation_backward(dA, caches[l], kind)\n"
        "        grads |= {f'dA{l}': dA, f'dW{l + 1}': dW, f'db{l + 1}': db}\n    return grads"
    ),
    "update_parameters": "return {k: parameters[k] - learning_rate * grads['d' + k] for k in parameters}",
}
WRONG = {
    "gates": ("XOR", "return OR(x1, x2)"),
    "activations": ("sigmoid_backward", "s = 1 / (1 + np.exp(-cache))\n    return dA * s"),
    "initialization": (
        "initialize_parameters_deep",
        RIGHT["initialize_parameters_deep"].replace(
            "np.random.randn(layer_dims[l], layer_dims[l - 1])", "np.zeros((layer_dims[l], layer_dims[l - 1]))"
        ),
    ),
    "forward": ("linear_forward", "return np.dot(W, A) - b, (A, W, b)"),
    "cost": ("compute_cost", "return float(-np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL)))"),
    "backward": ("linear_backward", RIGHT["linear_backward"].replace("axis=1", "axis=0")),
    "update": ("update_parameters", "return {k: parameters[k] + learning_rate * grads['d' + k] for k in parameters}"),
}
"""For each lesson a function, and a mistake in it."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("class") / "exercises"
    assert main(["exercise", "new", str(folder), "--lang", "ko"]) == 0
    return folder


def _filled(notebook: Path, bodies: Mapping[str, str], to: Path) -> Report:
    book = json.loads(notebook.read_text("utf-8"))
    for cell in book["cells"]:
        text = "".join(cell["source"])
        name = re.match(r"def (\w+)\(", text)
        if name is not None:
            text = text[: text.index("    ...")] + f"    {bodies[name[1]]}\n"
        cell["source"] = text.splitlines(keepends=True)
    to.write_text(json.dumps(book), "utf-8")
    return check_file(to)


def _notebook(folder: Path, lesson: str) -> Path:
    return next(folder.glob(f"*-{lesson}.ipynb"))


@pytest.mark.parametrize("lesson", exercises())
def test_an_exercise_filled_in_rightly_has_all_points_and_wrongly_less(
    lesson: str, folder: Path, tmp_path: Path
) -> None:
    exercise, notebook = exercises()[lesson], _notebook(folder, lesson)
    scheme = grading.read(notebook.with_suffix(".toml"))
    nbformat.validate(nbformat.read(notebook, as_version=4))
    assert "여기에 작성하십시오" in notebook.read_text("utf-8")

    empty = check_file(notebook)
    names = {blank.name for blank in exercise.blanks}
    assert {c.status for c in empty.checked if c.function in names} == {"not-started"} and not empty.findings
    assert grading.points(empty, scheme) == grading.Points(0, exercise.points, 0)

    right = _filled(notebook, RIGHT, tmp_path / "right.ipynb")
    assert grading.points(right, scheme) == grading.Points(exercise.points, exercise.points, 0), right

    name, body = WRONG[lesson]
    wrong = _filled(notebook, RIGHT | {name: body}, tmp_path / "wrong.ipynb")
    assert [finding.function for finding in wrong.findings] == [name]
    assert grading.points(wrong, scheme).earned < exercise.points


def test_functions_of_the_exercises_are_those_of_the_course() -> None:
    course = {name for name, _ in inspect.getmembers(stepwise, inspect.isfunction)} | set(GATES)
    assert {blank.name for exercise in exercises().values() for blank in exercise.blanks} <= course


def test_the_grade_book_has_the_points(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notebook = _notebook(folder, "backward")
    _filled(notebook, RIGHT, tmp_path / "kim.ipynb")
    _filled(notebook, RIGHT | dict([WRONG["backward"]]), tmp_path / "lee.ipynb")
    scheme = str(notebook.with_suffix(".toml"))
    capsys.readouterr()
    assert main(["check", str(tmp_path), "--points", scheme, "--csv", "--hint", "3", "--lang", "en"]) == 1
    printed = capsys.readouterr()
    assert "allows hints up to --hint 2" in printed.err
    rows = list(csv.DictReader(io.StringIO(printed.out.removeprefix("\ufeff"))))
    assert [row["earned"] for row in rows] == ["9", "6"]


def test_a_grading_file_refuses_another_exercise_by_name(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The notebook of backward comes with the forward pass; neither it nor a script made of it gets points for that."""
    notebook, scheme = _notebook(folder, "backward"), _notebook(folder, "forward").with_suffix(".toml")
    cells = [cell["source"] for cell in json.loads(notebook.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]
    (tmp_path / "kim.ipynb").write_bytes(notebook.read_bytes())
    (tmp_path / "lee.py").write_text("\n".join("".join(cell) for cell in cells), "utf-8")
    capsys.readouterr()
    for name in "kim.ipynb", "lee.py":
        assert main(["check", str(tmp_path / name), "--points", str(scheme), "--lang", "en"]) == 2
        printed = capsys.readouterr().out
        assert "This is the exercise backward, and the points are those of forward" in printed
        assert "0 of 7 points, 7 to be judged by hand" in printed


def test_a_grading_file_takes_what_names_no_exercise_and_names_its_own(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scheme = _notebook(folder, "cost").with_suffix(".toml")
    (tmp_path / "own.py").write_text(f"import numpy as np\ndef compute_cost(AL, Y):\n    {RIGHT['compute_cost']}\n")
    capsys.readouterr()
    assert main(["check", str(tmp_path / "own.py"), "--points", str(scheme), "--lang", "en"]) == 0
    assert "2 of 2 points" in capsys.readouterr().out
    scheme = tmp_path / "exam.toml"
    scheme.write_text("exercise = 3\n[points]\ncompute_cost = 2\n")
    assert main(["check", str(tmp_path / "own.py"), "--points", str(scheme), "--lang", "en"]) == 2
    assert 'exercise is a name, such as exercise = "forward", not 3.' in capsys.readouterr().err


@pytest.mark.parametrize(("highest", "offered"), [(1, False), (2, True)])
def test_no_hint_is_offered_that_the_grading_does_not_allow(
    highest: int, offered: bool, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lee, scheme = tmp_path / "lee.ipynb", tmp_path / "exam.toml"
    _filled(_notebook(folder, "gates"), RIGHT | {"OR": RIGHT["AND"]}, lee)
    scheme.write_text(f"hints = {highest}\n[points]\nOR = 1\n")
    capsys.readouterr()
    assert main(["check", str(lee), "--points", str(scheme), "--lang", "en"]) == 1
    printed = capsys.readouterr().out
    assert "OR behaves like AND" in printed and ("--hint 2" in printed) == offered


def test_nothing_that_is_filled_in_is_written_over(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in folder.iterdir()}
    assert main(["exercise", "new", str(folder), "--lang", "en"]) == 2
    assert "is there already" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    assert main(["exercise", "new", str(folder / "more"), "--lessons", "backwards", "--lang", "en"]) == 2
    assert "Did you mean 'backward'?" in capsys.readouterr().err and not (folder / "more").exists()
