"""`chainrule exercise`: notebooks in which a class fills in the functions, and how they are graded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chainrule.cli.command import Command, Group, LangOption, check_language, speaking_command
from chainrule.cli.output import one_of
from chainrule.common import atomic
from chainrule.common.console import say
from chainrule.common.errors import InputError
from chainrule.common.languages import language
from chainrule.common.text_table import text_table
from chainrule.common.texts import tr
from chainrule.lessons.exercises import Exercise, exercises, scheme

EXAMPLE = "Example: chainrule exercise new week4 --lessons forward,backward --lang ko"

app = typer.Typer(
    cls=Group, rich_markup_mode=None, help="Make exercises for a class, and what they are graded by.", epilog=EXAMPLE
)


@app.callback()
def _options(lang: LangOption = None) -> None:
    check_language(lang)


def new(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to write; it is made if there is none.")],
    lessons: Annotated[
        str | None,
        typer.Option(metavar="NAMES", help="Which lessons, with commas; all of them unless said.", show_default=False),
    ] = None,
    hints: Annotated[
        int, typer.Option(min=1, max=3, metavar="N", help="The highest level of hints that grading with it shows.")
    ] = 2,
) -> None:
    """Write a notebook per lesson with functions to fill in, and the file by which each is graded.

    The last cell of each notebook checks what was written. chainrule check FOLDER --points FILE.toml adds up the points
    of the notebooks that a class handed in; edit that file to change what counts, and which hints there are.
    """
    known = exercises()
    names = list(known) if lessons is None else [name.strip() for name in lessons.split(",") if name.strip()]
    chosen = [known[one_of("lesson", name, known)] for name in dict.fromkeys(names)]
    if not chosen:
        raise InputError("--lessons names no lesson. Known: {known}.", known=", ".join(known))
    places = {f"{number:02}-{exercise.name}": exercise for number, exercise in enumerate(chosen, 1)}
    files = {folder / f"{name}.ipynb": exercise.notebook(language()) for name, exercise in places.items()}
    files |= {folder / f"{name}.toml": scheme(exercise, hints) for name, exercise in places.items()}
    if taken := [path for path in files if path.exists()]:
        raise InputError("{file} is there already, and may be filled in. Name another folder.", file=taken[0])
    atomic.make_folder(folder)
    for path, text in files.items():
        atomic.write(path, text.encode())
    rows = [[f"{name}.ipynb", _names(exercise), str(exercise.points)] for name, exercise in places.items()]
    print(text_table([tr("notebook"), tr("functions"), tr("points")], rows))
    graded = folder / f"{next(iter(places))}.toml"
    say("Grade what a class hands in with: chainrule check FOLDER --points {scheme}", scheme=graded)


def _names(exercise: Exercise) -> str:
    return " ".join(blank.name for blank in exercise.blanks)


app.command("new", cls=Command, epilog=EXAMPLE)(speaking_command(new))
