"""What the page says in the room of the lessons."""

from __future__ import annotations

WORDS: dict[str, str] = {}
