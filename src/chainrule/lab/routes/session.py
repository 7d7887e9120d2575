"""The network in training: what can be chosen, what is built, what is done with it, and the stream of its frames."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.routing import Route

from chainrule.common.languages import language
from chainrule.lab.answers import answering
from chainrule.lab.desk import Desk
from chainrule.lab.words import words


def routes(desk: Desk) -> list[Route]:
    """Return the routes of the session."""
    return [Route("/api/words", answering(_words))]


def _words(_desk: Desk, _body: dict[str, Any], _query: Mapping[str, str]) -> dict[str, str]:
    return words(language())
