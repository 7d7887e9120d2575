"""What all commands keep: the files that they read are never the ones that they write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from typer.core import TyperCommand

from chainrule.common.errors import InputError

_WRITTEN = ("out", "html")
"""The options that name a file to write."""


class KeepsInputs(TyperCommand):
    """A command that refuses to write over a file that it was given to read."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command, unless a file to write is one of those to read."""
        given = {name: value for name, value in ctx.params.items() if isinstance(value, str | Path)}
        for option in _WRITTEN:
            if (written := given.pop(option, None)) is None:
                continue
            for read in given.values():
                if _same(Path(written), Path(read)):
                    raise InputError(
                        f"--{option} {written} would write over the file that the command reads: name another one."
                    )
        return super().invoke(ctx)


def _same(one: Path, other: Path) -> bool:
    try:
        return one.is_file() and one.samefile(other)
    except (OSError, ValueError):  # one of them is not there, or is no name of a file
        return False
