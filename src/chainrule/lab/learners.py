"""The learner's file in the lab: what the checker says of it, and its functions on the example on the screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chainrule.lab.session import Session


class LearnerFile:
    """A .py or .ipynb file that is checked again whenever it was saved.

    Parameters
    ----------
    path
        Where it is. It is executed in the checker's sandbox alone.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def told(self) -> dict[str, Any]:
        """Return the report on the file as it is now, as the page shows it, in the language of the context."""
        raise NotImplementedError

    def hint(self, finding: int, level: int) -> list[str]:
        """Return what is said of a finding of the last report, up to a level: what, where, formula."""
        raise NotImplementedError

    def beside(self, session: Session, examples: list[int]) -> dict[str, Any]:
        """Return the numbers of the learner's own functions beside those of the session's network."""
        raise NotImplementedError
