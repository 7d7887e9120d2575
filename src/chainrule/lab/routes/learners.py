"""The learner's file: its report, its hints, and its functions on the examples on the screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.routing import Route

from chainrule.common.errors import InputError
from chainrule.common.settings import Each, Whole
from chainrule.lab.answers import answering
from chainrule.lab.desk import Desk
from chainrule.lab.learners import LearnerFile

Body = dict[str, Any]
Query = Mapping[str, str]
_EXAMPLES = Each(Whole(0), "a list of the numbers of examples, such as [0, 1]", least=0)


def routes(desk: Desk) -> list[Route]:
    """Return the routes of the learner's file."""
    return [
        Route("/api/learner", answering(_report)),
        Route("/api/learner/hint", answering(_hint), methods=["POST"]),
        Route("/api/learner/run", answering(_run), methods=["POST"]),
    ]


def _report(desk: Desk, _body: Body, query: Query) -> Body:
    """Return the report, or that there is no file, or that it is still the one that the page knows."""
    if desk.learner is None:
        return {"file": None}
    if query.get("known") == desk.learner.version:
        return {"file": desk.learner.path.name, "same": True}
    return desk.learner.told()


def _hint(desk: Desk, body: Body, _query: Query) -> Body:
    finding, level = body.get("finding"), body.get("level")
    if type(finding) is not int or type(level) is not int:
        raise InputError("A hint is asked for by two whole numbers, finding and level.")
    return {"lines": _file(desk).hint(finding, level)}


def _run(desk: Desk, body: Body, _query: Query) -> Body:
    chosen = _EXAMPLES.check("The lab", "examples", body.get("examples", []))
    return _file(desk).beside(desk.session, chosen)


def _file(desk: Desk) -> LearnerFile:
    if desk.learner is None:
        raise InputError("There is no file of yours: start with chainrule lab my_file.py.")
    return desk.learner
