"""Exercises: notebooks with functions that a class fills in, and what each function counts."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from chainrule.common.texts import later, tr

_START = later(
    "Fill in the functions. Run the last cell as often as you like: it says what is right and what is wrong."
)
_CHECK = later("Check")
_HERE = later("your code here")
MARK = "# chainrule exercise:"
"""Stands before an exercise's name in its notebook, also in what is made of that, and is how grading knows it."""


@dataclass(frozen=True)
class Blank:
    """A function to fill in: how it is defined, what it returns (by language), and what it counts."""

    head: str
    returns: dict[str, str]
    points: int

    @property
    def name(self) -> str:
        """The function's name."""
        return self.head.partition("(")[0]

    def code(self, lang: str) -> str:
        """Return the function without its body."""
        return f'def {self.head}:\n    """{self.returns[lang]}"""\n    ...  # {tr(_HERE)}'


@dataclass(frozen=True)
class Exercise:
    """A lesson: its title and text by language, what its functions import, and the functions."""

    name: str
    title: dict[str, str]
    about: dict[str, str]
    imports: str
    blanks: tuple[Blank, ...]

    @property
    def points(self) -> int:
        """What all functions count together."""
        return sum(blank.points for blank in self.blanks)

    def notebook(self, lang: str) -> str:
        """Return the notebook in a language, which must be the one that is spoken now."""
        cells = [_cell("markdown", f"# {self.title[lang]}\n\n{self.about[lang]}\n\n{tr(_START)}")]
        cells.append(_cell("code", f"{MARK} {self.name}\n{self.imports.strip()}"))
        cells += [_cell("code", blank.code(lang)) for blank in self.blanks]
        cells.append(_cell("markdown", f"## {tr(_CHECK)}"))
        cells.append(_cell("code", f'import chainrule as cr\n\ncr.check(globals(), lang="{lang}")'))
        for number, cell in enumerate(cells):
            cell["id"] = f"{self.name}-{number}"
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        book = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
        return json.dumps(book, ensure_ascii=False, indent=1) + "\n"


def _cell(kind: str, text: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "metadata": {}, "source": text.splitlines(keepends=True)}
    return cell | ({"outputs": [], "execution_count": None} if kind == "code" else {})


@cache
def exercises() -> dict[str, Exercise]:
    """Return all exercises by name, in the order of the course."""
    table = tomllib.loads(files("chainrule.lessons").joinpath("exercises.toml").read_text("utf-8"))
    return {name: _exercise(name, entry) for name, entry in table.items()}


def _exercise(name: str, entry: dict[str, Any]) -> Exercise:
    title = {lang: entry[lang] for lang in ("en", "ko")}
    blanks = (Blank(f["head"], {lang: f[lang] for lang in title}, f["points"]) for f in entry["functions"])
    return Exercise(name, title, entry["about"], entry["imports"], tuple(blanks))


def scheme(exercise: Exercise, hints: int) -> str:
    """Return the file by which `chainrule check --points` grades: for which exercise, with which hints and points."""
    points = "".join(f"{blank.name} = {blank.points}\n" for blank in exercise.blanks)
    return f'exercise = "{exercise.name}"\nhints = {hints}\n\n[points]\n{points}'
