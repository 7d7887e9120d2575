"""Waiting for what a page comes to; the page's policy forbids to evaluate texts, as playwright's own waiting does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def eventually(check: Callable[[], Any], seconds: float = 20) -> Any:
    """Return what a check says as soon as that is true; it fails if it never is."""
    deadline = time.monotonic() + seconds
    while not (answer := check()):
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.05)
    return answer


def status(page: Any) -> dict[str, str]:
    """Return what the room of training says: epoch, step, scores."""
    pairs: dict[str, str] = page.evaluate(
        "() => Object.fromEntries([...document.querySelectorAll('.status div')]"
        ".map((each) => [...each.children].map((child) => child.textContent)))"
    )
    return pairs
