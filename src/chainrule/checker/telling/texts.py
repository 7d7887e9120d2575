"""What a report says, in English and Korean: the texts/*.toml files."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from chainrule.checker.findings import Finding
from chainrule.common.languages import LANGUAGES as LANGUAGES
from chainrule.common.languages import language as language

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_LONGEST = 300  # characters of a fact, which may be the text of any exception


@dataclass(frozen=True)
class Entry:
    """One key: its row in the catalogue of mistakes, its formula, and by language what is wrong and where to look."""

    catalog: str
    formula: str
    what: dict[str, str]
    where: dict[str, str]


@cache
def _tables() -> dict[str, dict[str, Any]]:
    """Return all texts files by their names."""
    folder = files("chainrule.checker.telling").joinpath("texts")
    found = sorted((path for path in folder.iterdir() if path.name.endswith(".toml")), key=lambda path: path.name)
    return {path.name: tomllib.loads(path.read_text("utf-8")) for path in found}


@cache
def entries() -> dict[str, Entry]:
    """Return every key that a finding, a reason or a problem may have."""
    return {
        key: Entry(
            entry["catalog"],
            entry["formula"],
            {lang: entry[lang]["what"] for lang in LANGUAGES},
            {lang: entry[lang]["where"] for lang in LANGUAGES},
        )
        for table in _tables().values()
        for key, entry in table.items()
        if key != "words"
    }


def hints(finding: Finding, lang: str, level: int) -> list[str]:
    """Return what is wrong, from level 2 on where to look, and at level 3 the formula if there is one."""
    facts = {"function": finding.function} | finding.facts
    if finding.mistake not in entries():
        return [": ".join(part for part in (finding.function, finding.mistake) if part)]
    entry = entries()[finding.mistake]
    what, where = entry.what[lang], entry.where[lang]
    pattern, _, ratio = finding.facts.get("pattern", "").partition(" ")
    related = entries().get(f"pattern.{pattern}")
    if related is not None:
        facts["ratio"] = ratio
        what, where = f"{what} {related.what[lang]}", related.where[lang]
    said = [fill(what, facts), fill(where, facts)] + ([entry.formula] if entry.formula else [])
    return said[:level]


def phrase(key: str, lang: str, **facts: object) -> str:
    """Return words of the report itself; those with a count are singular or plural.

    >>> phrase("mistakes", "en", count=1), phrase("mistakes", "en", count=2)
    ('1 mistake', '2 mistakes')
    """
    words = _tables()["general.toml"]["words"][lang][key]
    if isinstance(words, list):
        words = words[0 if facts["count"] == 1 else 1]
    return fill(words, {name: str(value) for name, value in facts.items()})


def fill(text: str, facts: Mapping[str, str]) -> str:
    """Return a text with its placeholders filled in; a fact that was not measured becomes dots.

    >>> fill("{function} returns {name}", {"function": "relu"})
    'relu returns …'
    """
    return _PLACEHOLDER.sub(lambda match: plain(facts.get(match[1]) or "…"), text)


def plain(text: str) -> str:
    r"""Return a text in one line, not endless, without anything that would steer a terminal.

    >>> plain("shapes (2,3)\nand \x1b[31m(4,)")
    'shapes (2,3) and [31m(4,)'
    """
    line = " ".join(text[: 2 * _LONGEST].split())
    line = "".join(character for character in line if character.isprintable())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
