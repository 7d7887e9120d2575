"""What all commands have: --lang, help in that language, and files to read that are never the ones to write."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from chainrule.cli.help_page import page_of, paragraphs
from chainrule.cli.usage import UsageError
from chainrule.common.errors import InputError, warn
from chainrule.common.languages import LANGUAGES, known

_WRITTEN = ("out", "html")
"""The options that name a file to write."""


LangOption = Annotated[
    str | None,
    typer.Option(
        metavar="LANG", help="en or ko; by default that of CHAINRULE_LANG, else of the system.", show_default=False
    ),
]


def speaking_command(run: Callable[..., Any]) -> Callable[..., Any]:
    """Return a command's function with --lang, unless it has that itself.

    The option only refuses languages that there are not: what is told comes after the language is known.
    """
    signature = inspect.signature(run, eval_str=True)
    if "lang" in signature.parameters:
        return run

    @functools.wraps(run)
    def command(*args: Any, lang: str | None = None, **kwargs: Any) -> Any:
        check_language(lang)
        return run(*args, **kwargs)

    option = inspect.Parameter("lang", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=LangOption)
    parameters = [*signature.parameters.values(), option]
    vars(command)["__signature__"] = signature.replace(parameters=parameters)
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return command


def check_language(lang: str | None) -> None:
    """Refuse a language that there is not."""
    if lang is not None and known(lang) is None:
        raise InputError("There is no language {lang!r}. Known: {known}.", lang=lang, known=", ".join(LANGUAGES))


def warn_of_unknown_language() -> None:
    """Say that the variable CHAINRULE_LANG names a language that there is not; libraries' users set it, too."""
    lang = os.environ.get("CHAINRULE_LANG", "")
    if lang and known(lang) is None:
        warn(
            "CHAINRULE_LANG={lang} is no language of chainrule, so the system's is taken. Known: {known}.",
            UserWarning,
            lang=lang,
            known=", ".join(LANGUAGES),
        )


class Command(TyperCommand):
    """A command that refuses to write over a file that it was given to read."""

    def get_help(self, ctx: Any) -> str:
        """Return the help in the reader's language."""
        return page_of(self, ctx)

    def get_short_help_str(self, limit: int = 0) -> str:
        """Return the first paragraph of the help, which stands in the list of commands."""
        return paragraphs(self.help or "")[0]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take the options apart; what is wrong knows its command, also before an option has its value."""
        try:
            return super().parse_args(ctx, args)
        except UsageError as error:
            error.ctx = error.ctx or ctx
            raise

    def invoke(self, ctx: Any) -> Any:
        """Run the command, unless a file to write is one of those to read."""
        paths = {name: value for name, value in ctx.params.items() if isinstance(value, str | Path)}
        for option in _WRITTEN:
            if (written := paths.pop(option, None)) is None:
                continue
            for read in paths.values():
                if _same(Path(written), Path(read)):
                    raise InputError(
                        "--{option} {file} would write over the file that the command reads: name another one.",
                        option=option,
                        file=written,
                    )
        return super().invoke(ctx)


class Group(TyperGroup):
    """Commands below one name, listed by what they are for where that is said."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, with a heading for each purpose in the order in which they were added."""
        purposes: dict[str, list[tuple[str, str]]] = {}
        for name, command in self.commands.items():
            purpose = getattr(command, "rich_help_panel", None) or "Commands"
            purposes.setdefault(purpose, []).append((name, command.get_short_help_str()))
        for purpose, rows in purposes.items():
            with formatter.section(purpose):
                formatter.write_dl(rows)

    def get_help(self, ctx: Any) -> str:
        """Return the help in the reader's language."""
        return page_of(self, ctx)

    def get_short_help_str(self, limit: int = 0) -> str:
        """Return the first paragraph of the help."""
        return paragraphs(self.help or "")[0]


def _same(one: Path, other: Path) -> bool:
    try:
        return one.is_file() and one.samefile(other)
    except (OSError, ValueError):  # one of them is not there, or is no name of a file
        return False
