"""The network in training: what can be chosen, what is built, and what is done with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from chainrule.common.errors import InputError
from chainrule.common.languages import language
from chainrule.common.settings import choice
from chainrule.lab.answers import answering, refused
from chainrule.lab.blueprint import Blueprint, BlueprintError
from chainrule.lab.choices import choices
from chainrule.lab.desk import Desk
from chainrule.lab.plans import built, draft
from chainrule.lab.session import Session
from chainrule.lab.words import words

Body = dict[str, Any]
Query = Mapping[str, str]

_DOING: dict[str, Callable[[Session, Body], None]] = {
    "play": lambda session, _: session.play(),
    "pause": lambda session, _: session.pause(),
    "epoch": lambda session, _: session.run("epoch"),
    "batch": lambda session, _: session.run("batch"),
    "back": lambda session, body: session.back(body.get("what", "batch")),
    "reset": lambda session, body: session.reset(body.get("seed")),
    "undo": lambda session, _: session.undo(),
    "redo": lambda session, _: session.redo(),
    "good": lambda session, _: session.good(),
    "switch": lambda session, body: session.switch(*_unit(body), bool(body.get("off"))),
}


def routes(desk: Desk) -> list[Route]:
    """Return the routes of the session."""
    return [
        Route("/api/words", answering(_words)),
        Route("/api/choices", answering(_choices)),
        Route("/api/state", answering(_state)),
        Route("/api/build", answering(_build), methods=["POST"]),
        Route("/api/do", answering(_do), methods=["POST"]),
        Route("/api/knob", answering(_knob), methods=["POST"]),
    ]


def _words(_desk: Desk, _body: Body, _query: Query) -> Body:
    return words(language())


def _choices(_desk: Desk, _body: Body, _query: Query) -> Body:
    return choices()


def _state(desk: Desk, _body: Body, _query: Query) -> Body:
    return {"state": desk.session.state().json(), "built": built(desk.session)}


def _build(desk: Desk, body: Body, _query: Query) -> Body | Response:
    blueprint = Blueprint.from_json(body.get("blueprint"))
    examples = desk.sets.examples(blueprint.data)
    try:
        desk.session.build(blueprint)
    except BlueprintError as error:
        return refused(error, draft=draft(error, examples))
    return _state(desk, body, {})


def _do(desk: Desk, body: Body, _query: Query) -> Body:
    _DOING[choice("The lab", "action", body.get("action"), _DOING)](desk.session, body)
    return {"state": desk.session.state().json()}


def _knob(desk: Desk, body: Body, _query: Query) -> Body:
    if not isinstance(body.get("name"), str):
        raise InputError("A knob is turned by its name, as in {example}.", example='{"name": "lr", "value": 0.1}')
    desk.session.knob(body["name"], body.get("value"))
    return _state(desk, body, {})


def _unit(body: Body) -> tuple[int, int]:
    layer, unit = body.get("layer"), body.get("unit")
    if type(layer) is not int or type(unit) is not int:
        raise InputError("A unit is named by two whole numbers, layer and unit.")
    return layer, unit
