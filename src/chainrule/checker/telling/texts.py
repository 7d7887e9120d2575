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
from chainrule.checker.names import NAMES
from chainrule.checker.telling import stops
from chainrule.common.languages import LANGUAGES
from chainrule.common.particles import FORMS, particle

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
    if finding.mistake not in entries():
        return [plain(": ".join(part for part in (finding.function, finding.mistake) if part))]
    entry = entries()[_entry_of(finding)]
    facts = {"function": finding.function, "place": place(finding, lang)} | _told(finding, lang)
    what, where = fill(entry.what[lang], facts), entry.where[lang]
    pattern, _, facts["ratio"] = _pattern(finding).partition(" ")
    related = entries().get(f"pattern.{pattern}")
    if related is not None:
        ended = what if what.endswith((".", "!", "?", "…")) else f"{what}."
        what, where = f"{ended} {fill(related.what[lang], facts)}", related.where[lang]
    return [what, fill(where, facts), *([entry.formula[lang]] if entry.formula[lang] else [])][:level]


def _entry_of(finding: Finding) -> str:
    """Return the key of the entry that tells a finding; what stops a function may have its own."""
    text = finding.facts.get("text", "")
    if finding.mistake in ("raised", "other-call") and _because("because-slow").fullmatch(text):
        return "too-slow" if finding.mistake == "raised" else "other-call-slow"
    if finding.mistake == "other-call" and _because("because-input").fullmatch(text):
        return "asks-for-input"
    return finding.mistake


def _told(finding: Finding, lang: str) -> dict[str, str]:
    """Return the facts in a language, by the names that a learner knows."""
    facts = dict(finding.facts)
    text = facts.get("text", "")
    facts["text"] = _sentence(text, lang)
    for quantity_of in ("name", "cost"):
        if quantity_of in facts:
            facts[quantity_of] = quantity(facts[quantity_of], "", lang)
    if slow := _because("because-slow").fullmatch(text):
        facts["seconds"] = slow["seconds"]
    if finding.mistake in ("other-call", "other-result") and facts.get("role", "").partition(".")[0] not in NAMES:
        facts["role"] = finding.function  # a role that only we call so
    return facts


def _pattern(finding: Finding) -> str:
    """Return the key, and perhaps a number, of what is said after what is wrong; "" for nothing."""
    if finding.mistake in ("raised", "program-stops") and "pattern" not in finding.facts:
        return stops.pattern(finding.facts.get("kind", ""), finding.facts.get("text", ""))
    return finding.facts.get("pattern", "")


def quantity(name: str, index: str, lang: str) -> str:
    """Return the name of a quantity, or of one number of it, in a language.

    >>> quantity("W1 after step 2", "[0, 1]", "en"), quantity("W1 after step 2", "[0, 1]", "ko")
    ('W1[0, 1] after step 2', '2번째 갱신 뒤의 W1[0, 1]')
    """
    words = _tables()["general.toml"]["words"]
    for key in words["en"]:
        if key.startswith("quantity-") and (match := _because(key).fullmatch(name)):
            groups = match.groupdict()
            if "name" in groups:
                return fill(words[lang][key], groups | {"name": groups["name"] + index})
            return fill(words[lang][key], groups) + index
    return name + index


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
    for key in words["en"]:
        if key.startswith("because-") and (match := _because(key).fullmatch(text)):
            return fill(words[lang][key], match.groupdict())
    return text


@cache
def _because(key: str) -> re.Pattern[str]:
    """Return what finds our own words with their facts again, such as the seconds, in a fact of a finding."""
    english = re.escape(_tables()["general.toml"]["words"]["en"][key])
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", english))


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
