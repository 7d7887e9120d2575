"""The words of tables and pages in English and Korean: the file words.toml."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files


@cache
def _tables() -> dict[str, dict[str, str]]:
    return tomllib.loads(files("chainrule.trace.telling").joinpath("words.toml").read_text("utf-8"))


def words(key: str, lang: str, **facts: object) -> str:
    """Return words in a language, with what they speak of.

    >>> words("rest", "en", count=3)
    '3 more terms'
    """
    return _tables()[lang][key].format(**facts)
