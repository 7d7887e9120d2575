"""Whole programs of kinds that no course has: not accused when right, found and blamed when wrong."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

from chainrule.checker.findings import Finding, Report
from chainrule.checker.running.sandbox import check_file
from tests.checker.other_programs import MISTAKES, PROGRAMS, Mistake, compared, path_of, planted

NEAR = 3  # lines
ids = [f"{mistake.program}: {mistake.what}" for mistake in MISTAKES]


def _agree(program: str, text: str) -> list[bool]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a wrong program may overflow
        return [np.allclose(mine, right, rtol=1e-4, atol=1e-7) for right, mine in compared(program, text)]


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_right_programs_are_right(program: str) -> None:
    assert all(_agree(program, path_of(program).read_text("utf-8")))


@pytest.mark.parametrize("mistake", MISTAKES, ids=ids)
def test_what_is_planted_is_wrong(mistake: Mistake) -> None:
    assert not all(_agree(mistake.program, planted(mistake)))


def test_there_are_ten_programs_with_three_mistakes_each() -> None:
    assert len(PROGRAMS) == 10 and all(sum(m.program == program for m in MISTAKES) == 3 for program in PROGRAMS)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_right_program_is_judged_and_not_accused(program: str) -> None:
    report = check_file(path_of(program))
    assert report.problem is None
    assert [finding for finding in report.findings if finding.severity == "error"] == []
    judged = {checked.function for checked in report.checked if checked.status == "ok"}
    mistakes = [mistake for mistake in MISTAKES if mistake.program == program]
    blamed = {function for mistake in mistakes for function in mistake.blamed}
    if all(mistake.unproven for mistake in mistakes):
        assert judged and not judged & blamed
    else:
        assert judged & blamed if blamed else any(function.startswith("for ") for function in judged)


@pytest.mark.parametrize("mistake", MISTAKES, ids=ids)
def test_a_wrong_program_is_found_and_the_right_place_is_blamed(mistake: Mistake, tmp_path: Path) -> None:
    path = tmp_path / path_of(mistake.program).name
    path.write_text(planted(mistake), "utf-8")
    errors = _errors(check_file(path))
    assert bool(errors) == (not mistake.unproven)
    if mistake.blamed:
        assert {finding.function for finding in errors} <= set(mistake.blamed)
    else:
        line = next(n for n, text in enumerate(path.read_text("utf-8").splitlines(), 1) if mistake.new in text)
        assert all(finding.line is not None and abs(finding.line - line) <= NEAR for finding in errors)


def _errors(report: Report) -> list[Finding]:
    return [finding for finding in report.findings if finding.severity == "error"]
