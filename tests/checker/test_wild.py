"""The measure on fetched files: what it counts, and how verdicts are kept from one run to the next."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from chainrule.checker.findings import Checked, Report
from tests.checker import wild

LIST = """# Files

## course (1 files)

- ada/week4 : code/week4.py

## book (2 files)

- bob/book : layers.py
- bob/book : gone.py
"""
WEEK4 = """import numpy as np

def linear_forward(A, W, b):
    return np.dot(W, A) + b, (A, W, b)

def linear_backward(dZ, cache):
    A, W, b = cache
    m = A.shape[1]
    return np.dot(W.T, dZ), np.dot(dZ, A.T) / m, np.sum(dZ, axis=1, keepdims=True)

def twice_as_odd(A, W):
    return np.tanh(W @ A) ** 3

for epoch in range(9):
    W -= 0.1 * dW

def plot_cost(costs):
    plt.plot(np.log(costs))
"""
LAYERS = """import numpy as np

def sigmoid(x):
    return 1 / (1 + np.exp(-x))
"""


def run(folder: Path, *options: str) -> None:
    wild.main([str(folder / "list.md"), "--folder", str(folder), "--tsv", str(folder / "accused.tsv"), *options])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two files of three on a list, one of them wrong."""
    files = {"list.md": LIST, "ada+week4/code/week4.py": WEEK4, "bob+book/layers.py": LAYERS}
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return tmp_path


def test_the_table_counts_by_style_and_in_all(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(folder, "--json", str(folder / "results.json"))
    results = json.loads((folder / "results.json").read_text("utf-8"))
    course, book, everything = results["table"]
    assert (course["style"], course["files"], course["errors"]) == ("course", 1, 1)
    assert course["statuses"] == {"ok": 1, "wrong": 1} and course["judged"] == 1.0
    assert (course["computing"], course["judged_of_all"], course["unjudged_networks"]) == (4, 0.5, 0)
    assert (book["style"], book["errors"], book["statuses"]) == ("book", 0, {"ok": 1})
    assert (everything["files"], everything["functions"], everything["broken_off"]) == (2, 3, 0)
    assert 0 < everything["median"] <= everything["slowest"] < 20
    assert [report["file"] for report in results["reports"]] == ["ada+week4/code/week4.py", "bob+book/layers.py"]
    printed = capsys.readouterr().out
    assert "not there: bob+book/gone.py" in printed and "100%" in printed


def test_verdicts_are_kept_until_the_accusation_goes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(folder)
    (accusation,) = wild.read(folder / "accused.tsv")
    assert accusation.accused == ("ada+week4/code/week4.py", "6", "linear_backward")
    assert accusation.key == "linear_backward.db-no-mean" and accusation.sentence.startswith("linear_backward divides")

    marked = folder / "marked.tsv"
    wild.write(marked, [replace(accusation, verdict="false", why="the sum is what was asked for")])
    run(folder, "--verified", str(marked))
    assert wild.read(folder / "accused.tsv") == wild.read(marked)
    printed = capsys.readouterr().out
    assert "1 accusations: 0 true, 1 false, 0 unfinished, 0 harmless, 0 not marked" in printed
    assert "false: 100.0% of the accusations, in 50.0% of the files" in printed
    assert (
        printed.count("\n| course | 1 | 0 | 2 | 100% | 0 | 0 | 1 | 4 | 50% | 0 | 1 | 0 / 1 / 0 | 1 | 0 | ") == 2
    )  # in each language

    wild.write(marked, [replace(accusation, verdict="true")])
    (folder / "ada+week4/code/week4.py").write_text(WEEK4.replace("np.sum", "1 / m * np.sum"), "utf-8")
    run(folder, "--verified", str(marked))
    assert "true, but no longer found: ada+week4/code/week4.py 6 linear_backward" in capsys.readouterr().out


def test_the_documentation_says_why_functions_are_not_judged() -> None:
    left = [Checked(name, name, 1, "unchecked", reason) for name, reason in (("f", "needs-file"), ("g", "other-call"))]
    report = Report("mine.py", (*left, Checked("h", "h", 9, "unchecked", "other-call")), unmatched=("k",))
    rows = wild.table([wild.Judged("course", report, 2)], [])
    english, korean = (wild.markdown(rows, lang) for lang in ("en", "ko"))
    assert "| course | 1 | 1 | 3 | 0% | 3 | 0 | 1 | 5 | 0% | 1 | 0 | 0 / 0 / 0 | 0 | 0 | 0.0 |\n" in english
    assert "- course: [other-call](mistakes.md#other-call) 2, [needs-file](mistakes.md#needs-file) 1\n" in english
    assert korean.startswith("| 방식 | 파일 |") and "(mistakes.ko.md#other-call) 2" in korean


def test_a_place_in_a_notebook_is_its_cell_and_line(folder: Path) -> None:
    cells = [{"cell_type": "code", "source": text} for text in ("import numpy as np\n", WEEK4)]
    (folder / "ada+week4/code/week4.ipynb").write_text(json.dumps({"cells": cells}), "utf-8")
    (folder / "list.md").write_text(LIST.replace("week4.py", "week4.ipynb"), "utf-8")
    run(folder)
    assert [each.line for each in wild.read(folder / "accused.tsv")] == ["cell 2, line 6"]


def test_a_verdict_that_is_none_is_refused(tmp_path: Path) -> None:
    marked = wild.Accusation("right", "", "f.py", "1", "relu", "raised", "relu stops")
    wild.write(tmp_path / "marked.tsv", [marked])
    with pytest.raises(ValueError, match="relu: 'right' is none of true, false"):
        wild.read(tmp_path / "marked.tsv")


def test_a_line_that_names_no_file_is_refused() -> None:
    with pytest.raises(ValueError, match=r"owner/repo : path`, not '- week4\.py'"):
        wild.listed("- week4.py")
