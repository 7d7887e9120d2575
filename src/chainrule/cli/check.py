"""`chainrule check`: the mistakes in learners' own network code."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

import typer

from chainrule.checker.findings import Report
from chainrule.checker.names import NAMES
from chainrule.checker.telling.texts import phrase
from chainrule.cli.output import JsonOption, LangOption, one_of, print_json
from chainrule.common.errors import InputError
from chainrule.common.languages import LANGUAGES, language

EXAMPLE = "Example: chainrule check week4.py --hint 2"
_KINDS = (".py", ".ipynb")
_FULL = 5  # files that are reported in full; of more, each gets a line


def run(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE_OR_FOLDER", help="Python files and notebooks.")],
    hint: Annotated[
        int, typer.Option(min=1, max=3, help="1 says what is wrong, 2 also where to look, 3 also the formula.")
    ] = 1,
    lang: LangOption = None,
    as_json: JsonOption = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print a table with a row per mistake.")] = False,
    as_junit: Annotated[bool, typer.Option("--junit", help="Print JUnit's XML, for test servers.")] = False,
    html: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write a web page per file and an index there.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Files at the same time; by default one per core.", show_default=False)
    ] = None,
    names: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="NAME=ROLE", help="Your function NAME should do what ROLE usually does."),
    ] = None,
) -> int:
    """Find the mistakes in your own network code: which function is wrong, where it first differs, and why.

    Exit status: 0 if there is no mistake, 1 if there is one, 2 if a file could not be checked.
    """
    if as_json + as_csv + as_junit > 1:
        raise InputError("--json, --csv and --junit exclude each other. Choose one.")
    lang = language(lang and one_of("language", lang, LANGUAGES))
    if html is not None and html.exists() and not html.is_dir():
        raise InputError(f"{html} is a file. Name the folder for the pages, such as {html.with_suffix('')}-pages.")
    usual = _usual(names or [])
    files = list(_files(paths))
    reports = _check(files, usual, jobs or os.cpu_count() or 1)
    _warn(reports, usual)
    from chainrule.checker.telling import formats, pages

    index = None if html is None else pages.write(html, reports, lang, hint)
    if as_json:
        print_json(formats.to_json(reports, lang, hint))
    elif as_csv:
        print(formats.csv(reports, lang), end="")
    elif as_junit:
        print(formats.junit(reports, lang, hint), end="")
    else:
        print("\n".join(_texts(reports, lang, hint)))
        if index is not None:
            print("\n" + phrase("written", lang, path=index))
    return formats.overall(reports)


def _usual(pairs: Sequence[str]) -> dict[str, str]:
    usual = {}
    for pair in pairs:
        mine, equals, role = pair.partition("=")
        if not (mine and equals and role):
            raise InputError(f"--map takes NAME=ROLE, such as my_name=linear_backward, not {pair!r}.")
        usual[mine] = one_of("role", role, NAMES)
    return usual


def _files(paths: Sequence[Path]) -> Iterable[Path]:
    """Return the files to check, each once; those of folders without what is hidden."""
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            inside = sorted(_inside(path))
            if not inside:
                raise InputError(f"{path} has no .py or .ipynb file in it.")
            found.update(dict.fromkeys(inside))
        elif not path.exists():
            raise InputError(f"{path}: there is no such file or folder.")
        elif path.suffix not in _KINDS:
            raise InputError(f"{path} is neither a .py nor an .ipynb file.")
        else:
            found[path] = None
    return found


def _inside(folder: Path) -> Iterator[Path]:
    for kind in _KINDS:
        for path in folder.rglob(f"*{kind}"):
            hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
            if path.is_file() and not hidden:
                yield path


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


def _warn(reports: Sequence[Report], usual: Mapping[str, str]) -> None:
    """Say which names of --map no file has: they may be misspelled."""
    seen = {name.partition(".")[0] for report in reports for name in report.unmatched}
    seen |= {checked.function.partition(".")[0] for report in reports for checked in report.checked}
    if all(report.problem and not report.unmatched for report in reports):
        return
    for mine in usual.keys() - seen:
        close = get_close_matches(mine, seen, n=1)
        suggestion = f" Did you mean {close[0]!r}?" if close else ""
        print(f"chainrule: --map {mine}={usual[mine]}: no file has a function {mine!r}.{suggestion}", file=sys.stderr)


def _texts(reports: Sequence[Report], lang: str, hint: int) -> Iterator[str]:
    from chainrule.checker.telling import classroom, terminal

    interactive = sys.stdout.isatty()
    color = interactive and not os.environ.get("NO_COLOR")
    width = min(shutil.get_terminal_size().columns, 100) if interactive else 100
    if len(reports) <= _FULL:
        for position, each in enumerate(reports):
            yield ("\n" if position else "") + terminal.text(each, lang, hint, color=color, width=width)
    else:
        for each in reports:
            yield terminal.line(each, lang, color=color)
    if len(reports) > 1:
        yield "\n" + classroom.table(reports, lang, color=color, width=width)
    if len(reports) > _FULL:
        yield "\n" + phrase("details", lang)
