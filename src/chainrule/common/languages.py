"""The languages that people are told things in."""

from __future__ import annotations

import os

LANGUAGES = ("en", "ko")


def language(given: str | None = None) -> str:
    """Return the language that was asked for, else that of the locale: "en" or "ko"."""
    variables = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale = given or next((os.environ[name] for name in variables if os.environ.get(name)), "")
    return "ko" if locale.lower().startswith("ko") else "en"
