"""What a whole program finds around it: packages for its data, and nothing that ends or holds up its process."""

from __future__ import annotations

import ast
import contextlib
import importlib
import os
import sys
import time
from typing import Any, NoReturn

from chainrule.checker.running.source import imported
from chainrule.checker.running.walls import WRITING

PACKAGES = {"pandas", "h5py", "sklearn", "PIL"}
"""What whole programs get as it is, where it is installed; the definitions alone are judged without."""

FILES = 40  # of as many bytes as a file may have: a folder that holds more ends the check


def import_packages(tree: ast.Module) -> None:
    """Import the packages that a program imports.

    Afterwards, behind the walls, some could not be: they look at the system first.
    """
    for name in imported(tree):
        if name.partition(".")[0] in PACKAGES:
            with contextlib.suppress(Exception):  # it is not installed, or has no such part
                importlib.import_module(name)


def make_harmless() -> None:
    """Let nothing wait, end this process, go elsewhere, write many files, or see our own arguments; for all of it."""
    vars(time)["sleep"] = vars(os)["chdir"] = _nothing
    vars(os)["_exit"] = vars(os)["abort"] = _exit  # the process is to be asked for more
    sys.argv = ["program.py"]
    written: set[Any] = set()

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if (event == "open" and arguments[2] & WRITING) or event == "os.mkdir":
            written.add(arguments[0])
            if len(written) > FILES:
                raise PermissionError(f"a program may not write more than {FILES} files while it is checked")

    sys.addaudithook(hook)


def _nothing(*_: Any) -> None:
    pass


def _exit(*_: Any) -> NoReturn:
    raise SystemExit
