"""What the page may ask: one file per room of the lab."""

from __future__ import annotations

import importlib
from importlib.util import find_spec

from starlette.routing import Route

from chainrule.lab.desk import Desk

ROOMS = ("session", "events", "data", "passes", "touch", "advice", "learners", "lessons", "takeaway")


def all_routes(desk: Desk) -> list[Route]:
    """Return the routes of all rooms."""
    names = [f"chainrule.lab.routes.{room}" for room in ROOMS]
    return [route for name in names if find_spec(name) for route in importlib.import_module(name).routes(desk)]
