"""Checkpoints of several processes: the first reads and writes them, and all go on from what it read."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.common.errors import ChainruleError, InputError
from chainrule.engines import processes
from chainrule.training.checkpoint import Checkpoint, Checkpoints


class SharedCheckpoints:
    """What `Checkpoints` is, in each of several processes; its folder need be there for the first alone.

    Parameters
    ----------
    settings, identity
        As for `Checkpoints`.
    """

    def __init__(self, settings: str | Path | Checkpoint, identity: dict[str, Any]) -> None:
        self._settings, self.identity = settings, identity
        self._files: Checkpoints | None = None

    def load(self) -> tuple[dict[str, Array], dict[str, Any]] | None:
        """Return what the first process reads; what it cannot read, all processes raise."""
        saved, wrong = None, ""
        if processes.first():
            try:
                self._files = Checkpoints(self._settings, self.identity)
                saved = self._files.load()
            except ChainruleError as error:
                wrong = str(error)
        arrays, info = ({}, None) if saved is None else saved
        content = io.BytesIO()
        np.savez(content, **arrays)
        described = processes.from_first(json.dumps([wrong, info]).encode())
        wrong, info = json.loads(described)
        if wrong:
            raise InputError(wrong)
        with np.load(io.BytesIO(processes.from_first(content.getvalue()))) as file:
            arrays = dict(file)
        return None if info is None else (arrays, info)

    def due(self) -> bool:
        """Return whether it is time for the next one, by the clock of the first process."""
        due = self._files is not None and self._files.due()
        return bool(processes.agreed(int(due)))

    def save(self, arrays: dict[str, Array], info: dict[str, Any]) -> None:
        """Write the next checkpoint, in the first process."""
        if self._files is not None:
            self._files.save(arrays, info)

    def close(self) -> None:
        """Let other runs use the folder."""
        if self._files is not None:
            self._files.close()


def checkpoints_of(
    settings: str | Path | Checkpoint | None, identity: dict[str, Any], *, several: bool
) -> Checkpoints | SharedCheckpoints | None:
    """Return the checkpoints of a run, if it has any; several processes must have all in common.

    Raises
    ------
    ProcessError
        One of several processes has other data or settings.
    """
    if several:
        processes.same(identity)
    if settings is None:
        return None
    return SharedCheckpoints(settings, identity) if several else Checkpoints(settings, identity)
