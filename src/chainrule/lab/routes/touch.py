"""Touch it: a weight or an input is changed by hand, a unit switched off, the learning rate is tried."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.routing import Route

from chainrule.lab.answers import answering
from chainrule.lab.desk import Desk
from chainrule.lab.passes import OnePass
from chainrule.lab.plans import built
from chainrule.lab.rates import what_if
from chainrule.lab.storyboard import told
from chainrule.lab.touch import effect, keep, touched, without_unit

Query = Mapping[str, str]


def routes(desk: Desk) -> list[Route]:
    """Return the routes of what is touched."""
    return [
        Route("/api/touch/number", answering(number), methods=["POST"]),
        Route("/api/touch/unit", answering(unit), methods=["POST"]),
        Route("/api/touch/keep", answering(keep_it), methods=["POST"]),
        Route("/api/touch/rate", answering(rate), methods=["POST"]),
    ]


def _with_effect(one: OnePass) -> dict[str, Any]:
    return told(one) | {"effect": effect(one)}


def number(desk: Desk, body: dict[str, Any], query: Query) -> dict[str, Any]:
    """Return a pass with a number set by hand, and what that did."""
    one = desk.passes.get(body.get("id"))
    return _with_effect(touched(desk.passes, one, body.get("path"), body.get("value")))


def unit(desk: Desk, body: dict[str, Any], query: Query) -> dict[str, Any]:
    """Return a pass without a unit, and what that did."""
    one = desk.passes.get(body.get("id"))
    return _with_effect(without_unit(desk.passes, one, body.get("layer"), body.get("unit")))


def keep_it(desk: Desk, body: dict[str, Any], query: Query) -> dict[str, Any]:
    """Change the network in training as the pass was changed."""
    with desk.lock:
        keep(desk.session, desk.passes.get(body.get("id")))
    return {"state": desk.session.state().json(), "built": built(desk.session)}


def rate(desk: Desk, body: dict[str, Any], query: Query) -> dict[str, Any]:
    """Return the loss after a step with other learning rates."""
    return what_if(desk.passes.get(body.get("id")))
