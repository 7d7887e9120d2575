"""All that can be chosen on the page, with the rule of each setting, from the classes' own tables."""

from __future__ import annotations

from typing import Any


def choices() -> dict[str, Any]:
    """Return groups of layers, losses, optimizers, schedules, initializers and data sets, as plain data."""
    raise NotImplementedError
