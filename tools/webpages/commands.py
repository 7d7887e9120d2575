"""A startup file of IPython: a command (`!chainrule ...`) that fails is an error of its cell, and ends the build.

Cells that show how a command fails are tagged `raises-exception`. Commands print into a pipe: into a terminal, they
would print their progress with all that it overwrites. Warnings are shown without the cell's temporary file.
"""

from __future__ import annotations

import os
import subprocess
import warnings
from typing import Any

from IPython import get_ipython


class CommandFailedError(Exception):
    """A command did not end with status 0."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def _strictly(shell: Any) -> None:
    """Let a shell of IPython run commands so."""

    def system(command: str) -> None:
        done = subprocess.run(
            shell.var_expand(command, depth=1),
            shell=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},  # so that warnings stand where they were said
        )
        print(done.stdout, end="")
        if done.returncode:
            korean = os.environ.get("CHAINRULE_LANG") == "ko"
            raise CommandFailedError(f"{'종료 상태' if korean else 'exit status'} {done.returncode}")

    shell.system = system


warnings.formatwarning = lambda message, category, *_: f"{category.__name__}: {message}\n"
_strictly(get_ipython())
