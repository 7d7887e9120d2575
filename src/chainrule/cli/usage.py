"""Wrong options of a command, told in one sentence in the reader's language; which language that is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise, takewhile
from typing import Any

import typer

from chainrule.common.console import shown_language
from chainrule.common.languages import known, language
from chainrule.common.texts import later, tr

UsageError: Any = typer.BadParameter.__base__  # typer has no public name for the class of wrong options


# What typer has no class of its own for, by its message.
_MESSAGES = {
    r"Missing command": later("The command is missing."),
    r"No such command '(?P<name>.+?)'": later("There is no command {name!r}."),
    r"Got unexpected extra argument\S* \((?P<arguments>.+)\)": later("These arguments are too many: {arguments}."),
    r"Option '(?P<name>.+?)' does not take a value": later("{name} takes no value."),
}


def sentence(error: Any) -> str:
    """Return what is wrong, and where the help is."""
    command = error.ctx.command_path if error.ctx else "chainrule"
    return f"{_wrong(error)} {tr('(see: {command} --help)', command=command)}"


def _wrong(error: Any) -> str:
    """Return what is wrong, by the name of the error's class, which typer keeps to itself."""
    kind = type(error).__name__
    if language() == "en":
        return str(error.format_message())
    for message, text in _MESSAGES.items():
        if said := re.match(message, error.format_message()):
            return tr(text, **said.groupdict())
    if kind == "NoSuchOption":
        return tr("There is no option {name}.", name=error.option_name)
    if kind == "BadOptionUsage":
        return tr("{name} needs a value.", name=error.option_name)
    if kind == "MissingParameter":
        return tr("{name} is missing.", name=_name(error.param))
    if kind == "BadParameter" and error.param is not None:
        return _wrong_value(error.param)
    return str(error.format_message())


def _wrong_value(option: Any) -> str:
    """Return what an option takes if that are numbers between bounds, else only that it is another value."""
    kind = getattr(option, "type", option)  # of which typer is older or newer
    name, least, most = _name(option), getattr(kind, "min", None), getattr(kind, "max", None)
    if least is None:
        return tr("{name} does not take this value.", name=name)
    if most is None:
        return tr("{name} takes a whole number of at least {least}.", name=name, least=least)
    return tr("{name} takes a whole number from {least} to {most}.", name=name, least=least, most=most)


def _name(parameter: Any) -> str:
    """Return what the help calls an option or an argument."""
    name: str = parameter.opts[0]
    return name if name.startswith("-") else parameter.metavar or name.upper()


def told_in(arguments: Sequence[str], encoding: str) -> str:
    """Return the language to tell things in: the one that --lang asks for, if the console has its letters.

    What is wrong may stop typer before it has come to --lang. As with every option, the last one counts, and behind --
    stand no options.
    """
    options = list(takewhile(lambda argument: argument != "--", arguments))
    asked = ""
    for option, after in pairwise([*options, ""]):
        name, sign, value = option.partition("=")
        if name == "--lang":
            asked = value if sign else after
    return shown_language(encoding, known(asked))
