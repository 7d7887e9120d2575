"""How the findings of a check are told: in a terminal, to programs, as pages, and by the command."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from html.parser import HTMLParser
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from rich.cells import cell_len
from typer.main import get_group

from chainrule.checker.findings import Checked, Finding, Line, Report, Severity
from chainrule.checker.running import sandbox, source, workspace
from chainrule.checker.running.excerpts import excerpt, with_code
from chainrule.checker.telling import classroom, formats, grading, pages, terminal, texts
from chainrule.checker.telling.texts import printable
from chainrule.cli import app, learners, main
from chainrule.common.errors import InputError
from chainrule.common.languages import LANGUAGES

SEVERITIES: tuple[Severity, ...] = ("error", "warning")
LOST = Finding(
    "activation_backward.gradient-lost",
    "relu_backward",
    36,
    {"name": "dZ", "index": "[0, 0]", "expected": "-1.53", "got": "1"},
)
TIMES_5 = Finding(
    "wrong-numbers",
    "my_linear",
    50,
    {"name": "dW", "index": "[0, 1]", "expected": "0.2", "got": "1", "pattern": "ratio 5"},
)
SHAPE = Finding("wrong-shape", "my_linear", 50, {"name": "db", "index": "", "expected": "(3, 1)", "got": "(3,)"})
WARNING = Finding("argument-changed", "Relu.backward", 70, {"name": "dout"}, "warning")
WEEK_4 = Report(
    "week4.py",
    (
        Checked("sigmoid", "sigmoid", 3, "ok"),
        Checked("relu_backward", "relu_backward", 36, "wrong"),
        Checked("my_linear", "linear_backward", 50, "wrong"),
        Checked("L_model_backward", "L_model_backward", 90, "unchecked", "needs-another", {"name": "relu_backward"}),
    ),
    (LOST, TIMES_5),
    ("linear_bwd", "plot"),
    seconds=0.25,
)
CLEAN = Report("a.py", (Checked("relu", "relu", 3, "ok"), Checked("tanh", "tanh", 7, "ok")))
BAD = Report("b.py", problem=Finding("syntax-error", "", 3, {"line": "3", "text": "invalid syntax"}))
NOTHING = Report("c.py")
NOT_STARTED = [Checked(f, f, 9, "not-started", "not-started", {"code_line": "11"}) for f in ("tanh", "sigmoid")]
TEMPLATE = Report("e.py", (Checked("relu", "relu", 3, "ok"), *NOT_STARTED))
PENDING = Report("d.py", (Checked("f", "predict", 3, "unchecked", "needs-another"),))


# In a terminal.


def test_a_report_in_full() -> None:
    assert terminal.text(WEEK_4, width=90) == (
        "week4.py  2 mistakes in 3 functions, 1 not judged, 2 not recognized\n"
        "  ✓ sigmoid\n"
        "  ✗ relu_backward\n"
        "  ✗ my_linear         checked as linear_backward\n"
        "  – L_model_backward  not judged: it depends on relu_backward, which has to be right first\n"
        "\n"
        "✗ relu_backward (line 36)\n"
        "  relu_backward takes g'(Z) alone for dZ: the incoming gradient dA is lost. The chain rule\n"
        "  needs dA * g'(Z).\n"
        "  First differs at dZ[0, 0]: expected -1.53, got 1\n"
        "\n"
        "✗ my_linear (line 50)\n"
        "  my_linear returns wrong numbers for dW, and they fit no mistake that is known. All\n"
        "  numbers are 5 times the right ones.\n"
        "  First differs at dW[0, 1]: expected 0.2, got 1\n"
        "\n"
        "Not recognized: linear_bwd, plot\n"
        "  Say what a function should do: --map linear_bwd=linear_backward\n"
        "\n"
        "A hint where to look: --hint 2"
    )


def test_a_report_in_korean() -> None:
    said = terminal.text(WEEK_4, "ko", 3)
    assert said.startswith("week4.py  함수 3개 가운데 오류 2개, 판단 보류 1개, 알 수 없음 2개\n")
    assert "✗ relu_backward (36행)" in said
    assert "처음 어긋난 곳 dZ[0, 0]: 맞는 값 -1.53, 나온 값 1" in said
    assert "  힌트: " in said and "  공식: dZ = dA * g'(Z)" in said
    assert max(cell_len(row) for row in said.splitlines()) <= 100  # a Korean letter is two columns wide


@pytest.mark.parametrize(
    ("hint", "shown", "hidden", "last"),
    [
        (1, [], ["Hint: ", "Formula: "], "A hint where to look: --hint 2"),
        (2, ["Hint: "], ["Formula: "], "The formula as well: --hint 3"),
        (3, ["Hint: ", "Formula: dZ = dA * g'(Z): ReLU [Z > 0]"], ["--hint"], "--map linear_bwd=linear_backward"),
    ],
)
def test_hints_up_to_a_level(hint: int, shown: list[str], hidden: list[str], last: str) -> None:
    said = terminal.text(WEEK_4, "en", hint)
    assert all(part in said for part in shown)
    assert not any(part in said for part in hidden)
    assert said.endswith(last)


def test_there_is_no_third_level_without_a_formula() -> None:
    assert "--hint" not in terminal.text(replace(WEEK_4, findings=(TIMES_5,)), "en", 2)


def test_without_the_command_no_option_is_named() -> None:
    said = terminal.text(WEEK_4, command=False)
    assert "--" not in said
    assert said.endswith("Not recognized: linear_bwd, plot")


@pytest.mark.parametrize(
    ("finding", "lang", "said"),
    [
        (LOST, "en", "First differs at dZ[0, 0]: expected -1.53, got 1"),
        (
            replace(LOST, facts=LOST.facts | {"name": "cost", "index": ""}),
            "ko",
            "처음 어긋난 곳 cost: 맞는 값 -1.53, 나온 값 1",
        ),
        (SHAPE, "en", "Shape of db: expected (3, 1), got (3,)"),
        (Finding("missing-result", "f", 1, {"name": "db", "expected": "", "got": ""}), "en", ""),
        (Finding("raised", "f", 1, {"kind": "KeyError", "text": "W3"}), "en", ""),
    ],
)
def test_what_was_measured(finding: Finding, lang: str, said: str) -> None:
    assert terminal.measured(finding, lang) == said


@pytest.mark.parametrize(
    ("of", "lang", "said"),
    [
        (WEEK_4, "en", "2 mistakes in 3 functions, 1 not judged, 2 not recognized"),
        (replace(WEEK_4, findings=(LOST,), unmatched=()), "en", "1 mistake in 3 functions, 1 not judged"),
        (replace(CLEAN, findings=(LOST, WARNING)), "en", "1 mistake in 2 functions, 1 warning"),
        (replace(CLEAN, findings=(WARNING, WARNING)), "en", "no mistake in 2 functions, 2 warnings"),
        (TEMPLATE, "en", "no mistake in 1 function, 2 not started"),
        (TEMPLATE, "ko", "함수 1개, 오류 없음, 미작성 2개"),
        (replace(TEMPLATE, checked=TEMPLATE.checked[1:]), "en", "2 not started"),
        (CLEAN.requiring(["tanh", "softmax"]), "en", "no mistake in 2 functions, 1 required is missing"),
        (CLEAN, "en", "no mistake in 2 functions"),
        (CLEAN, "ko", "함수 2개, 오류 없음"),
        (BAD, "en", "could not be checked"),
        (BAD, "ko", "검사할 수 없음"),
        (NOTHING, "en", "could not be checked"),
        (PENDING, "en", "1 not judged"),
    ],
)
def test_the_summary(of: Report, lang: str, said: str) -> None:
    assert terminal.summary(of, lang) == said


@pytest.mark.parametrize(
    ("of", "said"),
    [
        (WEEK_4, "✗ week4.py  relu_backward (line 36), my_linear (line 50)"),
        (CLEAN, "✓ a.py  no mistake in 2 functions"),
        (BAD, "– b.py  Python cannot read it, line 3: invalid syntax"),
        (NOTHING, "– c.py  No function in it has a name that is known here."),
        (PENDING, "– d.py  1 not judged"),
        (TEMPLATE, "– e.py  no mistake in 1 function, 2 not started"),
    ],
)
def test_a_report_in_one_line(of: Report, said: str) -> None:
    assert terminal.line(of) == said
    assert len(terminal.line(replace(of, file="x" * 300)).splitlines()) == 1


def test_a_file_that_cannot_be_checked_says_why_and_what_to_do() -> None:
    said = terminal.text(BAD)
    assert said.startswith(
        "b.py  could not be checked\n  Python cannot read it, line 3: invalid syntax\n  Look at that"
    )
    unknown = terminal.text(replace(NOTHING, unmatched=("mine", "ReLU_deriv")))
    assert unknown.count("--map") == 1 and "--map ReLU_deriv=relu_derivative" in unknown
    assert "--map" not in terminal.text(replace(NOTHING, unmatched=("mine",)))  # it could be anything
    assert "--map my_name=linear_backward" in terminal.text(NOTHING)


def test_a_role_is_said_where_it_is_a_name_for_map() -> None:
    cost = Report("a.py", (Checked("compute_cost", "cost", 3, "ok"), Checked("mine", "relu", 7, "ok")))
    assert terminal.text(cost).splitlines()[1:] == ["  ✓ compute_cost", "  ✓ mine          checked as relu"]


def test_a_warning_is_marked() -> None:
    said = terminal.text(replace(CLEAN, findings=(WARNING,)))
    assert "! warning: Relu.backward (line 70)\n  Relu.backward changes its argument dout" in said
    assert "✗" not in said


def test_colors_only_where_they_are_wanted() -> None:
    assert "\x1b" not in terminal.text(WEEK_4)
    colored = terminal.text(WEEK_4, color=True)
    assert "\x1b[1;31m✗\x1b[0m relu_backward" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored).split() == terminal.text(WEEK_4).split()


def test_nothing_of_the_learners_steers_the_terminal() -> None:
    evil = "\x1b[2J\x1b]0;x\x07\u202e[bold]"
    finding = Finding("raised", "f", 1, {"kind": evil, "text": evil})
    said = terminal.text(Report(evil, (Checked(evil, evil, 1, "wrong"),), (finding,), (evil,)))
    assert all(character.isprintable() for character in said.replace("\n", ""))
    assert "[bold]" in said


IN_CELL = replace(LOST, facts=LOST.facts | {"cell": "3", "cell_line": "2"})
NOTEBOOK = Report("n.ipynb", (replace(WEEK_4.checked[1], facts={"cell": "3", "cell_line": "2"}),), (IN_CELL,))


def test_in_a_notebook_the_place_is_a_cell_and_a_line(tmp_path: Path) -> None:
    assert "✗ relu_backward (cell 3, line 2)\n" in terminal.text(NOTEBOOK)
    assert "✗ relu_backward (3번째 코드 셀 2행)\n" in terminal.text(NOTEBOOK, "ko")
    assert terminal.line(NOTEBOOK) == "✗ n.ipynb  relu_backward (cell 3, line 2)"
    row = rows_of(formats.csv([NOTEBOOK], "en"))[0]
    assert (row["cell"], row["line"]) == ("3", "2")
    file = formats.to_json([NOTEBOOK], "en", 1)["files"][0]
    assert [(each["cell"], each["line"]) for each in (*file["checked"], *file["findings"])] == [(3, 2), (3, 2)]
    assert "relu_backward (cell 3, line 2)" in formats.junit([NOTEBOOK], "en", 1)
    assert "relu_backward (cell 3, line 2)" in pages.write(tmp_path, [NOTEBOOK], "en", 1).with_name(
        "n.ipynb.html"
    ).read_text("utf-8")


def test_a_line_that_cannot_be_read_is_that_of_the_cell() -> None:
    problem = Finding("syntax-error", "", 40, {"line": "40", "text": "invalid syntax", "cell": "3", "cell_line": "2"})
    assert "Python cannot read it, cell 3, line 2: invalid syntax" in terminal.text(Report("n.ipynb", problem=problem))


# What has to be there.


@pytest.mark.parametrize(
    ("of", "names", "mistakes"),
    [
        (CLEAN, ["relu", "tanh", "relu"], []),
        (CLEAN, ["softmax", "relu"], ["required.missing"]),
        (WEEK_4, ["linear_backward", "my_linear"], []),  # found wrong is judged
        (WEEK_4, ["L_model_backward"], ["required.unchecked"]),
        (WEEK_4, ["plot"], ["required.unknown"]),  # it is there
        (TEMPLATE, ["relu", "tanh"], ["required.not-started"]),
        (PENDING, ["predict"], ["required.unchecked"]),
        (NOTHING, ["relu"], ["required.missing"]),
        (BAD, ["relu"], []),
    ],
)
def test_what_is_required(of: Report, names: list[str], mistakes: list[str]) -> None:
    found = of.requiring(names)
    assert [finding.mistake for finding in found.findings[len(of.findings) :]] == mistakes
    assert found.exit_status == (1 if mistakes else of.exit_status)


def test_what_is_required_decides_whether_enough_was_judged() -> None:
    assert TEMPLATE.exit_status == 2  # of three functions one is judged
    assert TEMPLATE.requiring(["relu"]).exit_status == 0
    assert replace(CLEAN, unmatched=("a", "b")).exit_status == 0
    assert replace(CLEAN, unmatched=("a", "b", "c")).exit_status == 2


def test_a_required_class_needs_all_its_methods() -> None:
    methods = (Checked("Relu.forward", "relu", 3, "ok"), Checked("Relu.backward", "relu", 5, "unchecked", "needs-file"))
    found = Report("a.py", methods).requiring(["Relu"]).findings
    assert [(finding.mistake, finding.function, finding.line) for finding in found] == [
        ("required.unchecked", "Relu.backward", 5)
    ]


# The class.

CLASS = [
    WEEK_4,
    Report("kim/x.py", (Checked("relu_backward", "relu_backward", 5, "wrong"),), (replace(LOST, line=5),)),
    Report(
        "lee/x.py",
        (Checked("my_relu", "relu_backward", 5, "wrong"), Checked("f", "f", 9, "wrong")),
        (replace(LOST, function="my_relu"), replace(LOST, function="my_relu"), SHAPE),
    ),
    CLEAN,
    BAD,
]


def test_the_table_counts_files_by_role() -> None:
    rows = [(row.function, row.example.mistake, row.files) for row in classroom.tally(CLASS)]
    assert rows == [
        ("relu_backward", "activation_backward.gradient-lost", ("week4.py", "kim/x.py", "lee/x.py")),
        ("my_linear", "wrong-numbers", ("week4.py",)),
        ("my_linear", "wrong-shape", ("lee/x.py",)),
    ]


def test_different_texts_are_different_rows_and_warnings_come_last() -> None:
    raised = [Finding("raised", "f", 1, {"kind": "KeyError", "text": text}) for text in ("W3", "W3", "W4")]
    reports = [Report(f"{n}.py", findings=(finding, WARNING)) for n, finding in enumerate(raised)]
    rows = classroom.tally([*reports, Report("3.py", findings=(replace(LOST, facts={"expected": "9"}),)), CLASS[1]])
    assert [(row.example.mistake, len(row.files)) for row in rows] == [
        ("raised", 2),
        ("activation_backward.gradient-lost", 2),  # whatever numbers were measured
        ("raised", 1),
        ("argument-changed", 3),
    ]
    last = classroom.table(reports).splitlines()[-2:]
    assert (
        last[0].split(None, 3)[:3] == ["3", "100%", "Relu.backward"] and "! warning: Relu.backward changes" in last[0]
    )


def test_the_table_in_a_terminal() -> None:
    lines = classroom.table(CLASS).splitlines()
    assert lines[0] == "5 files checked: 1 without a mistake, 3 with mistakes, 1 that could not be checked"
    assert lines[2:4] == ["Which mistakes, and in how many files", "Files  Share  Function       Mistake"]
    assert lines[4].startswith("    3    60%  relu_backward  relu_backward takes g'(Z) alone")
    assert classroom.table([CLEAN], "ko") == "파일 1개 검사: 오류 없음 1, 오류 있음 0, 검사할 수 없음 0"


@pytest.mark.parametrize(
    ("reports", "status"),
    [([CLEAN], 0), ([CLEAN, BAD], 2), ([BAD, WEEK_4, CLEAN], 1), ([NOTHING], 2), ([PENDING], 2), ([TEMPLATE], 2)],
)
def test_the_exit_status_of_a_class_is_that_of_its_worst(reports: list[Report], status: int) -> None:
    assert formats.overall(reports) == status
    assert formats.to_json(reports, "en", 1)["exit_status"] == status


def without_spaces(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("width", range(40, 101, 4))
def test_no_letter_is_lost_where_letters_are_two_columns_wide(width: int) -> None:
    findings = [Finding(key, f"f{n}", n, LOST.facts) for n, key in enumerate(sorted(texts.entries())[::5])]
    checked = tuple(Checked(finding.function, finding.function, 1, "wrong") for finding in findings)
    of = Report("가나다라마바사.py", checked, tuple(findings))
    said = [without_spaces(texts.hints(finding, "ko", 1)[0]) for finding in findings]
    for told in terminal.text(of, "ko", width=width), classroom.table([of], "ko", width=width):
        assert max(map(cell_len, told.splitlines())) <= width
        assert [text for text in said if text not in without_spaces(told)] == []


def test_the_grid_has_a_row_per_file_and_a_column_per_role() -> None:
    grid = classroom.grid([*CLASS, TEMPLATE])
    assert grid.functions == ("sigmoid", "relu_backward", "my_linear", "L_model_backward", "f", "relu", "tanh")
    assert grid.rows[0] == {
        "sigmoid": "ok",
        "relu_backward": "wrong",
        "my_linear": "wrong",
        "L_model_backward": "unchecked",
    }
    assert grid.rows[2] == {"relu_backward": "wrong", "f": "wrong"}
    assert grid.rows[4] == {}
    assert grid.rows[5] == {"relu": "ok", "tanh": "not-started", "sigmoid": "not-started"}


def test_functions_of_one_role_in_one_file_have_columns_of_their_own() -> None:
    half = Report(
        "half.py",
        (
            Checked("initialize_parameters", "initialize_parameters_deep", 3, "wrong"),
            Checked("initialize_parameters_deep", "initialize_parameters_deep", 9, "not-started"),
        ),
    )
    whole = replace(half, checked=(replace(half.checked[1], status="ok"),))
    grid = classroom.grid([half, whole])
    assert grid.functions == ("initialize_parameters", "initialize_parameters_deep")
    assert grid.rows == (
        {"initialize_parameters": "wrong", "initialize_parameters_deep": "not-started"},
        {"initialize_parameters_deep": "ok"},
    )


def test_functions_are_listed_in_the_order_of_the_file() -> None:
    tried = (Checked("b", "relu", 9, "ok"), Checked("a", "tanh", 3, "ok"), Checked("c", "sigmoid", 12, "ok"))
    assert [checked.function for checked in Report("a.py", tried).checked] == ["a", "b", "c"]


# Points.

SCHEME = {"relu": 2.0, "relu_backward": 3.0, "tanh": 1.5, "L_model_backward": 4.0}


@pytest.mark.parametrize(
    ("of", "said"),
    [
        (CLEAN, "3.5 of 10.5 points"),
        (WEEK_4, "0 of 10.5 points, 4 to be judged by hand"),
        (TEMPLATE, "2 of 10.5 points"),
        (BAD, "0 of 10.5 points, 10.5 to be judged by hand"),
        (NOTHING, "0 of 10.5 points"),
    ],
)
def test_the_points_of_a_file(of: Report, said: str) -> None:
    assert grading.points(of, SCHEME).said("en") == said


def test_a_class_counts_if_all_its_methods_are_right() -> None:
    methods = [Checked("Relu.forward", "relu", 3, "ok"), Checked("Relu.backward", "relu_backward", 5, "ok")]
    assert grading.points(Report("a.py", tuple(methods)), {"Relu": 2}).earned == 2
    assert grading.points(Report("a.py", (methods[0], replace(methods[1], status="wrong"))), {"Relu": 2}).earned == 0


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("[points]\nrelu = 2\ntanh = 0.5", ""),
        ("relu = 2", "has no table [points] with a line for each function, such as linear_forward = 2."),
        ("[points]", "has no table [points]"),
        ("[points]\nrelu = 'two'", "relu"),
        ("[points]\nrelu = -1", "relu"),
        ("[points]\nrelu = nan", "relu"),
        ("[points", "is no TOML file: "),
        ("\udcff", "is no TOML file: "),
    ],
)
def test_a_file_of_points(written: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "points.toml"
    path.write_text(written, "utf-8", "surrogateescape")
    if not said:
        assert grading.read(path) == {"relu": 2.0, "tanh": 0.5}
        return
    with pytest.raises(InputError, match=re.escape(said)):
        grading.read(path)


def test_the_gradebook_has_a_row_per_file() -> None:
    rows = rows_of(formats.gradebook([WEEK_4, CLEAN, BAD], SCHEME))
    assert rows[0] == {
        **{"file": "week4.py", "status": "wrong"},
        **{"relu": "missing", "relu_backward": "wrong", "tanh": "missing", "L_model_backward": "unchecked"},
        **{"earned": "0", "possible": "10.5", "by_hand": "4"},
    }
    assert [row["earned"] for row in rows] == ["0", "3.5", "0"]


# For programs.


def test_json_holds_the_reports_and_their_texts() -> None:
    data = json.loads(json.dumps(formats.to_json(CLASS, "en", 2)))
    first = data["files"][0]
    assert [(c["function"], c["status"], c["cell"], c["line"]) for c in first["checked"]][1:] == [
        ("relu_backward", "wrong", None, 36),
        ("my_linear", "wrong", None, 50),
        ("L_model_backward", "unchecked", None, 90),
    ]
    assert (first["status"], first["findings"][0]["line"]) == ("wrong", 36)
    assert [len(finding["hints"]) for finding in first["findings"]] == [2, 2]
    assert data["files"][4]["status"] == "unchecked"
    assert data["files"][4]["problem"]["hints"][0] == "Python cannot read it, line 3: invalid syntax"
    assert data["mistakes"][0]["files"] == ["week4.py", "kim/x.py", "lee/x.py"]
    assert formats.to_json([NOTHING], "ko", 1)["files"][0]["problem"]["mistake"] == "no-functions"


def rows_of(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:])))


def test_csv_has_a_row_per_finding_and_one_per_other_file() -> None:
    rows = rows_of(formats.csv([*CLASS, PENDING], "en"))
    assert [row["file"] for row in rows] == ["week4.py"] * 2 + ["kim/x.py"] + ["lee/x.py"] * 3 + [
        "a.py",
        "b.py",
        "d.py",
    ]
    assert rows[0] == {
        "file": "week4.py",
        "status": "wrong",
        "function": "relu_backward",
        "cell": "",
        "line": "36",
        "severity": "error",
        "mistake": "activation_backward.gradient-lost",
        "catalog": "B1, B7",
        "what": rows[0]["what"],
        "name": "dZ",
        "index": "[0, 0]",
        "expected": "-1.53",  # a number, which no formula begins with
        "got": "1",
    }
    assert (rows[6]["status"], rows[6]["mistake"]) == ("ok", "")
    assert (rows[7]["status"], rows[7]["mistake"]) == ("unchecked", "syntax-error")


@pytest.mark.parametrize(
    "name",
    [
        "=cmd|' /C calc'!A0.py",
        "-1+cmd|' /C calc'!A0",
        "-inf",
        "+1.py",
        "-x.py",
        "@SUM.py",
        "\t=1.py",
        "＝1.py",
        "\x1b \r=1.py",
    ],
)
def test_a_spreadsheet_finds_no_formula_in_it(name: str) -> None:
    assert rows_of(formats.csv([replace(CLEAN, file=name)], "en"))[0]["file"] == f"'{printable(name)}"


def test_junit_has_a_suite_per_file_and_a_case_per_function() -> None:
    outside = replace(LOST, function="elsewhere")
    text = formats.junit(
        [replace(WEEK_4, findings=(LOST, TIMES_5, outside)), BAD, replace(CLEAN, findings=(WARNING,))], "en", 3
    )
    root = ElementTree.fromstring(text)
    assert {name: root.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "9",
        "failures": "3",
        "errors": "1",
        "skipped": "1",
    }
    week4, bad, warned = root
    assert (week4.get("name"), week4.get("time"), week4.get("failures")) == ("week4.py", "0.250", "3")
    assert [case.get("name") for case in week4] == [*(c.function for c in WEEK_4.checked), "elsewhere"]
    failure = week4[1].find("failure")
    assert failure is not None and failure.get("type") == "activation_backward.gradient-lost"
    assert "First differs at dZ[0, 0]: expected -1.53, got 1" in str(failure.text)
    assert "Formula: dZ = dA * g'(Z): ReLU [Z > 0]" in str(failure.text)
    assert bad[0].find("error") is not None
    assert warned[2].find("failure") is None and "changes its argument dout" in str(warned[2].findtext("system-out"))


def test_junit_is_xml_whatever_the_learner_wrote() -> None:
    finding = Finding("raised", "f\x00", 1, {"kind": "E", "text": "\x00\x1b]]>&<\ud800"})
    root = ElementTree.fromstring(formats.junit([Report("a\x01&\ud800<.py", findings=(finding,))], "ko", 1))
    assert root[0].get("name") == "a\ufffd&\ufffd<.py"
    assert "오류" in str(root[0][0][0].get("message"))


# Whatever a report holds, a learner may have written it.

EVIL = "\x1b[2J\x1b]0;x\x07\u202e\x85<script>alert(1)</script>\"'><b>=1"


def test_nothing_of_the_learners_is_read_as_anything_but_text(tmp_path: Path) -> None:
    facts = dict.fromkeys(("kind", "text", "name", "index", "expected", "got", "cell", "cell_line", "pattern"), EVIL)
    checked = Checked(EVIL, EVIL, 1, "unchecked", EVIL, facts)
    findings = [
        Finding(key, EVIL, 1, facts, severity, (EVIL,), (Line(1, EVIL),))
        for key in ("raised", EVIL)
        for severity in SEVERITIES
    ]
    problem = Finding(EVIL, EVIL, 1, facts)
    reports = [Report(EVIL, (checked,), tuple(findings), (EVIL,), problem), Report("2" + EVIL, problem=problem)]
    pages.write(tmp_path, reports, "en", 3, {EVIL: 1})
    shown = [terminal.text(reports[0], repro=True), terminal.line(reports[0]), classroom.table(reports)]
    shown += [grading.table(reports, {EVIL: 1}, "ko"), pages.fragment(reports[0], "ko", 3)]
    written = [*shown, *(path.read_text("utf-8") for path in tmp_path.iterdir())]
    written += [formats.junit(reports, "en", 3), formats.csv(reports, "en"), formats.gradebook(reports, {EVIL: 1})]
    for text in written:
        assert all(character.isprintable() or character in "\n\ufeff" for character in text)
    for page in [shown[-1], *(path.read_text("utf-8") for path in tmp_path.iterdir())]:
        assert "<script" not in page and "<b>" not in page and "'>" not in page
    assert ElementTree.fromstring(formats.junit(reports, "en", 3)).find(".//script") is None
    assert json.loads(json.dumps(formats.to_json(reports, "en", 3)))["exit_status"] == 1


# Pages.


class Page(HTMLParser):
    """A page: its text, its links, and whether every tag is closed."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.texts: list[str] = []
        self.source = path.read_text("utf-8")
        self.feed(self.source)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br", "wbr"):
            self.open.append(tag)
        self.links += [str(value) for name, value in attrs if name in ("href", "src")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_pages(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "out"
    odd = replace(WEEK_4, file="이/<script>alert('과제 4')</script>.py")
    index = Page(pages.write(folder, [odd, CLEAN, replace(BAD, file="a.PY")], "ko", 3))
    assert index.links[-1] == "a.PY-2.html"  # not to be confused with a.py on systems that do not tell A from a
    assert all("://" not in link for link in index.links)
    assert "<script" not in index.source and "@import" not in index.source and "url(" not in index.source
    assert '<html lang="ko">' in index.source and '<meta charset="utf-8">' in index.source
    assert "이/<script>alert('과제 4')</script>.py" in "".join(index.texts)
    names = sorted(path.name for path in folder.iterdir())
    assert len(names) == 4  # no temporary file is left
    page = Page(folder / next(name for name in names if "과제" in name))
    assert "<script" not in page.source
    said = "".join(page.texts)
    assert "relu_backward (36행)" in said and "처음 어긋난 곳 dZ[0, 0]" in said and "공식: dZ = dA * g'(Z)" in said
    assert page.links == ["index.html"]
    assert "파이썬 문법 오류가 있습니다" in "".join(Page(folder / "a.PY-2.html").texts)


SOURCE = """import numpy as np

def relu(Z):
\treturn '<b>' + Z

class A:
    def f(self):
        x = 1
        return x
"""


def test_a_page_shows_the_code_with_the_line_marked(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text(SOURCE)
    at = Finding("raised", "relu", 4, {"kind": "TypeError", "text": ""})
    report = Report("a.py", (Checked("relu", "relu", 3, "wrong"),), (at,))
    page = pages.file_page(with_code(report, source.read(path)), "en", 1)
    assert "<span><i>3</i>def relu(Z):</span><mark><i>4</i>    return &#x27;&lt;b&gt;&#x27; + Z</mark></pre>" in page
    assert "<pre" not in pages.file_page(report, "en", 1)
    somewhere = replace(report, findings=(replace(LOST, function="relu", line=3),))
    page = pages.file_page(with_code(somewhere, source.read(path)), "en", 1)
    assert "<i>3</i>def relu(Z):" in page and "<mark" not in page  # nobody knows which line it is


@pytest.mark.parametrize(
    ("line", "numbers"), [(4, [3, 4]), (8, [7, 8, 9]), (1, [1, 2, 3, 4]), (99, []), (0, []), (None, [])]
)
def test_the_function_around_a_line(line: int | None, numbers: list[int], tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text(SOURCE)
    assert [each.number for each in excerpt(source.read(path), Finding("raised", "f", line))] == numbers


def test_the_code_of_a_notebook_is_numbered_by_its_cell(tmp_path: Path) -> None:
    path = tmp_path / "n.ipynb"
    cells = [{"cell_type": "code", "source": text} for text in ("x = 1\ny = 2", "# a\n\ndef f(x):\n    return x")]
    path.write_text(json.dumps({"cells": cells}))
    report = Report("n.ipynb", findings=(Finding("raised", "f", 6),))
    read = source.read(path)
    (found,) = with_code(read.report(report), read).findings
    assert [(line.number, line.text) for line in found.code] == [(3, "def f(x):"), (4, "    return x")]
    assert texts.located(found) == (2, 4)


def test_a_long_function_is_shown_around_the_line(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("def f():\n" + "    x = 1\n" * 500)
    numbers = [each.number for each in excerpt(source.read(path), Finding("raised", "f", 300))]
    assert len(numbers) == 60 and 300 in numbers and numbers[0] > 1


def test_a_line_that_cannot_be_read_is_shown_with_its_neighbors(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("a = 1\nb = 2\ndef f(x:\n    return x\n")
    problem = sandbox.check_file(path).problem
    assert problem is not None and [line.number for line in problem.code] == [1, 2, 3, 4, 5]


def test_the_index_shows_every_function_of_every_file_and_the_points(tmp_path: Path) -> None:
    index = Page(pages.write(tmp_path, [WEEK_4, CLEAN], "en", 1, {"relu": 2}))
    assert '<span class="wrong" title="wrong">✗</span>' in index.source
    assert '<span title="not there"></span>' in index.source
    assert 'wrong">✗</span> wrong</span><span>' in index.source  # what the marks mean
    assert "Which functions, of which file" in index.texts and "2 of 2 points" in index.texts


def test_the_index_says_which_files_were_not_read_and_what_a_narrow_screen_hides(tmp_path: Path) -> None:
    many = replace(
        CLEAN, file="sub/05_jung_half.py", checked=tuple(Checked(f"f{n}", f"f{n}", n, "ok") for n in range(1, 10))
    )
    index = Page(pages.write(tmp_path, [many, BAD, WEEK_4], "en", 1))
    assert '<td class="unread unchecked" colspan="13">could not be checked</td>' in index.source
    assert '<td class="number" data-label="Share">33%</td>' in index.source
    assert ">sub/<wbr>05_<wbr>jung_<wbr>half.py</a>" in index.source  # broken between words
    assert "13 functions; more of them to the right." in index.texts
    assert not any("to the right" in said for said in Page(pages.write(tmp_path, [WEEK_4], "en", 1)).texts)


def test_page_names_are_short_and_differ() -> None:
    files = ["x" * 400 + ".py", "x" * 399 + ".py", "index", "INDEX", "../../etc/passwd", "...", "가" * 100]
    names = list(pages.page_names(files).values())
    assert len({name.casefold() for name in [*names, "index.html"]}) == len(files) + 1
    assert all(len(name.encode()) < 220 and "/" not in name and not name.startswith(".") for name in names)


# The command.

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command in this process; return its exit status and what it wrote."""
    monkeypatch.delenv("CHAINRULE_LANG")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def run(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main(["check", *map(str, arguments)])
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Take reports by the names of the files, and keep what was asked for."""
    asked: dict[str, Any] = {"reports": {"a.py": CLEAN, "b.py": BAD, "c.py": NOTHING, "w.py": WEEK_4, "n.ipynb": CLEAN}}

    def check_file(path: Path, *, names: Mapping[str, str] | None = None) -> Report:
        asked.update(names=names)
        found: Report = asked["reports"][path.name]
        return replace(found, file=str(path))

    def check_files(
        paths: Sequence[Path], *, names: Mapping[str, str] | None = None, jobs: int = 1
    ) -> Iterator[Report]:
        asked.update(paths=[str(path) for path in paths], jobs=jobs)
        for path in reversed(paths):  # as they are ready
            yield check_file(path, names=names)

    monkeypatch.setattr(sandbox, "check_file", check_file)
    monkeypatch.setattr(sandbox, "check_files", check_files)
    return asked


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.py", "b.py", "w.py", "n.ipynb", "notes.txt", "data.csv", ".hidden.py"):
        (tmp_path / name).touch()
    for name in ("kim", ".git", "kim/.ipynb_checkpoints", ".venv", "kim/env", "__pycache__", "kim/node_modules"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "c.py").touch()
    (tmp_path / "kim/odd.py").mkdir()
    (tmp_path / "kim/env/pyvenv.cfg").touch()  # a virtual environment has any name
    return tmp_path


def test_one_file(run: Run, checked: dict[str, Any], folder: Path) -> None:
    path = folder / "w.py"
    assert run(path) == (1, terminal.text(replace(WEEK_4, file=str(path))) + "\n", "")
    assert "--hint 3" in run(path, "--hint", 2)[1]
    assert "오류" in run(path, "--lang", "ko")[1]
    assert run(folder / "a.py")[0] == 0
    assert run(folder / "b.py")[0] == 2


def test_the_language_is_that_of_the_locale(
    run: Run, checked: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    assert "오류" in run(folder / "w.py")[1]
    assert "오류" not in run(folder / "w.py", "--lang", "en")[1]


def test_a_folder(run: Run, checked: dict[str, Any], folder: Path) -> None:
    status, out, err = run(folder, folder / "a.py", "--jobs", 2)
    expected = [str(folder / name) for name in ("a.py", "b.py", "kim/c.py", "n.ipynb", "w.py")]
    assert (status, err) == (1, "")
    assert (checked["paths"], checked["jobs"]) == (expected, 2)
    assert [row.split()[0] for row in out.splitlines() if row.startswith(str(folder))] == expected
    assert "5 files checked: 2 without a mistake, 1 with mistakes, 2 that could not be checked" in out


def test_many_files_get_a_line_each(run: Run, checked: dict[str, Any], folder: Path) -> None:
    for number in range(6):
        checked["reports"][f"x{number}.py"] = CLEAN
        (folder / f"x{number}.py").touch()
    out = run(folder)[1]
    assert f"✗ {folder / 'w.py'}  relu_backward (line 36), my_linear (line 50)\n" in out
    assert "Which mistakes, and in how many files\n" in out
    assert out.endswith("\nOne file in full: chainrule check FILE\n")


@pytest.mark.parametrize("kind", ["json", "csv", "junit"])
def test_only_what_programs_read(run: Run, checked: dict[str, Any], folder: Path, kind: str, tmp_path: Path) -> None:
    status, out, err = run(folder, f"--{kind}", "--html", tmp_path / "pages")
    assert (status, err) == (1, "")
    if kind == "json":
        files = [file["file"] for file in json.loads(out)["files"]]
    elif kind == "csv":
        files = list(dict.fromkeys(row["file"] for row in rows_of(out)))
    else:
        files = [suite.get("name") for suite in ElementTree.fromstring(out)]
    assert files == checked["paths"]
    assert (tmp_path / "pages/index.html").exists()


def test_the_pages_of_the_command(run: Run, checked: dict[str, Any], folder: Path) -> None:
    out = run(folder, "--html", folder / "out")[1]
    assert out.endswith(f"\nThe pages are in {folder / 'out/index.html'}.\n")
    assert run(folder, "--html", folder / "out")[0] == 1  # again, over the old ones


def test_names_are_handed_on(run: Run, checked: dict[str, Any], folder: Path) -> None:
    status, _, err = run(folder / "w.py", "--map", "linear_bwd=relu_backward", "--map", "plot=Affine")
    assert (status, err) == (1, "")
    assert checked["names"] == {"linear_bwd": "relu_backward", "plot": "Affine"}
    assert run(folder / "w.py", "--map", "linear_bw=relu")[2] == (
        "chainrule: --map linear_bw=relu: no file has a function 'linear_bw'. Did you mean 'linear_bwd'?\n"
    )
    assert run(folder / "a.py", "--map", "linear_bw=relu")[0] == 2  # no success: it was never tried
    assert run(folder / "b.py", "--map", "linear_bw=relu")[2] == ""  # it could not be read: nobody knows


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.py"], "{}/nowhere.py: there is no such file or folder."),
        (["notes.txt"], "{}/notes.txt is neither a .py nor an .ipynb file."),
        (["empty"], "{}/empty has no .py or .ipynb file in it."),
        (["w.py", "--map", "helper"], "--map takes NAME=ROLE, such as my_name=linear_backward, not 'helper'."),
        (["w.py", "--map", "=relu"], "--map takes NAME=ROLE, such as my_name=linear_backward, not '=relu'."),
        (
            ["w.py", "--map", "helper=linear_backwards"],
            "There is no role 'linear_backwards'. Did you mean 'linear_backward'? Known: ",
        ),
        (["w.py", "--map", "helper=linear_backwards"], ", lstm_step_backward."),  # all of the list
        (["w.py", "--lang", "jp"], "There is no language 'jp'. Known: en, ko."),
        (
            ["w.py", "--html", "{}/notes.txt"],
            "{}/notes.txt is a file. Name the folder for the pages, such as {}/notes-pages.",
        ),
        (["w.py", "--hint", "4"], "--hint"),
        (["w.py", "--hint", "0"], "--hint"),
        (["w.py", "--jobs", "0"], "--jobs"),
        ([], "FILE_OR_FOLDER"),
    ],
)
def test_wrong_use_is_told_in_one_sentence(run: Run, folder: Path, arguments: list[str], said: str) -> None:
    (folder / "empty").mkdir()
    paths, options = arguments[:1], arguments[1:]
    status, out, err = run(
        *(folder / name for name in paths), *(option.replace("{}", str(folder)) for option in options)
    )
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("chainrule: ")
    assert said.replace("{}", str(folder)) in err


# What the command prints for other programs: all its flags, read from the command itself.
FLAGS = [option for option in get_group(app).commands["check"].params if getattr(option, "is_flag", False)]
FORMATS = [option.opts[0] for option in FLAGS if option.name != "walls"]  # after which nothing comes


@pytest.mark.parametrize("chosen", [*combinations(FORMATS, 2), FORMATS], ids=" ".join)
def test_formats_exclude_each_other(run: Run, folder: Path, chosen: Sequence[str]) -> None:
    said = "chainrule: --json, --csv, --junit and --repro exclude each other. Choose one.\n"
    assert run(folder / "w.py", *chosen) == (2, "", said)


def test_what_is_required_of_the_command(run: Run, checked: dict[str, Any], folder: Path) -> None:
    assert run(folder / "a.py", "--require", "relu, tanh")[0] == 0
    status, out, _ = run(folder / "a.py", "--require", "relu,softmax", "--require", "sigmoid")
    assert (status, out.count("is required, and nothing of that name is there")) == (1, 2)
    assert "no mistake in 2 functions, 2 required are missing" in out.replace("\n", " ")
    assert run(folder / "b.py", "--require", "relu")[0] == 2  # it cannot be read
    assert run(folder / "a.py", "--require", "relu_backwards")[2] == (
        "chainrule: --require: no file has a function 'relu_backwards', and there is no usual one of that name. "
        "Did you mean 'relu_backward'?\n"
    )


def test_points_of_the_command(run: Run, checked: dict[str, Any], folder: Path) -> None:
    (folder / "points.toml").write_text("[points]\nrelu = 2\ntanh = 1\nsigmoid = 1\n")
    assert f"\n3 of 4 points  {folder / 'a.py'}\n" in run(folder / "a.py", "--points", folder / "points.toml")[1]
    out = run(folder, "--points", folder / "points.toml", "--csv")[1]
    assert [row["earned"] for row in rows_of(out)] == ["3", "0", "0", "3", "1"]
    data = json.loads(run(folder / "a.py", "--points", folder / "points.toml", "--json")[1])
    assert data["files"][0]["points"] == {"earned": 3.0, "possible": 4.0, "by_hand": 0.0}
    (folder / "points.toml").write_text("[points]\nrelu = 2\nlinear_foward = 3\n")
    status, out, err = run(folder / "a.py", "--points", folder / "points.toml")
    assert (status, "2 of 5 points" in out) == (2, True)
    assert "no file has a function 'linear_foward'" in err and "Did you mean 'linear_forward'?" in err
    assert "nowhere.toml" in run(folder / "a.py", "--points", "nowhere.toml")[2]


def test_folders_that_hold_no_work_of_learners_are_not_entered(folder: Path) -> None:
    names = ["a.py", "b.py", "kim/c.py", "n.ipynb", "w.py"]
    assert learners.to_check([folder, folder / "a.py"]) == [folder / name for name in names]


def test_a_tree_of_some_thousand_folders_is_no_crash(run: Run, checked: dict[str, Any], folder: Path) -> None:
    descriptor = os.open(folder / "kim", os.O_RDONLY)
    for _ in range(3000):  # step by step, as the whole path is longer than a system takes
        os.mkdir("d", dir_fd=descriptor)
        inside = os.open("d", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = inside
    os.close(descriptor)
    status, out, _ = run(folder / "kim", "--json")
    assert (status, [file["file"] for file in json.loads(out)["files"]]) == (2, [str(folder / "kim/c.py")])
    workspace.remove(str(folder / "kim"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "검사할 파일이나 폴더(FILE_OR_FOLDER)를 적어 주십시오. 예: week4.py"),
        (["w.py", "--hint", "7"], "--hint에는 1부터 3까지의 정수를 씁니다. (도움말: chainrule check --help)"),
        (["w.py", "--jobs", "0"], "--jobs에는 1 이상의 정수를 씁니다. (도움말: chainrule check --help)"),
        (["w.py", "--hint"], "--hint에는 값이 필요합니다. (도움말: chainrule check --help)"),
        (["w.py", "--hin", "2"], "그런 옵션은 없습니다: --hin. (도움말: chainrule check --help)"),
        (["w.py", "--json", "--csv"], "--json, --csv, --junit, --repro는 함께 쓸 수 없습니다. 하나만 고르십시오."),
        (
            ["w.py", "--map", "helper"],
            "--map에는 my_name=linear_backward처럼 NAME=ROLE을 씁니다. 이 형식이 아닌 값: 'helper'.",
        ),
        (["w.py", "--map", "plot=Affin"], "그런 역할은 없습니다: 'Affin'. 혹시 'Affine'입니까? 쓸 수 있는 이름: "),
        (["w.py", "--points", "notes.txt"], "notes.txt에 [points] 표가 없습니다."),
        (["w.py", "--points", "wrong.toml"], "wrong.toml: 점수는 0 이상의 수여야 하는데 relu = two입니다."),
        (["w.py", "--points", "none.toml"], "none.toml: 그런 파일이나 폴더가 없습니다."),
        (["w.py", "--points", "kim"], "kim: 읽을 수 없습니다."),
        (["w.py", "--html", "notes.txt"], "notes.txt는 파일입니다. notes-pages처럼 페이지를 저장할 폴더를"),
    ],
)
@pytest.mark.parametrize("asked", ["option", "option=value", "locale"])
def test_wrong_use_is_told_in_korean(
    run: Run, folder: Path, arguments: list[str], said: str, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    (folder / "wrong.toml").write_text("[points]\nrelu = 'two'\n")
    if asked == "locale":
        monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    language = {"option": ["--lang", "ko"], "option=value": ["--lang=ko"], "locale": []}[asked]
    status, out, err = run(*language, *arguments)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"chainrule: {said}")


def test_errors_about_files_are_in_the_language(run: Run, folder: Path) -> None:
    assert run("nowhere.py", "--lang", "ko")[2] == "chainrule: nowhere.py: 그런 파일이나 폴더가 없습니다.\n"
    assert "notes.txt는 .py 파일도 .ipynb 파일도 아닙니다" in run(folder / "notes.txt", "--lang", "ko")[2]


def test_a_real_file(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "week4.py"
    path.write_text(
        "import numpy as np\n\n\ndef relu_backward(dA, Z):\n    dZ = np.array(dA)\n"
        "    dZ[Z > 0] = 1\n    dZ[Z <= 0] = 0\n    return dZ\n"
    )
    status, out, err = run(path)
    assert (status, err) == (1, "")
    assert (
        "✗ relu_backward (line 4)\n  relu_backward takes g'(Z) alone for dZ: the incoming gradient dA is lost." in out
    )


@pytest.mark.parametrize(
    ("encoding", "said"),
    [("utf-8", "✗ relu (2행)"), ("cp949", "X relu (2행)"), ("euc-kr", "X relu (2행)"), ("latin-1", "X relu (line 2)")],
)
def test_korean_reaches_a_pipe_whole_or_not_at_all(encoding: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import numpy as np\ndef relu(Z):\n    return np.abs(Z)\n")
    command = [sys.executable, "-m", "chainrule", "check", "a.py", "--lang", "ko"]
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    run = [
        subprocess.run([*command, *options], capture_output=True, cwd=tmp_path, env=environment).stdout.decode(encoding)
        for options in ([], ["--csv"])
    ]
    assert "?" not in "".join(run) and said in run[0]
    assert run[1].startswith("\ufefffile," if encoding == "utf-8" else "file,")


def test_the_help_is_short_and_has_an_example(run: Run) -> None:
    status, out, _ = run("--help")
    assert status == 0
    assert "Example: chainrule check week4.py --hint 2" in out
    assert len(out.splitlines()) < 45


def test_the_help_is_there_in_korean(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    status, out, _ = run("--help", "--lang", "ko")
    assert status == 0
    assert max(map(cell_len, out.splitlines())) <= 80
    assert not re.search(r"\b(the|is|a|Usage|Options|default|exit)\b", out)
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    assert run("--help")[1] == out
    assert run("--help", "--lang", "en")[1].startswith("Usage: ")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("by", ["option", "locale"])
def test_the_walls_are_told_and_nothing_is_checked(
    run: Run, lang: str, by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", f"{lang}.UTF-8" if by == "locale" else "C.UTF-8")
    monkeypatch.setattr(sandbox, "walls", lambda: {"limits": True, "calls": False})
    options = ["--lang", lang] if by == "option" else []
    status, out, err = run("--walls", *options, "nowhere.py")
    assert (status, err) == (0, "")
    said = [texts.phrase("wall-limits", lang), texts.phrase("wall-calls", lang)]
    assert out.splitlines() == [f"{terminal.MARKS['ok']} {said[0]}", f"{terminal.MARKS['unchecked']} {said[1]}"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_function_that_is_not_judged_has_advice(lang: str) -> None:
    left = Checked("softmax_loss", "softmax_loss", 7, "unchecked", "needs-another")
    report = replace(CLEAN, checked=(*CLEAN.checked, left))
    what, where = texts.hints(Finding("needs-another", ""), lang, 2)
    short, long = (terminal.text(report, lang, hint) for hint in (1, 2))
    assert what in short and where not in short and short.endswith(texts.phrase("next-2", lang))
    assert what in long and f"{texts.phrase('where', lang)}: {where}" in long
    assert f"<summary>{what}</summary>{texts.phrase('where', lang)}: {where}</details>" in pages.file_page(
        report, lang, 1
    )
    by_function = {each["function"]: each for each in formats.to_json([report], lang, 1)["files"][0]["checked"]}
    assert by_function["softmax_loss"]["hints"] == [what, where]
    assert by_function["relu"]["hints"] == []
    skipped = ElementTree.fromstring(formats.junit([report], lang, 1)).find(".//skipped")
    assert skipped is not None and (skipped.get("message"), skipped.text) == (what, where)


def test_junit_has_the_points_as_properties() -> None:
    root = ElementTree.fromstring(formats.junit([CLEAN], "en", 1, {"relu": 2, "softmax": 1.5}))
    (suite,) = root
    assert suite[0].tag == "properties"  # where the schema of JUnit has them
    assert {each.get("name"): each.get("value") for each in suite.iter("property")} == {
        "earned": "2",
        "possible": "3.5",
        "by_hand": "0",
    }
    assert suite.get("tests") == "2" == root.get("tests")
    assert ElementTree.fromstring(formats.junit([CLEAN], "en", 1)).find(".//properties") is None


def test_a_function_may_be_called_like_a_column_of_the_grade_book() -> None:
    table = formats.gradebook([Report("kim.py", (Checked("file", "file", 1, "ok"),))], {"file": 1.0, "relu": 2.0})
    heading, row = table.removeprefix("\ufeff").splitlines()
    assert heading == "file,status,file(),relu,earned,possible,by_hand"
    assert row.startswith("kim.py,") and row.endswith(",ok,missing,1,3,0")
