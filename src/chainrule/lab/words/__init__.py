"""What the page says: one table of texts per room, under the keys by which the page asks for them."""

from __future__ import annotations

import importlib
from importlib.util import find_spec

from chainrule.common.texts import translated

ROOMS = ("shell", "build", "data", "train", "passes", "touch", "advice", "learners", "lessons", "takeaway")


def english() -> dict[str, str]:
    """Return the texts of all rooms as the catalogue knows them."""
    names = [f"chainrule.lab.words.{room}" for room in ROOMS]
    return {key: text for name in names if find_spec(name) for key, text in importlib.import_module(name).WORDS.items()}


def words(lang: str) -> dict[str, str]:
    """Return the texts of all rooms in a language, their places still open."""
    return {key: translated(text, lang) for key, text in english().items()}
