"""What the page says: train."""

from __future__ import annotations

from chainrule.common.texts import later

WORDS: dict[str, str] = {}
