"""Where the documentation's site, if there is one, tells more about a mistake."""

from __future__ import annotations

import re
from functools import cache
from importlib.metadata import metadata

_PAGES = {"en": "en/mistakes.html", "ko": "ko/mistakes.ko.html"}


def address(mistake: str, lang: str) -> str | None:
    """Return the address of a mistake's entry in the catalogue; None if pyproject.toml names no Documentation."""
    place = re.sub("[^a-z0-9]+", "-", mistake.lower())  # as the site writes anchors
    return f"{_site()}/{_PAGES[lang]}#{place}" if _site() else None


@cache
def _site() -> str | None:
    addresses = metadata("chainrule").get_all("Project-URL") or []
    named = dict(address.split(", ", 1) for address in addresses)
    return named.get("Documentation", "").rstrip("/") or None
