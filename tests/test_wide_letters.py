"""Korean in text tables: a letter takes two columns, none is cut, and the columns stand in line, wherever they go."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from itertools import accumulate, groupby

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from chainrule.checker.findings import Checked, Finding, Report
from chainrule.checker.telling import classroom, grading, terminal
from chainrule.cli import main
from chainrule.cli.draw import _SHADES, draw
from chainrule.common.text_table import text_table
from tests.commands import COMMANDS, PLOTS

WIDTHS = [40, 60, 80, 120]
WORDS = st.text(st.sampled_from("가힣은닉층학습률abW1_,"), min_size=1, max_size=12)
CALLS = [*([name] for name in COMMANDS), *(["plot", name] for name in PLOTS), []]


def starts(line: str) -> list[int]:
    """Return the column of a terminal in which each letter begins."""
    return [0, *accumulate(map(cell_len, line))][:-1]


def gaps(lines: list[str]) -> int:
    """Return how many times two columns or more of a terminal are empty in all lines, with letters on both sides."""
    used = {start + i for line in lines for start, letter in zip(starts(line), line, strict=True)
            if letter != " " for i in range(cell_len(letter))}  # fmt: skip
    runs = [(full, len(list(run))) for full, run in groupby(range(min(used), max(used)), lambda place: place in used)]
    return sum(not full and length >= 2 for full, length in runs)


def test_what_stands_in_line() -> None:
    assert gaps(["층      수", "Dense   3", "활성화  7"]) == 1
    assert gaps(["층      수", "Dense   3", "활성화     7", "합성곱층 7"]) == 0


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 6).flatmap(lambda n: st.lists(st.lists(WORDS, min_size=n, max_size=n), min_size=1, max_size=6)))
def test_a_table_has_every_letter_and_its_columns_in_line(rows: list[list[str]]) -> None:
    head, *body = rows
    lines = text_table(head, body, texts=(0, 2)).splitlines()
    assert [line.split() for line in lines] == rows
    assert gaps(lines) == len(head) - 1


def test_no_table_is_too_wide() -> None:
    assert text_table(["이름", "값"], [["가나다" * 400, "1"]]).splitlines()[1].split() == ["가나다" * 400, "1"]


@settings(max_examples=60, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=9), st.sampled_from(WIDTHS), st.booleans())
def test_captions_stand_below_their_pictures(captions: list[str], width: int, is_terminal: bool) -> None:
    console = Console(file=io.StringIO(), width=width, force_terminal=is_terminal, color_system=None, highlight=False)
    draw(np.ones((len(captions), 6, 8)), captions, console)
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    assert max(map(cell_len, lines)) <= width
    below = [line for line in lines if line and not set(line) <= set(_SHADES)]
    assert [word for line in below for word in line.split()] == captions
    places = [start for line in below for start, before, letter in zip(starts(line), f" {line}", line, strict=False)
              if before == " " != letter]  # fmt: skip
    apart = max(10, *map(cell_len, captions)) + 2  # pictures have a margin of one pixel on each side
    assert all(place % apart == 0 for place in places)


@settings(max_examples=40, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=4, unique=True), st.sampled_from(WIDTHS))
def test_reports_have_every_letter_and_fit(names: list[str], width: int) -> None:
    findings = tuple(Finding("wrong-numbers", name, 3, {"name": name, "text": name}) for name in names)
    report = Report("과제/4주차_신경망_구현.py", tuple(Checked(name, name, 3, "wrong") for name in names), findings)
    for told in terminal.text(report, "ko", 3, width=width), classroom.table([report] * 3, "ko", width=width):
        assert max(map(cell_len, told.splitlines())) <= width
        assert all(name in "".join(told.split()) for name in names)
    assert "과제/4주차_신경망_구현.py" in terminal.line(report, "ko")
    assert grading.table([report], {name: 1.0 for name in names}, "ko").endswith("과제/4주차_신경망_구현.py")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_the_help_fits(
    call: list[str], width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commands to copy, names, and what says how to call stay whole, however narrow it is."""
    monkeypatch.setenv("COLUMNS", str(width))
    main([*call, "--help", "--lang", "ko"])
    page = capsys.readouterr().out
    wide = [line for line in page.splitlines() if cell_len(line) > min(width, 80)]
    assert not [line for line in wide if not re.match(r"  예: |\s*\S+( <.+>)?$", line)]
    monkeypatch.setenv("COLUMNS", "80")
    main([*call, "--help", "--lang", "ko"])
    assert "".join(page.split()) == "".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("command", ["gates", "datasets"])
def test_what_is_piped_is_whole_and_in_line(command: str) -> None:
    piped = [sys.executable, "-m", "chainrule", command, "--lang", "ko"]
    out = subprocess.run(piped, capture_output=True, check=True, encoding="utf-8").stdout
    table, *_ = out.split("\n\n")
    assert "�" not in out
    rows = table.splitlines() if command == "datasets" else table.splitlines()[:5]
    assert gaps(rows) == (4 if command == "datasets" else 5)
