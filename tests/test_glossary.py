"""Korean texts say the field's terms in the words of docs/glossary.md, and in no others."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[1]
CATALOGUE = ROOT / "src/chainrule/locale/ko/LC_MESSAGES/chainrule.po"
_LABEL = 4  # words of a heading or a label
_BARS = 5  # of a row of the glossary: four cells


class Term(NamedTuple):
    """A row of the glossary."""

    english: list[str]
    korean: list[str]
    banned: list[str]


def glossary() -> list[Term]:
    rows = re.findall(
        r"^\| (.+?) \| (.+?) \| ?(.*?) ?\| ?(.*?) ?\|$", (ROOT / "docs/glossary.md").read_text("utf-8"), re.M
    )
    split = [[[word.strip() for word in cell.split(",") if word.strip()] for cell in row[:3]] for row in rows[1:]]
    return [Term(*cells) for cells in split]


def pairs() -> Iterator[tuple[str, str]]:
    """Every text that is there in both languages."""
    with CATALOGUE.open("rb") as file:
        yield from ((str(message.id), str(message.string)) for message in read_po(file) if message.id)
    for path in (ROOT / "src/chainrule").rglob("*.toml"):
        yield from _in_both(tomllib.loads(path.read_text("utf-8")))


def _in_both(table: object) -> Iterator[tuple[str, str]]:
    if not isinstance(table, dict):
        return
    english, korean = table.get("en"), table.get("ko")
    if isinstance(english, dict) and isinstance(korean, dict):
        for key in english.keys() & korean.keys():
            yield from _texts(english[key], korean[key])
    yield from _texts(english, korean)
    for inner in table.values():
        yield from _in_both(inner)


def _texts(english: object, korean: object) -> Iterator[tuple[str, str]]:
    if isinstance(english, str) and isinstance(korean, str):
        yield english, korean
    elif isinstance(english, list) and isinstance(korean, str):
        yield from ((str(text), korean) for text in english)


TERMS, PAIRS = glossary(), list(pairs())


def test_the_glossary_and_the_texts_are_read() -> None:
    assert len(TERMS) > 40 and len(PAIRS) > 1000


def test_a_row_of_the_glossary_is_one_term() -> None:
    """Two rows in one line would go unread, and words that they ban with them."""
    rows = [line for line in (ROOT / "docs/glossary.md").read_text("utf-8").splitlines() if line.startswith("|")]
    assert [row for row in rows if row.count("|") != _BARS] == []
    assert len(rows) == len(TERMS) + 2  # the head and its line


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.english[0])
def test_a_term_is_said_in_its_own_word(term: Term) -> None:
    """In headings and labels: a whole sentence in Korean may leave out what is clear."""
    says = re.compile(rf"(?<![\w.`=-])(?:{'|'.join(term.english)})(?:e?s)?(?![\w.`=(-])", re.IGNORECASE)
    labels = [text for text in PAIRS if len(text[0].split()) <= _LABEL and text[1]]
    others = [text for text in labels if says.search(_prose(text[0])) and not _has(term.korean, text[1])]
    assert not others


@pytest.mark.parametrize("term", [term for term in TERMS if term.banned], ids=lambda term: term.english[0])
def test_no_other_word_is_used(term: Term) -> None:
    documents = [path.read_text("utf-8") for path in [ROOT / "README.ko.md", *(ROOT / "docs").rglob("*.ko.md")]]
    for korean in [*(korean for _, korean in PAIRS), *documents]:
        assert not _has(term.banned, korean), korean


def _prose(english: str) -> str:
    """Leave out code, such as names in quotes and places."""
    return re.sub(r"`[^`]*`|'[^' ]*'|\"[^\" ]*\"|\{[^}]*\}", "", english)


def _has(words: list[str], korean: str) -> bool:
    return any(word in korean for word in words)
