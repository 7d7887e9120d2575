"""Bring the Korean catalogue up to date with the code: `make texts`.

Reads every text that people are told from the code, and the help of every command; merges them into
locale/ko/LC_MESSAGES/chainrule.po, where new ones wait for their Korean; compiles the catalogue that the package
reads; and names what is missing or written with other places than the English has.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from string import Formatter
from typing import Any

import typer
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from chainrule.cli.help_page import EXAMPLE, paragraphs
from chainrule.common import errors

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src/chainrule"
CATALOGUE = PACKAGE / "locale/ko/LC_MESSAGES/chainrule.po"

# Who takes a text first, and which named arguments of whom are texts. Other errors have keys, or texts for us alone.
TAKES_TEXT = {"tr", "later", "Note", "say", "warn", "missing_extra", "one_of", "needs_polars"}
TAKES_TEXT |= {"Refusal", "BrokenRuleError", "RefusedError", "DamagedError", "MisfitError", "RequestError"}
TAKES_TEXT |= {"NamedRowError", "WrongRowError", "BlueprintError"}
TAKES_TEXT |= {*(name for name, kind in vars(errors).items() if isinstance(kind, type))}
_NAMED = {"meaning", "help"}
_SECOND = {"Instance", "Each"}
_FIRST = {"Function"}


def texts_of_code(paths: Iterable[Path]) -> Iterator[tuple[str, str, str]]:
    """Yield every text that the code takes to the catalogue, with its file and what takes it there."""
    for path in sorted(paths):
        place = path.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                yield from ((text, place, name) for text in _texts_of_call(name, node))
            elif isinstance(node, ast.ClassDef):
                yield from ((text, place, node.name) for text in _rule_in_words(node))


def _texts_of_call(name: str, call: ast.Call) -> Iterator[str]:
    arguments = [*call.args[:1]] if name in TAKES_TEXT | _FIRST else [*call.args[1:2]] if name in _SECOND else []
    arguments += [keyword.value for keyword in call.keywords if keyword.arg in _NAMED]
    for argument in arguments:
        for choice in [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]:
            if isinstance(choice, ast.Constant) and isinstance(choice.value, str) and choice.value:
                yield choice.value


def _rule_in_words(kind: ast.ClassDef) -> Iterator[str]:
    """Yield the text of a rule for settings that is the same for all of them."""
    for line in kind.body:
        if isinstance(line, ast.Assign) and [ast.unparse(target) for target in line.targets] == ["text"]:
            if isinstance(line.value, ast.Constant) and isinstance(line.value.value, str) and line.value.value:
                yield line.value.value


def texts_of_help() -> Iterator[tuple[str, str]]:
    """Yield every paragraph of the help of every command, and what it says of each option."""
    from chainrule.cli import app

    yield from _help_of(typer.main.get_command(app))


def _help_of(command: Any) -> Iterator[tuple[str, str]]:
    options = command.get_params(typer.Context(command))  # with --help
    texts = [command.help, command.epilog, *(getattr(option, "help", None) for option in options)]
    texts += [default for option in options if isinstance(default := getattr(option, "show_default", None), str)]
    yield from (
        (paragraph, "the command")
        for text in texts
        if text
        for paragraph in paragraphs(text)
        if not paragraph.startswith(EXAMPLE)
    )
    for child in getattr(command, "commands", {}).values():
        yield from _help_of(child)


def template() -> Catalog:
    """Return the catalogue without translations, as the code asks for it."""
    catalogue = Catalog(project="chainrule", charset="utf-8")
    in_code = [(text, place) for text, place, _ in texts_of_code(PACKAGE.rglob("*.py"))]
    for text, place in [*in_code, *texts_of_help()]:
        catalogue.add(text, locations=[(place.replace(" ", "-"), 0)])
    return catalogue


def korean() -> Catalog:
    """Return the Korean catalogue."""
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="ko", abort_invalid=True)


def places(text: str) -> list[tuple[str, str, str]]:
    """Return the places of a text: name, conversion and format of each."""
    try:
        return sorted((f, c or "", s or "") for _, f, s, c in Formatter().parse(text) if f is not None)
    except ValueError:  # braces that stand for themselves
        return []


def faults(catalogue: Catalog) -> Iterator[str]:
    """Yield what the catalogue lacks, or has with other places."""
    for message in catalogue:
        if not message.id:
            continue
        if not message.string:
            yield f"no Korean for: {message.id}"
        elif set(places(str(message.id))) != set(places(str(message.string))):
            yield f"other places: {message.id} -> {message.string}"


def main() -> int:
    """Extract, merge, compile and report; the exit status says whether something is missing."""
    catalogue = korean()
    # A date in the header would be a conflict in every merge.
    catalogue.update(template(), no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    with CATALOGUE.open("wb") as file:
        write_po(file, catalogue, width=110, sort_by_file=True, include_lineno=False, ignore_obsolete=True)
    compile_catalogue(catalogue)
    found = list(faults(catalogue))
    print("\n".join([*found, f"{len(catalogue)} texts, {len(found)} without right Korean"]))
    return 1 if found else 0


def compile_catalogue(catalogue: Catalog) -> None:
    """Write what the package reads."""
    with CATALOGUE.with_suffix(".mo").open("wb") as file:
        write_mo(file, catalogue)


if __name__ == "__main__":
    sys.exit(main())
