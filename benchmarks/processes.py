"""Contenders in processes of their own, which are told what to do when it is their turn."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from benchmarks import environment
from benchmarks.contenders import CONTENDERS


class Process:
    """A contender in its own process, and the losses of its first steps."""

    first: list[float]

    def __init__(
        self, contender: str, workload: str, python: str = str(environment.PYTHON), root: Path = environment.ROOT
    ) -> None:
        self._errors = tempfile.TemporaryFile("w+")
        command = ("-m", "benchmarks.worker", contender, workload)
        self._process = environment.start(*command, python=python, root=root, stderr=self._errors)

    def ask(self, command: str) -> Any:
        """Send a line and return the answer, or raise ValueError with the last line of a process that ended."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # of a process that ended, which then gives no answer
            print(command, file=self._process.stdin, flush=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            self._errors.seek(0)
            raise ValueError((self._errors.read().strip().splitlines() or ["it ended without a word"])[-1])
        return json.loads(line)

    def end(self) -> None:
        """Close the process."""
        self._process.communicate()
        self._errors.close()


@contextmanager
def processes(
    workload: str, contenders: Sequence[str], python: str = str(environment.PYTHON)
) -> Iterator[dict[str, Process]]:
    """Start the contenders side by side and let each take its first steps; say who cannot, and leave those out."""
    all_of_them = {name: Process(name, workload, python) for name in contenders}
    ready = {}
    try:
        for name, process in all_of_them.items():
            try:
                process.first = process.ask("first")
                ready[name] = process
            except ValueError as error:
                print(f"{workload}: without {CONTENDERS[name].label}: {error}")
        yield ready
    finally:
        for process in all_of_them.values():
            process.end()
