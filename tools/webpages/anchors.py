"""Anchors of pages that are also read as plain Markdown, as targets that Sphinx checks links against."""

from __future__ import annotations

import re
from typing import Any

_ANCHOR = re.compile(r'^( *(?:- )?)<a id="([^"]+)"></a>(.*)$', re.M)


def setup(app: Any) -> dict[str, Any]:
    """Read them so on every page."""
    app.connect("source-read", _as_targets)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _as_targets(_app: Any, _page: str, source: list[str]) -> None:
    source[0] = _ANCHOR.sub(lambda line: _target(*line.groups()), source[0])


def _target(before: str, name: str, behind: str) -> str:
    return f"{before}({name})=" + (f"\n{' ' * len(before)}{behind}" if behind else "")
