"""Wrong options of a command, told in one sentence; those of `chainrule check` also in Korean."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from chainrule.checker.telling.texts import language, phrase

# By the names of their classes, which typer keeps to itself.
_KEYS = {"NoSuchOption": "usage-option", "BadOptionUsage": "usage-without-value", "BadParameter": "usage-value"}


def sentence(error: Any, arguments: Sequence[str]) -> str:
    """Return what is wrong, and where the help is."""
    command, lang = error.ctx.command_path if error.ctx else "chainrule", "en"
    if list(arguments[:1]) == ["check"]:  # before an option has its value, there is no context yet
        command, lang = "chainrule check", asked_language(arguments)
    key = _KEYS.get(type(error).__name__)
    if lang == "en" or key is None:
        said = error.format_message()
    else:
        said = _wrong_value(error.param, lang) if key == "usage-value" else phrase(key, lang, name=error.option_name)
    return f"{said} {phrase('usage-see', lang, command=command)}"


def _wrong_value(option: Any, lang: str) -> str:
    """Return what an option takes if that are numbers between bounds, else only that it is another value."""
    kind = getattr(option, "type", option)  # of which typer is older or newer
    bounds = {"least": getattr(kind, "min", None), "most": getattr(kind, "max", None)}
    key = "usage-value" if bounds["least"] is None else "usage-least" if bounds["most"] is None else "usage-between"
    return phrase(key, lang, name=option.opts[0], **bounds)


def asked_language(arguments: Sequence[str]) -> str:
    """Return the language that --lang asks for: what is wrong may stop typer before it has come to that."""
    asked = [after for option, after in pairwise(arguments) if option == "--lang"]
    asked += [value for option in arguments for name, _, value in [option.partition("=")] if name == "--lang" and value]
    return language(asked[0] if asked else None)
