"""What the requests of one lab share: the session, the data, the learner's file, the token."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from threading import Lock, RLock
from typing import Any, TypeVar

from chainrule.lab.blueprint import Blueprint
from chainrule.lab.data_sets import DataSets
from chainrule.lab.learners import LearnerFile
from chainrule.lab.passes import Passes
from chainrule.lab.session import Session

T = TypeVar("T")


class Desk:
    """One lab.

    Parameters
    ----------
    blueprint
        What is built at first; None for the usual one, which learns XOR.
    sets
        The data that were uploaded or drawn; None for none yet.
    learner
        The learner's file, if there is one.

    Attributes
    ----------
    passes
        That the page looks at.
    token
        Who has it may ask.
    lock
        Held by whatever changes the session in several steps.
    ending
        Says whether the server stops, so that streams end.
    """

    def __init__(
        self, blueprint: Blueprint | None = None, sets: DataSets | None = None, learner: LearnerFile | None = None
    ) -> None:
        self.sets = sets or DataSets()
        self.session = Session(blueprint or Blueprint(), self.sets)
        self.learner, self.passes = learner, Passes()
        self.token = secrets.token_urlsafe(24)
        self.lock = RLock()
        self.ending: Callable[[], bool] = lambda: False
        self._kept: dict[Any, Any] = {}
        self._keeping = Lock()

    def keep(self, made_by: Callable[[Desk], T]) -> T:
        """Return what a function makes for this desk; it is made when it is asked for first, and kept."""
        with self._keeping:
            if made_by not in self._kept:
                self._kept[made_by] = made_by(self)
            kept: T = self._kept[made_by]
            return kept

    def close(self) -> None:
        """End the training."""
        self.session.close()
