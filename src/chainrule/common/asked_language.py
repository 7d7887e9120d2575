"""The language that somebody asks for, checked."""

from __future__ import annotations

from chainrule.common.languages import LANGUAGES, choose, language
from chainrule.common.settings import choice


def asked(owner: str, lang: str | None) -> str:
    """Return a language that was asked for, or that of the context for None; an InputError if it is another one."""
    return language() if lang is None else choice(owner, "lang", lang, LANGUAGES)


def set_language(lang: str | None) -> None:
    """Choose the language of all that chainrule says from now on: errors, tables, reports, pictures, pages.

    Parameters
    ----------
    lang
        "en" or "ko"; None for that of the variable CHAINRULE_LANG, else of the system. It holds for the whole process,
        because notebooks run each cell in a context of its own.

    Raises
    ------
    InputError
        If it is another language.
    """
    choose(None if lang is None else asked("set_language", lang))
