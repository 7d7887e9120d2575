"""docs/messages.md has all texts and the help of all commands, as they are now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools import messages

PAGE = Path(__file__).resolve().parents[1] / "docs/messages.md"


@pytest.mark.parametrize("part", [messages.commands, messages.texts, messages.texts_of_tables])
def test_the_page_says_what_the_code_says(part: Callable[[], Iterator[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    assert "\n".join(part()) in PAGE.read_text("utf-8"), "run make messages"
