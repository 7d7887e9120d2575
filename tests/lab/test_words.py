"""What the page says: every text that it asks for is there, and every text that is there is asked for."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from chainrule.lab.front_page import PAGE
from chainrule.lab.words import ROOMS, english, words

SCRIPTS = sorted((PAGE / "js").glob("*.js"))
# A key is written out where it is asked for, so that it can be found.
ASKED = re.compile(r"""\bt\(\s*"([\w.]+)"(?:,\s*\{)?""")
PLACES = re.compile(r"\{(\w+)\}")


def asked() -> list[tuple[str, set[str] | None, str]]:
    """Return the keys that scripts ask for, the places that they fill (None if not all are named), and the script."""
    found = []
    for path in SCRIPTS:
        text = path.read_text("utf-8")
        for match in ASKED.finditer(text):
            found.append((match[1], filled(text[match.end() :]) if match[0].endswith("{") else set(), path.name))
    return found


def filled(text: str) -> set[str] | None:
    """Return the names in an object literal whose opening brace stands before a text."""
    depth, names, entry = 1, [], ""
    for letter in text:
        depth += (letter in "{[(") - (letter in "}])")
        if depth == 0 or (depth == 1 and letter == ","):
            names.append(entry.split(":")[0].strip())
            entry = ""
        else:
            entry += letter
        if depth == 0:
            break
    return None if any(name.startswith("...") for name in names) else set(names) - {""}


def test_scripts_ask_for_what_is_there_and_all_that_is_there_is_asked_for() -> None:
    keys = {key for key, _, _ in asked()}
    assert sorted(keys - english().keys()) == [], "texts that no room has"
    assert sorted(english().keys() - keys) == [], "texts that nobody asks for"


def test_no_key_is_composed() -> None:
    for path in SCRIPTS:
        assert not re.findall(r"(?<!function )\bt\([`\w]", path.read_text("utf-8")), path.name


def test_places_are_filled() -> None:
    for key, names, script in asked():
        assert names is None or set(PLACES.findall(english().get(key, ""))) == names, (key, script)


def test_no_two_rooms_have_the_same_key() -> None:
    import importlib

    tables = [importlib.import_module(f"chainrule.lab.words.{room}").WORDS for room in ROOMS]
    counts = Counter(key for table in tables for key in table)
    assert [key for key, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("key", sorted(english()))
def test_every_text_has_korean_with_the_same_places(key: str) -> None:
    korean = words("ko")[key]
    assert set(PLACES.findall(korean)) == set(PLACES.findall(english()[key]))
    assert korean != english()[key] or not re.search("[a-z]{3}", PLACES.sub("", korean)), "no Korean yet"
