"""Files to take home, and links to what was built."""

from __future__ import annotations

from starlette.routing import Route

from chainrule.lab.desk import Desk


def routes(desk: Desk) -> list[Route]:
    """Return the routes of what is taken home."""
    return []
