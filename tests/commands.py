"""The commands of `chainrule`, as the app itself has them: tests that go through all of them take them from here."""

from __future__ import annotations

from typing import Any

import typer.main

from chainrule.cli import app

COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
"""Every command by its name."""
PLOTS: dict[str, Any] = COMMANDS["plot"].commands
"""Every kind of picture that `chainrule plot` draws, by its name."""
