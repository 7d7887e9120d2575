"""Checkpoints: a folder with the last few states of a run, each written whole or not at all."""

from __future__ import annotations

import json
import re
import time
import warnings
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from chainrule.arrays import Array
from chainrule.common import atomic
from chainrule.common.errors import CheckpointWarning, InputError
from chainrule.common.settings import Checked, Number, Place, Whole

_FORMAT = 1
_NAME = re.compile(r"checkpoint-(\d{9})\.safetensors")


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
    """The files of one run."""

    def __init__(self, settings: str | Path | Checkpoint) -> None:
        self._settings = settings if isinstance(settings, Checkpoint) else Checkpoint(settings)
        self._folder = Path(self._settings.folder)
        self._last = time.monotonic()
        if self._folder.exists() and not self._folder.is_dir():
            raise InputError(f"A checkpoint goes into a folder, but {self._folder} is a file. Name another one.")
        self._folder.mkdir(parents=True, exist_ok=True)
        for torn in self._folder.glob(".checkpoint-*"):  # of a writer that was killed
            torn.unlink()
        numbers = [int(match[1]) for path in self._folder.iterdir() if (match := _NAME.fullmatch(path.name))]
        self._numbers = sorted(numbers)

    def due(self) -> bool:
        """Return whether it is time for the next one."""
        return time.monotonic() - self._last >= self._settings.seconds

    def save(self, arrays: dict[str, Array], info: dict[str, Any]) -> None:
        """Write the next checkpoint and remove the oldest; a disk that is full is a warning."""
        import safetensors.numpy

        number = self._numbers[-1] + 1 if self._numbers else 1
        text = json.dumps({"format": _FORMAT, "checksum": _checksum(arrays), **info})
        try:
            atomic.write(self._path(number), safetensors.numpy.save(arrays, metadata={"chainrule-checkpoint": text}))
        except OSError as error:
            kept = f"{self._path(self._numbers[-1])} stays the last one" if self._numbers else "there is none yet"
            warnings.warn(
                f"The checkpoint could not be written to {self._folder}: {error.strerror or error}; {kept}. "
                "Training goes on. Free some space.",
                CheckpointWarning,
                stacklevel=2,
            )
        else:
            self._numbers.append(number)
            while len(self._numbers) > self._settings.keep:
                self._path(self._numbers.pop(0)).unlink(missing_ok=True)
        self._last = time.monotonic()

    def load(self) -> tuple[dict[str, Array], dict[str, Any]] | None:
        """Return the newest checkpoint that is whole, or None if there is none."""
        while self._numbers:
            path = self._path(self._numbers[-1])
            try:
                return _read(path)
            except (OSError, ValueError, KeyError) as error:
                before = self._path(self._numbers[-2]).name if len(self._numbers) > 1 else "the start"
                warnings.warn(
                    f"{path} is damaged ({error}); the run goes on from {before}.", CheckpointWarning, stacklevel=2
                )
                self._numbers.pop()
        return None

    def _path(self, number: int) -> Path:
        return self._folder / f"checkpoint-{number:09d}.safetensors"


def _checksum(arrays: dict[str, Array]) -> int:
    checksum = 0
    for name in sorted(arrays):
        checksum = zlib.crc32(arrays[name], checksum)
    return checksum


def _read(path: Path) -> tuple[dict[str, Array], dict[str, Any]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            info = json.loads((file.metadata() or {})["chainrule-checkpoint"])
            arrays = {name: file.get_tensor(name) for name in file.keys()}
    except SafetensorError as error:
        raise ValueError(str(error)) from None
    if info["format"] != _FORMAT:
        raise InputError(f"{path} has format {info['format']}, but this version reads format {_FORMAT}.")
    if info["checksum"] != _checksum(arrays):
        raise ValueError("its checksum is wrong")
    return arrays, info
