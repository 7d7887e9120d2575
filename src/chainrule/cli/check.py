"""`chainrule check`: the mistakes in learners' own network code."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from chainrule.checker.findings import CLEAN, NOT_CHECKED, Report
from chainrule.checker.names import NAMES
from chainrule.checker.telling import grading
from chainrule.checker.telling.texts import phrase
from chainrule.cli.command import LangOption, check_language
from chainrule.cli.learners import misspelled, of_exercise, to_check
from chainrule.cli.output import JsonOption, one_of, print_json
from chainrule.common.errors import InputError
from chainrule.common.languages import known, language
from chainrule.common.texts import tr

EXAMPLE = "Example: chainrule check week4.py --hint 2"
_FULL = 5  # files that are reported in full; of more, each gets a line


def run(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE_OR_FOLDER", help="Python files and notebooks.")
    ] = None,
    hint: Annotated[
        int,
        typer.Option(min=1, max=3, metavar="N", help="1 says what is wrong, 2 also where to look, 3 also the formula."),
    ] = 1,
    lang: LangOption = None,
    as_json: JsonOption = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print a table with a row per mistake.")] = False,
    as_junit: Annotated[bool, typer.Option("--junit", help="Print JUnit's XML, for test servers.")] = False,
    html: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write a web page per file and an index there.")
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Files at the same time; by default one per core.", show_default=False),
    ] = None,
    names: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="NAME=ROLE", help="Your function NAME should do what ROLE usually does."),
    ] = None,
    require: Annotated[
        list[str] | None,
        typer.Option(metavar="NAMES", help="Functions, with commas, that must be there and judged; else it fails."),
    ] = None,
    points: Annotated[
        Path | None,
        typer.Option(
            metavar="TOML",
            help="What each function counts: a table [points], relu = 2 ...; hints = 2 above it is the highest --hint.",
        ),
    ] = None,
    repro: Annotated[
        bool, typer.Option("--repro", help="Print the input of each mistake as a snippet that shows it by itself.")
    ] = False,
    walls: Annotated[bool, typer.Option("--walls", help="Only say what keeps files from doing harm here.")] = False,
) -> int:
    """Find the mistakes in your own network code: which function is wrong, where it first differs, and why.

    Exit status: 0 if there is no mistake, 1 if there is one (or a required function is missing or not judged), 2 if a
    file could not be checked (it cannot be read, or less of it could be judged than not) or an option names a function
    that nothing has.
    """
    check_language(lang)
    lang, printed = language(lang and known(lang)), language()  # what a console cannot print, a page can still say
    if walls:
        return _show_walls(printed)
    if as_json + as_csv + as_junit + repro > 1:
        raise InputError("--json, --csv, --junit and --repro exclude each other. Choose one.")
    if html is not None and html.exists() and not html.is_dir():
        raise InputError(
            "{path} is a file. Name the folder for the pages, such as {folder}.",
            path=html,
            folder=f"{html.with_suffix('')}-pages",
        )
    usual, scheme = _usual(names or []), {} if points is None else grading.read(points)
    exercise = "" if points is None else grading.exercise(points)
    highest = 3 if points is None else _highest(hint, points)
    hint = min(hint, highest)
    files = to_check(paths or [])
    required = [name.strip() for names in require or [] for name in names.split(",") if name.strip()]
    reports = [report.requiring(required) for report in _check(files, usual, jobs or os.cpu_count() or 1)]
    if exercise:
        reports = [of_exercise(report, exercise) for report in reports]
    unknown_names = misspelled(reports, usual, {"--points": scheme, "--require": required})
    for said in unknown_names:
        print("chainrule:", said, file=sys.stderr)
    from chainrule.checker.telling import formats, pages

    index = None if html is None else pages.write(html, reports, lang, hint, scheme)
    if as_json:
        print_json(formats.to_json(reports, lang, hint, scheme))
    elif as_csv:
        table = formats.gradebook(reports, scheme) if scheme else formats.csv(reports, printed)
        marked = sys.stdout.encoding.lower().startswith("utf")  # in other encodings there is no such mark
        print(table if marked else table.removeprefix("\ufeff"), end="")
    elif as_junit:
        print(formats.junit(reports, lang, hint, scheme), end="")
    else:
        print("\n".join(_texts(reports, printed, (hint, highest), scheme, repro)))
        if index is not None:
            print("\n" + phrase("written", printed, path=index))
    return formats.overall(reports) or (NOT_CHECKED if unknown_names else CLEAN)


def _highest(hint: int, points: Path) -> int:
    most = grading.hints(points)
    if hint > most:
        print("chainrule:", tr("{path} allows hints up to --hint {most}.", path=points, most=most), file=sys.stderr)
    return most


def _show_walls(lang: str) -> int:
    from chainrule.checker.running import sandbox
    from chainrule.checker.telling.terminal import MARKS

    for name, stands in sandbox.walls().items():
        print(MARKS["ok" if stands else "unchecked"], phrase(f"wall-{name}", lang))
    return 0


def _usual(pairs: Sequence[str]) -> dict[str, str]:
    usual = {}
    for pair in pairs:
        mine, equals, role = pair.partition("=")
        if not (mine and equals and role):
            raise InputError("--map takes NAME=ROLE, such as my_name=linear_backward, not {pair!r}.", pair=pair)
        usual[mine] = one_of("role", role, NAMES)
    return usual


def _check(files: Sequence[Path], usual: Mapping[str, str], jobs: int) -> list[Report]:
    from chainrule.checker.running import sandbox

    if len(files) == 1:
        return [sandbox.check_file(files[0], names=usual)]
    from rich.console import Console
    from rich.progress import track

    reports = track(
        sandbox.check_files(files, names=usual, jobs=min(jobs, len(files))),
        "",
        total=len(files),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    order = {str(path): position for position, path in enumerate(files)}
    return sorted(reports, key=lambda report: order.get(report.file, len(order)))


def _texts(
    reports: Sequence[Report], lang: str, levels: tuple[int, int], scheme: Mapping[str, float], repro: bool
) -> Iterator[str]:
    """Yield what was found, with hints up to the first of two levels; more may be asked for up to the second."""
    from chainrule.checker.telling import classroom, terminal

    hint, highest = levels
    interactive = sys.stdout.isatty()
    color = interactive and not os.environ.get("NO_COLOR")
    width = min(shutil.get_terminal_size().columns, 100) if interactive else 100
    if len(reports) <= _FULL:
        for position, report in enumerate(reports):
            text = terminal.text(report, lang, hint, color=color, width=width, highest=highest, repro=repro)
            yield ("\n" if position else "") + text
    else:
        for report in reports:
            yield terminal.line(report, lang, color=color)
    if len(reports) > 1:
        yield "\n" + classroom.table(reports, lang, color=color, width=width)
    if scheme:
        yield "\n" + grading.table(reports, scheme, lang)
    if len(reports) > _FULL:
        yield "\n" + phrase("details", lang)
