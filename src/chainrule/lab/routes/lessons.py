"""The lessons: their list, what a page shows for the answers so far, and whether they are right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.routing import Route

from chainrule.lab.answers import answering
from chainrule.lab.desk import Desk
from chainrule.lab.lessons.course import LESSONS, checked, looked_at

Body = dict[str, Any]
Query = Mapping[str, str]


def routes(desk: Desk) -> list[Route]:
    """Return the routes of the lessons."""
    return [
        Route("/api/lessons", answering(_list)),
        Route("/api/lessons/look", answering(_look), methods=["POST"]),
        Route("/api/lessons/check", answering(_check), methods=["POST"]),
    ]


def _list(_desk: Desk, _body: Body, _query: Query) -> Body:
    return {"lessons": [lesson.json() for lesson in LESSONS]}


def _look(_desk: Desk, body: Body, _query: Query) -> Body:
    return looked_at(body.get("lesson"), body.get("answers", {}))


def _check(desk: Desk, body: Body, _query: Query) -> Body:
    return checked(body.get("lesson"), body.get("answers", {}), desk.session)
