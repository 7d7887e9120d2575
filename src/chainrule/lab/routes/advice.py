"""The diagnosis: what is wrong, and what is done about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.routing import Route

from chainrule.lab.advice import advice
from chainrule.lab.answers import answering
from chainrule.lab.desk import Desk
from chainrule.lab.plans import built
from chainrule.lab.remedies import apply

Query = Mapping[str, str]


def routes(desk: Desk) -> list[Route]:
    """Return the routes of the diagnosis."""
    return [
        Route("/api/advice", answering(look), methods=["GET"]),
        Route("/api/advice/apply", answering(do), methods=["POST"]),
    ]


def look(desk: Desk, body: dict[str, Any], query: Query) -> dict[str, Any]:
    """Return the diagnosis of this moment."""
    return advice(desk.session)


def do(desk: Desk, body: dict[str, Any], query: Query) -> dict[str, Any]:
    """Do what a remedy says."""
    with desk.lock:
        apply(desk.session, body.get("kind"), body.get("value"))
    return {"state": desk.session.state().json(), "built": built(desk.session)}
