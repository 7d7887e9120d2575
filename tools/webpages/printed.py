"""What cells print comes in pieces, and myst-nb ends a line after each: here they are put together before."""

from __future__ import annotations

from typing import Any


def setup(_app: Any) -> dict[str, Any]:
    """Put the pieces of each cell together before myst-nb looks at them."""
    from myst_nb.core import render

    of_pieces = render.coalesce_streams
    render.coalesce_streams = lambda outputs: of_pieces(whole(outputs))
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
