"""What a learner's file is worth: a teacher's points for each function."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chainrule.checker.findings import NOTHING_KNOWN, WORST, Report, Status
from chainrule.checker.telling.texts import phrase, printable
from chainrule.common.errors import DataUnavailableError, InputError
from chainrule.common.reading import opened
from chainrule.common.settings import number, whole


@dataclass(frozen=True)
class Points:
    """The points of a file: what was judged right, what there is, and what a person has to judge."""

    earned: float
    possible: float
    by_hand: float

    def said(self, lang: str) -> str:
        """Return the points in a few words.

        >>> Points(7, 10, 1.5).said("en")
        '7 of 10 points, 1.5 to be judged by hand'
        """
        said = phrase("points", lang, earned=f"{self.earned:g}", possible=f"{self.possible:g}")
        return f"{said}, {phrase('by-hand', lang, points=f'{self.by_hand:g}')}" if self.by_hand else said


def read(path: Path) -> dict[str, float]:
    """Return what each function counts: the table ``[points]`` of a TOML file, such as ``linear_forward = 2``.

    Raises
    ------
    InputError
        If it cannot be read, is no TOML file with such a table, or a function counts no number from 0.
    """
    table = _content(path).get("points")
    if not isinstance(table, dict) or not table:
        raise InputError(
            "{path} has no table [points] with a line for each function, such as linear_forward = 2.", path=path
        )
    return {name: _worth(path, name, worth) for name, worth in table.items()}


def hints(path: Path) -> int:
    """Return the highest level of hints that a teacher allows, ``hints = 2`` above the table; 3 unless said."""
    return whole(str(path), "hints", _content(path).get("hints", 3), least=1)


def exercise(path: Path) -> str:
    """Return the exercise that a file is for, ``exercise = "forward"`` above the table; "" if it is for any file.

    Raises
    ------
    InputError
        If it cannot be read, is no TOML file, or the exercise is no text.
    """
    name = _content(path).get("exercise", "")
    if not isinstance(name, str):
        raise InputError('{path}: exercise is a name, such as exercise = "forward", not {name}.', path=path, name=name)
    return name


def _content(path: Path) -> dict[str, Any]:
    try:
        with opened(path) as file:
            return tomllib.load(file)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError("{path} is no TOML file: {text}.", path=path, text=error) from None
    except DataUnavailableError:
        if path.exists():
            raise InputError("{path} cannot be read. Name a file with the table [points].", path=path) from None
        raise InputError("{path}: there is no such file or folder.", path=path) from None


def _worth(path: Path, name: str, worth: Any) -> float:
    try:
        return number(str(path), name, worth, 0)
    except InputError:
        raise InputError(
            "{path}: a function counts a number from 0, but {name} = {worth}.", path=path, name=name, worth=worth
        ) from None


def became(report: Report, name: str) -> Status | None:
    """Return what became of a function or of the methods of a class, the worst of it; None if it is not there."""
    found = {checked.status for checked in report.named(name)}
    return next((status for status in WORST if status in found), None)


def points(report: Report, scheme: Mapping[str, float]) -> Points:
    """Return the points of a file; for a file that could not be read, all are a person's to give."""
    unread = report.problem is not None and report.problem.mistake not in NOTHING_KNOWN
    status = {name: "unchecked" if unread else became(report, name) for name in scheme}
    earned, by_hand = (
        sum((scheme[name] for name in scheme if status[name] == kind), 0.0) for kind in ("ok", "unchecked")
    )
    return Points(earned, sum(scheme.values()), by_hand)


def table(reports: Sequence[Report], scheme: Mapping[str, float], lang: str) -> str:
    """Return the points of each file, in a line."""
    return "\n".join(f"{points(report, scheme).said(lang)}  {printable(report.file)}" for report in reports)
