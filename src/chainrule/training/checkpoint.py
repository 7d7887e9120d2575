"""Checkpoints: a folder with the last few states of a run, each written whole or not at all."""

from __future__ import annotations

import contextlib
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from chainrule.arrays import Array
from chainrule.common import atomic, tensors
from chainrule.common.errors import CheckpointWarning, FileFormatError, InputError, UnwritableError, warn
from chainrule.common.settings import Checked, Number, Place, Whole
from chainrule.common.texts import tr

_FORMAT = 2
_KEY = "chainrule-checkpoint"
_NAME = re.compile(r"checkpoint-(\d{9})\.safetensors")
_TORN = re.compile(r"\.checkpoint-\d{9}\.safetensors\..*")
_LOCK = ".lock"


@dataclass(frozen=True)
class Checkpoint(Checked):
    """Where and how often `fit` saves the state of training, and from where it goes on.

    A run that was ended by anything, a power cut included, goes on from its last checkpoint when `fit` is called again
    with the same folder and the same settings, and on the NumPy engine ends with the same bits.

    Parameters
    ----------
    folder
        One run has one folder; it is made if there is none.
    seconds
        The time between two checkpoints; 0 saves after every block of batches.
    keep
        How many to keep. If the newest is damaged, the one before it is taken.
    """

    folder: str | Path
    seconds: float = 10.0
    keep: int = 3
    rules: ClassVar = {"folder": Place(), "seconds": Number(0), "keep": Whole(1)}


class Checkpoints:
    """The files of one run, which no other run may use before `close`.

    Parameters
    ----------
    settings
        Where and how often to write them.
    identity
        What must be the same for a run to go on from them, as plain data; it is written to each.
    """

    def __init__(self, settings: str | Path | Checkpoint, identity: dict[str, Any] | None = None) -> None:
        self._settings = settings if isinstance(settings, Checkpoint) else Checkpoint(settings)
        self._folder, self.identity = Path(self._settings.folder), identity
        self._last = time.monotonic()
        self._lock: Any = None
        self._numbers: list[int] = []
        self._next = 1
        if self._folder.exists() and not self._folder.is_dir():
            raise InputError(
                "A checkpoint goes into a folder, but {folder} is a file. Name another one.", folder=self._folder
            )

    def close(self) -> None:
        """Let other runs use the folder."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def due(self) -> bool:
        """Return whether it is time for the next one."""
        return time.monotonic() - self._last >= self._settings.seconds

    def save(self, arrays: dict[str, Array], info: dict[str, Any]) -> None:
        """Write the next checkpoint and remove the oldest; a disk that is full is a warning."""
        description = {"format": _FORMAT, "settings": self.identity, **info}
        try:
            tensors.write(self._path(self._next), _KEY, description, arrays)
        except (OSError, InputError) as error:
            state = tr("There is none yet.")
            if self._numbers:
                state = tr("{path} stays the last one.", path=self._path(self._numbers[-1]))
            warn(
                "{error} {state} Training goes on, and the next one is tried.",
                CheckpointWarning,
                error=error,
                state=state,
            )
        else:
            self._numbers.append(self._next)
            self._next += 1
            while len(self._numbers) > self._settings.keep:
                with contextlib.suppress(OSError):
                    self._path(self._numbers.pop(0)).unlink()
        self._last = time.monotonic()

    def load(self) -> tuple[dict[str, Array], dict[str, Any]] | None:
        """Lock the folder, and return the newest checkpoint that is whole, or None if there is none.

        Raises
        ------
        InputError
            If another run has the folder, or another version of chainrule wrote the checkpoint. Nothing is removed.
        UnwritableError
            If the folder cannot be made or written to.
        """
        self._open()
        while self._numbers:
            path = self._path(self._numbers[-1])
            try:
                return _read(path)
            except (OSError, FileFormatError) as error:
                before = self._path(self._numbers[-2]).name if len(self._numbers) > 1 else tr("the start")
                warn(
                    "{path} is damaged ({error}); the run goes on from {before}.",
                    CheckpointWarning,
                    path=path,
                    error=error,
                    before=before,
                )
                self._next = self._numbers.pop()  # the next one takes its place
        return None

    def _open(self) -> None:
        """Make the folder if there is none, lock it, and remove what a writer left half-written when it was killed."""
        from filelock import FileLock, Timeout

        atomic.make_folder(self._folder)
        lock = FileLock(self._folder / _LOCK, timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise InputError(
                "Another run that is still going on has its checkpoints in {folder}. Wait for its end, or take "
                "another folder.",
                folder=self._folder,
            ) from None
        except OSError as error:
            raise UnwritableError(
                "No checkpoint can be written to {folder}: {reason}.", folder=self._folder, reason=atomic.reason(error)
            ) from error
        self._lock = lock
        for path in self._folder.iterdir():
            if _TORN.fullmatch(path.name):
                with contextlib.suppress(OSError):
                    path.unlink()
            elif match := _NAME.fullmatch(path.name):
                self._next = max(self._next, int(match[1]) + 1)
                if path.is_file():  # reading a pipe would wait for ever
                    self._numbers.append(int(match[1]))
        self._numbers.sort()

    def _path(self, number: int) -> Path:
        return self._folder / f"checkpoint-{number:09d}.safetensors"


def _read(path: Path) -> tuple[dict[str, Array], dict[str, Any]]:
    with tensors.opened(path) as file:
        if _KEY not in file.metadata:
            raise FileFormatError("it does not describe itself.")
        info = file.describe(_KEY)
        if info.get("format") != _FORMAT:
            raise InputError(
                "{path} has format {got!r:.20}, but this version of chainrule reads format {expected}: go on with the "
                "version that wrote it, or take another folder.",
                path=path,
                got=info.get("format"),
                expected=_FORMAT,
            )
        if file.digest is None:
            raise FileFormatError("its digest is missing.")
        return file.arrays(), info
