"""Starts several processes that belong together, and hears what they say."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

TRAIN = (sys.executable, "-m", "chainrule", "train")


class Ended(NamedTuple):
    """What became of a process."""

    status: int
    out: str
    error: str


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class Together:
    """Processes that were started with the same command and places of their own.

    Parameters
    ----------
    command
        What each runs; their places follow it.
    count
        How many there are meant to be.
    numbers
        Which of them are started; all if None.
    options
        Whether the places are the options of `chainrule train`.
    host
        Where process 0 listens.
    """

    def __init__(
        self, command: Any, count: int, numbers: Any = None, options: bool = True, host: str = "127.0.0.1"
    ) -> None:
        self.count, self.address = count, f"{host}:{free_port()}"
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "CHAINRULE_LANG": "en"}
        self.all = {
            number: subprocess.Popen(
                [*command, *self.place(number, options)],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env=environment,
            )
            for number in (range(count) if numbers is None else numbers)
        }

    def place(self, number: int, options: bool) -> list[str]:
        """What tells a process where it stands."""
        values = [self.address, str(self.count), str(number)]
        if not options:
            return values
        named = zip(("--coordinator", "--processes", "--process-id"), values, strict=True)
        return ["--distributed", *(text for pair in named for text in pair)]

    def ended(self, seconds: float = 300) -> dict[int, Ended]:
        """What became of each."""
        ends = {}
        for number, process in self.all.items():
            try:
                out, error = process.communicate(timeout=seconds)
            except subprocess.TimeoutExpired:
                for other in self.all.values():
                    other.kill()
                raise
            ends[number] = Ended(process.returncode, out, error)
        return ends


def until(there: Any, seconds: float = 120) -> None:
    """Wait for something to be there."""
    deadline = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def checkpoints(folder: Path) -> list[str]:
    """The checkpoints in a folder."""
    return sorted(path.name for path in folder.glob("checkpoint-*"))
