"""The bars that `chainrule check` has to clear, on planted mistakes, on right code, and on real lecture notes."""

import ast
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.checker.corpus import MISTAKES, RIGHT, Planted, text
from tests.checker.corpus.notes import MISTAKES as WRONG_IN_NOTES
from tests.checker.quality import blamed_in_notes

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("style", ["course", "book", "rows"])
def test_mistakes_are_found_blamed_and_named_and_right_code_is_not_accused(style: str, tmp_path: Path) -> None:
    # In a process of its own: with every array's type checked, as in these tests, it takes ten times as long.
    command = [sys.executable, "-m", "tests.checker.quality", "--style", style, "--json", str(tmp_path / "results")]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    results = json.loads((tmp_path / "results").read_text("utf-8"))
    row, missed = results["table"][-1], "\n".join(results["missed"])
    assert row["planted"] == sum(planted.style == style for planted in MISTAKES)
    assert row["detected"] == row["planted"], missed
    assert row["blamed"] >= 0.98 * row["planted"], missed
    assert row["named"] >= 0.90 * row["planted"], missed
    assert results["accused"] == []
    assert set(results["ignored"]) <= {"right/mlp_class.py"}  # one class with names that are nobody's


@pytest.mark.skipif(not (ROOT.parent / "shared/seeds").is_dir(), reason="the lecture notes are not there")
def test_of_the_lecture_notes_the_real_mistakes_are_blamed() -> None:
    assert {name: set(blamed) for name, blamed in blamed_in_notes().items() if blamed} == WRONG_IN_NOTES


@pytest.mark.parametrize("planted", MISTAKES, ids=lambda planted: f"{planted.catalog} {planted.file}")
def test_a_planted_mistake_changes_one_place_in_a_file_that_stays_python(planted: Planted) -> None:
    assert text(planted.file).count(planted.old) == 1
    assert ast.dump(ast.parse(planted.source)) != ast.dump(ast.parse(text(planted.file)))


def test_every_row_of_the_catalogue_is_planted_and_no_mistake_twice() -> None:
    rows = [*(f"I{n}" for n in range(1, 11)), *(f"F{n}" for n in range(1, 21)), *(f"B{n}" for n in range(1, 18))]
    rows += [*(f"L{n}" for n in range(1, 13)), *(f"U{n}" for n in range(1, 9))]
    rows.remove("I9")  # data that is not divided by 255
    assert {planted.catalog for planted in MISTAKES} == set(rows)
    assert Counter(planted.source for planted in MISTAKES).most_common(1)[0][1] == 1
    assert len([file for file in RIGHT if file.startswith("right/")]) >= 24
