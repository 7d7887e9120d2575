"""States that a session can go back to: a ring within a bound of memory, and what undo and redo keep."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from chainrule.arrays import Array
from chainrule.lab.blueprint import Blueprint
from chainrule.lab.curves import Curves
from chainrule.lab.data_sets import Examples
from chainrule.lab.switched import Unit
from chainrule.lab.trainer import Position, Progress
from chainrule.network import Network

MOST_BYTES = 200 * 2**20
"""Of all snapshots of a ring together; the last one is kept, however large it is."""
MOST_SNAPSHOTS = 2000
MOST_CHANGES = 50
"""That can be undone."""


class Snapshot(NamedTuple):
    """A session at one moment.

    Attributes
    ----------
    blueprint, examples, network
        What was trained on what; the network has the parameters that a reset goes back to.
    progress
        How far it was.
    off
        Units that were switched off, with the weights that they had.
    altered
        Whether a knob or a hand had changed something.
    curves
        The scores until then; None in the ring, where those of the session are cut.
    """

    blueprint: Blueprint
    examples: Examples
    network: Network
    progress: Progress
    off: dict[Unit, Array]
    altered: bool
    curves: Curves | None = None


class Ring:
    """The last snapshots, in the order of time."""

    def __init__(self) -> None:
        self._snapshots: deque[Snapshot] = deque()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._snapshots)

    def add(self, snapshot: Snapshot) -> None:
        """Keep a snapshot, and let go of the oldest ones if there are too many."""
        self._snapshots.append(snapshot)
        self.bytes += snapshot.progress.bytes
        while len(self) > 1 and (self.bytes > MOST_BYTES or len(self) > MOST_SNAPSHOTS):
            self.bytes -= self._snapshots.popleft().progress.bytes

    def clear(self) -> None:
        """Forget all."""
        self._snapshots.clear()
        self.bytes = 0

    def has_before(self, position: Position) -> bool:
        """Return whether there is a snapshot from before."""
        return bool(self._snapshots) and min(self._snapshots[0].progress.position, position) != position

    def go_before(self, position: Position, *, at_least: bool = False) -> Snapshot | None:
        """Return the last snapshot from before a position, or (`at_least`) from there, and forget what came later."""
        while self._snapshots:
            last = self._snapshots[-1]
            if last.progress.position < position or (at_least and last.progress.position == position):
                return last
            self.bytes -= self._snapshots.pop().progress.bytes
        return None

    def good(self) -> Snapshot | None:
        """Return the last snapshot whose numbers are finite and whose loss is about as low as it ever was.

        Before the first loss is known, it is the first snapshot.
        """
        finite = [s for s in self._snapshots if s.progress.is_finite]
        losses = [s.progress.scores["loss"] for s in finite if "loss" in s.progress.scores]
        if not losses:
            return finite[0] if finite else None
        limit = 2 * min(losses)
        return [s for s in finite if s.progress.scores.get("loss", limit + 1) <= limit][-1]


class Change(NamedTuple):
    """What undo takes back.

    Attributes
    ----------
    name
        Of the knob that was turned, or what was done.
    blueprint
        From before, if only settings changed, and training goes on.
    snapshot
        From before, if all of it comes back.
    """

    name: str
    blueprint: Blueprint | None
    snapshot: Snapshot | None


class Changes:
    """A stack of changes, within a bound of memory."""

    def __init__(self) -> None:
        self._changes: deque[Change] = deque(maxlen=MOST_CHANGES)

    def __len__(self) -> int:
        return len(self._changes)

    @property
    def last(self) -> Change | None:
        """The newest change."""
        return self._changes[-1] if self._changes else None

    def push(self, change: Change) -> None:
        """Keep a change, and let go of the oldest ones if they are too large."""
        self._changes.append(change)
        while len(self) > 1 and sum(c.snapshot.progress.bytes for c in self._changes if c.snapshot) > MOST_BYTES:
            self._changes.popleft()

    def pop(self) -> Change | None:
        """Take the newest change."""
        return self._changes.pop() if self._changes else None

    def clear(self) -> None:
        """Forget all."""
        self._changes.clear()
