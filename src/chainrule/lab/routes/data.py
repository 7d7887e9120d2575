"""Data of the user's own: tables that are uploaded."""

from __future__ import annotations

from starlette.routing import Route

from chainrule.lab.desk import Desk


def routes(desk: Desk) -> list[Route]:
    """Return the routes of uploaded data."""
    return []
