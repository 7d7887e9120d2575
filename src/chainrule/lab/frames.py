"""What the page shows of a session, as plain data: only what is wanted and has changed."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from chainrule.lab.session import Session

PARTS = ("curves", "map", "units", "weights", "histograms", "rms", "confusion", "worst", "points")
"""What can be wanted."""


class Frames:
    """Makes frames of a session, outside of its thread."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def frame(self, seen: dict[str, int], wants: Set[str]) -> dict[str, Any]:
        """Return "version", "seen", "state", and each wanted part that changed since the frame with this `seen`."""
        raise NotImplementedError
