"""What the page shows of a session, as plain data: only what is wanted and has changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Set
from typing import Any

from chainrule.lab.curves import Curves
from chainrule.lab.data_sets import Examples
from chainrule.lab.frames import insides, judged, maps, shown
from chainrule.lab.frames.look import Look
from chainrule.lab.session import Session
from chainrule.lab.state import score_name

_OF_NETWORK: dict[str, Callable[[Look], Any]] = {
    "map": maps.map_of_answers,
    "units": maps.maps_of_units,
    "weights": insides.weights,
    "histograms": insides.histograms,
    "rms": insides.gradient_sizes,
    "confusion": judged.confusion,
    "worst": judged.worst,
}
PARTS = ("curves", "points", *_OF_NETWORK)
"""What can be wanted."""

_SHARE = 60  # while it trains, at most one part in so many of the time goes to a part of the frames
_GENERATION = 10**6  # rows of curves are fewer


class Frames:
    """Makes frames of a session, in the thread that asks for them.

    Parameters
    ----------
    session
        What is shown.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self._examples: Examples | None = None
        self._number = 0  # of the examples
        self._next: dict[str, float] = {}  # the time from which on a part may be made again

    def frame(self, seen: Mapping[str, int], wants: Set[str]) -> dict[str, Any]:
        """Return "version", "seen", "state", and each wanted part that changed since the frame with this `seen`.

        While it trains, parts that take long to make come less often; once it is paused, all that changed come.

        Parameters
        ----------
        seen
            That of the frame before; empty at first.
        wants
            Some of `PARTS`; what else there is in it is not looked at.
        """
        version, state, examples = self.session.version, self.session.state(), self.session.examples
        frame: dict[str, Any] = {"version": version, "state": state.json()}
        known = dict(seen)
        if "curves" in wants:
            self._add_curves(frame, known)
        if examples is not self._examples:
            self._examples, self._number = examples, self._number + 1
        if "points" in wants and known.get("points") != self._number:
            frame["points"], known["points"] = shown.points(examples), self._number
        due = [name for name in _OF_NETWORK if name in wants and known.get(name) != version]
        if state.running:
            due = [name for name in due if time.monotonic() >= self._next.get(name, 0.0)]
        if due:
            look = Look(*self.session.seen())
            for name in due:
                began = time.monotonic()
                frame[name], known[name] = _OF_NETWORK[name](look), version
                ended = time.monotonic()
                self._next[name] = ended + _SHARE * (ended - began)
        return frame | {"seen": known}

    def _add_curves(self, frame: dict[str, Any], known: dict[str, int]) -> None:
        """Add the rows that are new; the last one that was sent is sent again, as others may stand in its place."""
        curves = self.session.curves()
        key, last = curves.generation * _GENERATION + len(curves), max(curves.columns["epoch"], default=0)
        before = known.get("curves", -1)
        if key == before and known.get("epoch") == last:
            return
        generation, rows = divmod(before, _GENERATION)
        first = max(0, rows - 1) if before >= 0 and generation == curves.generation else 0
        frame["curves"], known["curves"], known["epoch"] = _rows(curves, first), key, last


def _rows(curves: Curves, first: int) -> dict[str, Any]:
    columns = {
        name: [value if value - value == 0 else None for value in column[first:]]
        for name, column in curves.columns.items()
    }
    names = {name: score_name(name) for name in curves.columns if name != "epoch"}
    return {"from": first, "columns": columns, "names": names}
