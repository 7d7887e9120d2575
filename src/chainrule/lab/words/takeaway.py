"""What the page says in the room of the takeaway."""

from __future__ import annotations

WORDS: dict[str, str] = {}
