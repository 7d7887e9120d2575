"""What rich draws, as text."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from chainrule.common.settings import whole


def rich_text(parts: Iterable[Any], *, color: bool = False, width: int = 100) -> str:
    """Return texts and tables of rich, one below another, as text without trailing spaces.

    Parameters
    ----------
    parts
        What rich can print; of a text that must not wrap, lines may be longer than `width`.
    color
        Whether the colors of a terminal are in the text.
    width
        Of a line, in characters.

    Raises
    ------
    InputError
        The width is no whole number of at least 1.
    """
    from rich.console import Console
    from rich.text import Text

    text = io.StringIO()
    console = Console(
        file=text,
        width=whole("text", "width", width, least=1),
        color_system="standard" if color else None,
        force_terminal=color,
        force_jupyter=False,  # else it shows its own empty blocks in a notebook, and writes nothing into `text`
        legacy_windows=False,
        markup=False,
        highlight=False,
        emoji=False,
    )
    for part in parts:
        console.print(part, soft_wrap=isinstance(part, Text) and part.no_wrap is True)
    return "\n".join(row.rstrip() for row in text.getvalue().splitlines())
