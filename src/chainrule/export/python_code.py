"""Lines of Python, laid out as formatters lay them out."""

from __future__ import annotations

import json
import re
import textwrap
from dataclasses import dataclass

WIDTH = 88
"""The longest line, which is that of Black and Ruff."""
_NO_BREAK = "\0"


@dataclass(frozen=True)
class Bracket:
    """A call or a list: what stands before its items, the items, and what stands behind them."""

    before: str
    items: tuple[str | Bracket, ...]
    after: str = ")"

    def __str__(self) -> str:
        return f"{self.before}{', '.join(map(str, self.items))}{self.after}"

    def lines(self, indent: int, end: str = "") -> list[str]:
        r"""Return it in one line if that fits, else the items below, in one line or in one line each.

        >>> print("\n".join(Bracket("function(", ("a" * 38, "b" * 38)).lines(4)))
            function(
                aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
            )
        """
        outer, inner = " " * indent, " " * (indent + 4)
        if len(whole := f"{outer}{self}{end}") <= WIDTH:
            return [whole]
        below = [f"{inner}{', '.join(map(str, self.items))}"]
        if len(below[0]) > WIDTH:
            below = []
            for item in self.items:
                below += item.lines(indent + 4, ",") if isinstance(item, Bracket) else [f"{inner}{item},"]
        return [f"{outer}{self.before}", *below, f"{outer}{self.after}{end}"]


def quoted(text: str) -> str:
    """Return a text as a literal, in double quotes unless it holds some.

    >>> print(quoted("Ulm"), quoted('the "new" one'))
    "Ulm" 'the "new" one'
    """
    return repr(text) if '"' in text and "'" not in text else json.dumps(text, ensure_ascii=False)


def list_of(texts: tuple[str, ...], before: str = "[") -> Bracket:
    """Return a list of texts, behind what ends with its bracket."""
    return Bracket(before, tuple(map(quoted, texts)), "]")


def comment(text: str, indent: int = 4) -> list[str]:
    """Return a text as lines of a comment, in which a shape such as (n, 28, 28) stays in one line.

    >>> comment("From (n, 4) to (n, 2).", indent=0)
    ['# From (n, 4) to (n, 2).']
    """
    start = " " * indent + "# "
    whole = re.sub(r"\([^()]*\)", lambda shape: shape[0].replace(" ", _NO_BREAK), text)
    lines = textwrap.wrap(whole, WIDTH, initial_indent=start, subsequent_indent=start, break_on_hyphens=False)
    return [line.replace(_NO_BREAK, " ") for line in lines]
