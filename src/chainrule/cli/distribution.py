"""How `chainrule train` becomes one of several processes that train one network."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from chainrule.cli.stopping import stopping
from chainrule.common.errors import InputError
from chainrule.engines import processes

DistributedOption = Annotated[
    bool,
    typer.Option(
        "--distributed", help="Be one of several processes that train one network, started by mpirun, srun or by hand."
    ),
]
CoordinatorOption = Annotated[
    str | None,
    typer.Option(metavar="HOST:PORT", help="By hand: where process 0 listens, as all processes reach it."),
]
ProcessesOption = Annotated[int | None, typer.Option(min=1, metavar="N", help="By hand: how many processes there are.")]
ProcessIdOption = Annotated[int | None, typer.Option(min=0, metavar="I", help="By hand: which this is, from 0.")]


@dataclass(frozen=True)
class Distribution:
    """What was said of processes on the command line."""

    distributed: bool
    coordinator: str | None
    processes: int | None
    process_id: int | None

    def settings(self, engine: str) -> dict[str, Any]:
        """Return what `fit` gets of it."""
        if not self.distributed:
            if (self.coordinator, self.processes, self.process_id) != (None, None, None):
                raise InputError(
                    "--coordinator, --processes and --process-id are for a run of several processes: say --distributed "
                    "as well."
                )
            return {"engine": engine}
        if engine not in ("numpy", "xla"):  # the first is what nobody said
            raise InputError(
                "--distributed trains with --engine xla, but --engine {engine} came: leave it out.", engine=engine
            )
        return {"engine": "xla", "devices": "all"}

    @contextlib.contextmanager
    def begun(self) -> Iterator[bool]:
        """Be one of the processes; yield whether it is the one that speaks and writes files."""
        if not self.distributed:
            yield True
            return
        with processes.together(self.coordinator, self.processes, self.process_id):
            stopping.hold(processes.stop)
            if processes.first():
                yield True
                return
            with open(os.devnull, "w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
                yield False
