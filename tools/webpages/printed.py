"""What cells print comes in pieces, and myst-nb ends a line after each: here they are put together before.

A picture with letters that its font does not have ends the build: of that, only what is printed tells.
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.util import logging

_NO_LETTERS = re.compile(r"findfont: .*|.*Glyph \d+ .*missing from.*")
_log = logging.getLogger(__name__)


def setup(_app: Any) -> dict[str, Any]:
    """Put the pieces of each cell together before myst-nb looks at them."""
    from myst_nb.core import render

    of_pieces = render.coalesce_streams
    render.coalesce_streams = lambda outputs: of_pieces(legible(whole(outputs)))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def whole(outputs: list[Any]) -> list[Any]:
    """Return a cell's outputs, those of one stream that follow each other as one."""
    together: list[Any] = []
    for output in outputs:
        last = together[-1] if together else {}
        if output["output_type"] == last.get("output_type") == "stream" and output["name"] == last["name"]:
            last["text"] += output["text"]
        else:
            together.append(output)
    return together


def legible(outputs: list[Any]) -> list[Any]:
    """Return a cell's outputs; warn, which ends the build, if matplotlib had no font for what they show."""
    for output in outputs:
        if said := _NO_LETTERS.search(output.get("text", "")):
            _log.warning("a picture lacks letters: %s", said[0])
    return outputs
