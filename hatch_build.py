"""Compiles the catalogues of texts when the package is built or installed, and puts the book's chapters into it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CatalogueHook(BuildHookInterface):  # type: ignore[type-arg]
    """Writes a .mo file beside each .po file, and adds the chapters, whose figures `chainrule figures` draws."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile before the files are collected."""
        for path in Path(self.root, "src/chainrule/locale").rglob("*.po"):
            with path.open("rb") as source, path.with_suffix(".mo").open("wb") as compiled:
                write_mo(compiled, read_po(source))
        if self.target_name == "wheel" and version != "editable":  # which finds them where they are written
            build_data["force_include"][str(Path(self.root, "docs/book"))] = "chainrule/chapters"
