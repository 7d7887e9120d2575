"""The page itself: one HTML file, its language, and the policy by which a browser takes nothing from elsewhere."""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path
from string import Template

PAGE = Path(__file__).parent / "page"
_INLINE = re.compile(r'<script type="importmap">(.*?)</script>', re.DOTALL)


def page_in(lang: str) -> str:
    """Return the page with its language."""
    return Template(_text()).safe_substitute(lang=lang)


@cache
def policy() -> str:
    """Return the header Content-Security-Policy: all is from here, and the one script inside of the page is known."""
    known = " ".join(
        f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" for script in _INLINE.findall(_text())
    )
    return (
        f"default-src 'self'; script-src 'self' {known}; img-src 'self' blob: data:; object-src 'none'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


@cache
def _text() -> str:
    return (PAGE / "index.html").read_text("utf-8")
