"""Writing matplotlib's figures to files."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from chainrule.common import atomic
from chainrule.common.errors import InputError


def write(figure: Any, path: Path) -> None:
    """Write a figure to a file, whose suffix decides the format; a folder that is missing is made.

    Raises
    ------
    InputError
        The suffix is not one that matplotlib can write; or as for `atomic.write`.
    UnwritableError
        As for `atomic.write`.
    """
    formats = figure.canvas.get_supported_filetypes()
    suffix = path.suffix.lower()[1:]
    if suffix not in formats:
        raise InputError(f"{path} cannot be drawn: its suffix must be one of .{', .'.join(sorted(formats))}.")
    content = io.BytesIO()
    figure.savefig(content, format=suffix, dpi=150)
    atomic.make_folder(path.parent)
    atomic.write(path, content.getvalue())
