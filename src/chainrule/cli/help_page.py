"""The help of a command as a page of text, in the reader's language and as wide as the terminal."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from chainrule.common.texts import later, tr

EXAMPLE = "Example: "
"""How a paragraph begins whose rest is a command, which is the same in all languages."""
_WIDEST, _NARROWEST = 80, 40
_FIRST_COLUMN = 30  # at most: what is wider has its explanation in the next line
_HEADINGS = {
    "Arguments": later("Arguments:"),
    "Options": later("Options:"),
    "Commands": later("Commands:"),
}


def paragraphs(text: str) -> list[str]:
    r"""Return the paragraphs of a text, each in one line.

    >>> paragraphs("One,\n  two.\n\nThree.")
    ['One, two.', 'Three.']
    """
    blocks = re.split(r"\n\s*\n", text)
    return [" ".join(block.split()) for block in blocks if block.strip()]


class HelpPage:
    """What click writes the help of a command to: it tells each paragraph in the reader's language.

    It counts the columns of a terminal, of which a Korean letter takes two.
    """

    def __init__(self) -> None:
        columns = shutil.get_terminal_size().columns
        self.width = max(_NARROWEST, min(columns, _WIDEST))
        self._lines: list[str] = []
        self._indent = 0

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write how the command is called."""
        start = f"{tr('Usage:')} {prog} "
        indent = " " * min(_columns(start), 16)
        if _columns(start) + max(map(_columns, args.split()), default=0) > self.width:
            self._lines.append(start.rstrip())
            start = indent
        self._lines += _wrapped(args, start, indent, self.width)

    def write_paragraph(self) -> None:
        """Write the empty line between two blocks."""
        if self._lines:
            self._lines.append("")

    def write_text(self, text: str) -> None:
        """Write paragraphs."""
        indent = " " * self._indent
        for number, paragraph in enumerate(paragraphs(text)):
            self._lines += [""] if number else []
            if paragraph.startswith(EXAMPLE):  # one would copy it, so it stays in one line
                command = paragraph.removeprefix(EXAMPLE)
                self._lines.append(indent + tr("Example: {command}", command=command))
            else:
                self._lines += _wrapped(tr(paragraph), indent, indent, self.width)

    def write_dl(self, rows: Sequence[tuple[str, str]], col_max: int = _FIRST_COLUMN, col_spacing: int = 2) -> None:
        """Write options or commands, each with what it does.

        Behind the name of an argument, typer writes its type as Python calls it, which says nothing to most readers.
        """
        rows = [(re.sub(r"(?<=[A-Z]) <.+>$", "", name), text) for name, text in rows]
        column = (
            min(max(_columns(name) for name, _ in rows), min(col_max, self.width // 3)) + col_spacing + self._indent
        )
        for name, text in rows:
            start = f"{' ' * self._indent}{name}"
            if _columns(start) > column - col_spacing:
                self._lines.append(start)
                start = ""
            start += " " * (column - _columns(start))
            self._lines += _wrapped(_explained(text), start, " " * column, self.width)

    @contextmanager
    def section(self, name: str) -> Iterator[None]:
        """Write a heading and what belongs to it."""
        self.write_paragraph()
        self._lines.append(tr(_HEADINGS.get(name, name if name.endswith(":") else f"{name}:")))
        with self.indentation():
            yield

    @contextmanager
    def indentation(self) -> Iterator[None]:
        """Write a block that is indented."""
        self._indent += 2
        yield
        self._indent -= 2

    def getvalue(self) -> str:
        """Return the page."""
        return "\n".join(self._lines)


def _explained(text: str) -> str:
    """Return what an option does in the reader's language, with its default behind it."""
    explanation, _, extra = text.partition("  [")
    told = " ".join(tr(paragraph) for paragraph in paragraphs(explanation))
    if not extra:
        return told
    default = re.match(r"default: (.*?)(; |\]$)", extra)
    if default is not None and default[1].startswith("("):
        extra = extra.replace(default[1], f"({tr(default[1][1:-1])})", 1)
    return f"{told}  [{extra.replace('default:', tr('default:'), 1).replace('required', tr('required'), 1)}"


def _columns(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)


def _wrapped(text: str, start: str, indent: str, width: int) -> list[str]:
    from rich.console import Console
    from rich.text import Text

    first = Text(text).wrap(Console(width=width), max(width - _columns(start), 10))
    if len(first) <= 1 or _columns(start) == len(indent):
        parts = [part.plain.rstrip() for part in first]
    else:  # what comes after the first line has more room
        head = first[0].plain
        rest = Text(text[len(head) :].lstrip()).wrap(Console(width=width), width - len(indent))
        parts = [head.rstrip(), *(part.plain.rstrip() for part in rest)]
    return [(indent if number else start) + part for number, part in enumerate(parts)] or [start.rstrip()]


def page_of(command: Any, ctx: Any) -> str:
    """Return the help of a command or a group of them."""
    page: Any = HelpPage()
    command.format_help(ctx, page)
    return str(page.getvalue())
