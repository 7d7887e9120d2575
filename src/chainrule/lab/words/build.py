"""What the page says: build."""

from __future__ import annotations

from chainrule.common.texts import later

WORDS: dict[str, str] = {}
