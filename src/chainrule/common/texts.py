"""What people are told, in their language: English stands in the code, Korean in locale/ko/LC_MESSAGES/chainrule.po."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from string import Formatter
from typing import Any, NamedTuple

from chainrule.common.languages import language
from chainrule.common.particles import attached

_FORMATTER = Formatter()


def tr(english: str, /, **values: object) -> str:
    """Return a text in the language of the context, with its values filled in.

    Parameters
    ----------
    english
        The text as the catalogues know it, with {places} for the values. Without values it has no places, and braces
        stand for themselves.
    **values
        What is written in the places.

    >>> tr("{name} has {count:,} rows", name="train.csv", count=12000)
    'train.csv has 12,000 rows'
    """
    return fill(translated(english, language()), values)


def later(english: str) -> str:
    """Return a text as it is: it is kept now, in a table or a setting, and told through `tr` later.

    >>> later("the share of activations to drop")
    'the share of activations to drop'
    """
    return english


class Note(NamedTuple):
    """A text that is kept with its values, in a file for example, and told in the language of whoever reads it.

    >>> str(Note("{count:,} classes", {"count": 3}))
    '3 classes'
    """

    english: str
    values: Mapping[str, Any] = {}

    def __str__(self) -> str:
        return tr(self.english, **self.values)


def translated(english: str, lang: str) -> str:
    """Return a text in a language, with its places still open; one that the catalogue lacks stays English."""
    return english if lang == "en" else _catalogue(lang).get(english, english)


def fill(template: str, values: Mapping[str, object]) -> str:
    """Return a text with its values filled in, and after each value the Korean particle that fits it.

    >>> fill("{name}을(를) 읽습니다", {"name": "train.csv"}), fill("{name}을(를) 읽습니다", {"name": "행렬"})
    ('train.csv를 읽습니다', '행렬을 읽습니다')
    """
    if not values:
        return template
    text = ""
    for literal, field, spec, conversion in _FORMATTER.parse(template):
        text += attached(text, literal)
        if field is not None:
            value: Any = _FORMATTER.convert_field(values[field], conversion)
            text += format(value, spec or "")
    return text


@cache
def _catalogue(lang: str) -> Mapping[str, str]:
    import gettext
    from importlib.resources import files

    path = files("chainrule").joinpath("locale", lang, "LC_MESSAGES", "chainrule.mo")
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        return gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined,no-any-return]
