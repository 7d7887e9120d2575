"""The help of `chainrule check` in the language that is asked for."""

from __future__ import annotations

import re
from typing import Any

from chainrule.checker.telling.texts import translated
from chainrule.cli.keeping import KeepsInputs
from chainrule.cli.usage import asked_language

_HEADINGS = ("Usage:", "Arguments:", "Options:", "[default:")
_COLUMNS = 48  # of typer, which counts a Korean letter as one column where a terminal needs two


class Translated(KeepsInputs):
    """A command whose help has an entry in the texts for each of its paragraphs and options."""

    lang = "en"

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Find out the language first: typer stops at --help, whatever comes after it."""
        self.lang = asked_language(args)
        if self.lang != "en":
            ctx.terminal_width = _COLUMNS
        return super().parse_args(ctx, args)

    def get_help(self, ctx: Any) -> str:
        """Return the help with all that it says in the language."""
        if self.lang == "en":
            return super().get_help(ctx)
        paragraphs = [" ".join(paragraph.split()) for paragraph in (self.help or "").split("\n\n")]
        self.help = "\n\n".join(translated(paragraph, self.lang) for paragraph in paragraphs)
        self.epilog = translated(self.epilog or "", self.lang)
        for option in self.get_params(ctx):
            if isinstance(text := getattr(option, "help", None), str):
                option.help = translated(text, self.lang)  # type: ignore[attr-defined]
        said = super().get_help(ctx)
        for heading in _HEADINGS:
            said = re.sub(rf"(?m)(?<!\S){re.escape(heading)}", translated(heading, self.lang), said)
        return said
