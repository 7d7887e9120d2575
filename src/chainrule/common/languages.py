"""The language that people are told things in: one for the process, and others within a context."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

LANGUAGES = ("en", "ko")

_chosen: str | None = None
_in_context: ContextVar[str | None] = ContextVar("language", default=None)


def language(asked: str | None = None) -> str:
    """Return "en" or "ko": what is asked for, else that of the context, of `set_language`, or of the system."""
    return asked or _in_context.get() or _chosen or _of_environment() or _of_system()


def known(locale: str) -> str | None:
    """Return the language of a locale if it is one of ours; Konkani (kok_IN) is not Korean.

    >>> known("ko_KR.UTF-8"), known("KO"), known("Korean_Korea.949"), known("kok_IN")
    ('ko', 'ko', 'ko', None)
    """
    name = re.split("[-_.@]", locale.strip().lower())[0]
    return {"english": "en", "korean": "ko"}.get(name, name if name in LANGUAGES else None)


def choose(lang: str | None) -> None:
    """Keep the language of the process; None for that of the system."""
    global _chosen
    _chosen = lang


@contextmanager
def speaking(lang: str | None) -> Iterator[None]:
    """Tell things in a language within a block; None leaves it as it is. Other threads and tasks keep theirs."""
    before = _in_context.set(lang or _in_context.get())
    try:
        yield
    finally:
        _in_context.reset(before)


def _of_environment() -> str | None:
    """Return the language that the variables of the shell name, or None if they name none."""
    own = known(os.environ.get("CHAINRULE_LANG", ""))
    if own is not None:
        return own
    named = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), None)
    return None if named is None else _nearest(named)


@cache
def _of_system() -> str:
    """Return the language that Windows and macOS are set to: programs with a window get no variables of a shell."""
    if sys.platform == "win32":
        import ctypes

        korean = 0x12  # the lower ten bits of a language's number are the language, the others the country
        return "ko" if ctypes.windll.kernel32.GetUserDefaultUILanguage() & 0x3FF == korean else "en"
    if sys.platform == "darwin":
        import subprocess

        command = ["defaults", "read", "-g", "AppleLocale"]
        return _nearest(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    return "en"


def _nearest(locale: str) -> str:
    return known(locale) or "en"
