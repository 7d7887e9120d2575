"""What a report says, in English and Korean: the texts/*.toml files."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from chainrule.checker.findings import Checked, Finding
from chainrule.checker.telling.particles import FORMS, particle
from chainrule.common.languages import LANGUAGES as LANGUAGES
from chainrule.common.languages import language as language

_PLACEHOLDER = re.compile(rf"\{{([a-z_]+)\}}({'|'.join(map(re.escape, FORMS))})?")
_LONGEST = 300  # characters of a fact, which may be the text of any exception


@dataclass(frozen=True)
class Entry:
    """One key: its row in the catalogue of mistakes; by language its formula, what is wrong and where to look."""

    catalog: str
    formula: dict[str, str]
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
    korean = _tables()["formulas.toml"]["words"]
    return {
        key: Entry(
            entry["catalog"],
            {"en": entry["formula"], "ko": korean.get(entry["formula"], entry["formula"])},
            {lang: entry[lang]["what"] for lang in LANGUAGES},
            {lang: entry[lang]["where"] for lang in LANGUAGES},
        )
        for table in _tables().values()
        for key, entry in table.items()
        if key != "words"
    }


def hints(finding: Finding, lang: str, level: int) -> list[str]:
    """Return what is wrong, from level 2 on where to look, and at level 3 the formula if there is one."""
    facts = {"function": finding.function, "place": place(finding, lang)} | finding.facts
    facts["text"] = _sentence(facts.get("text", ""), lang)
    if finding.mistake not in entries():
        return [plain(": ".join(part for part in (finding.function, finding.mistake) if part))]
    entry = entries()[finding.mistake]
    what, where = entry.what[lang], entry.where[lang]
    pattern, _, ratio = finding.facts.get("pattern", "").partition(" ")
    related = entries().get(f"pattern.{pattern}")
    if related is not None:
        facts["ratio"] = ratio
        what, where = f"{what} {related.what[lang]}", related.where[lang]
    said = [fill(what, facts), fill(where, facts)] + ([entry.formula[lang]] if entry.formula[lang] else [])
    return said[:level]


def reason(checked: Checked, lang: str) -> str:
    """Return why a function was not judged; "" if it was."""
    return next(iter(_unjudged(checked, lang)), "")


def advice(checked: Checked, lang: str) -> str:
    """Return what its writer can do so that a function is judged; "" if it was."""
    return next(iter(_unjudged(checked, lang)[1:]), "")


def _unjudged(checked: Checked, lang: str) -> list[str]:
    """Return why a function was not judged, and what can be done; [] if it was."""
    finding = Finding(checked.reason, checked.function, checked.line, checked.facts)
    return hints(finding, lang, 2) if checked.reason else []


def place(found: Finding | Checked, lang: str) -> str:
    """Return the line of what was found, in a notebook with its cell; "" if it is not known.

    >>> place(Finding("raised", "relu", 12), "en")
    'line 12'
    """
    cell, line = located(found)
    if line is None:
        return ""
    return phrase("at-line", lang, line=line) if cell is None else phrase("at-cell", lang, cell=cell, line=line)


def located(found: Finding | Checked) -> tuple[int | None, int | None]:
    """Return the cell, None outside of notebooks, and the line, in a notebook that of the cell."""
    place = [found.facts.get(name, "") for name in ("cell", "cell_line")]
    if all(re.fullmatch("[0-9]{1,9}", number) for number in place):
        return int(place[0]), int(place[1])
    return None, found.line


def _sentence(text: str, lang: str) -> str:
    """Return a sentence of ours that became a fact in the language; those of Python stay as they are."""
    words = _tables()["general.toml"]["words"]
    for key, english in words["en"].items():
        if key.startswith("because-") and (match := re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>.+)", english), text)):
            return fill(words[lang][key], match.groupdict())
    return text


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

    def filled(match: re.Match[str]) -> str:
        word = plain(facts.get(match[1]) or "…")
        return word + (particle(word, match[2]) if match[2] else "")

    return _PLACEHOLDER.sub(filled, text)


def plain(text: str) -> str:
    r"""Return a text in one line, not endless, without anything that would steer a terminal.

    >>> plain("shapes (2,3)\nand \x1b[31m(4,)")
    'shapes (2,3) and [31m(4,)'
    """
    line = printable(text[: 2 * _LONGEST])
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def printable(text: str) -> str:
    """Return a text in one line without control characters; Korean letters are whole, which macOS takes apart."""
    shown = (c for c in unicodedata.normalize("NFC", text) if c.isprintable() or c.isspace())
    return " ".join("".join(shown).split())
