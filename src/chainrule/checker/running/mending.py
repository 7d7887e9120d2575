"""Code with statements that are no Python: those are taken out, so that the rest can be judged."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass

MOST = 5  # broken statements; in a file with more, something else is wrong
_BEGINS = re.compile(r"(?![#)\]}\s])(?!(else|elif|except|finally)\b)\S")
_NAMED = re.compile(r"\s*(async\s+def|def|class)\s+(\w+)")
_EARLIER = re.compile(r"after .* on line (\d+)")


@dataclass(frozen=True)
class Broken:
    """A statement that is no Python: the function or the class ("" for anything else), and what Python says of it."""

    name: str
    error: SyntaxError


def mended(
    text: str, error: SyntaxError, parsed: Callable[[str], ast.Module]
) -> tuple[str, ast.Module, list[Broken]] | None:
    """Return code without what is broken in it, with as many lines, its tree, and what was taken out.

    In the place of a function stands one that is not written yet. None if that does not help.

    Parameters
    ----------
    text
        The code.
    error
        What Python says of it.
    parsed
        Returns the tree of a text.
    """
    lines, broken = text.split("\n"), list[Broken]()
    while len(broken) < MOST and (name := _take_out(lines, error)) is not None:
        broken.append(Broken(name, error))
        try:
            return "\n".join(lines), parsed("\n".join(lines)), broken
        except SyntaxError as another:
            error = another
    return None


def _take_out(lines: list[str], error: SyntaxError) -> str | None:
    """Take the statement with an error out of some lines, and return its name; None if there is none there."""
    earlier = _EARLIER.search(error.msg)
    at = min(int(earlier[1]) if earlier else error.lineno or 0, len(lines)) - 1
    first, after = _around(lines, at, 0, len(lines), "")
    if at < 0 or not any(line.strip() for line in lines[first:after]):
        return None
    owner = ""
    heading = _heading(lines[first:after])
    if heading and heading[1] == "class":
        method = next((line for line in lines[first + 1 : after] if _NAMED.match(line)), "")
        indent = method[: len(method) - len(method.lstrip())]
        inner, end = _around(lines, at, first + 1, after, indent)
        if indent and (inside := _heading(lines[inner:end])):
            owner, heading, first, after = f"{heading[2]}.", inside, inner, end
    lines[first:after] = [""] * (after - first)
    if heading is None:
        return ""
    indent = heading[0][: len(heading[0]) - len(heading[0].lstrip())]
    if heading[1] != "class":
        lines[first] = f"{indent}def {heading[2]}(*_): raise NotImplementedError"
    return owner + heading[2]


def _heading(block: list[str]) -> re.Match[str] | None:
    """Return the line of a block that names what it defines, below its decorators."""
    line = next((line for line in block if line.strip() and not line.lstrip().startswith(("@", "#"))), "")
    return _NAMED.match(line)


def _around(lines: list[str], at: int, first: int, after: int, indent: str) -> tuple[int, int]:
    """Return where the statement of some indentation that a line belongs to begins, and where the next one does."""
    begins = [n for n in range(first, after) if lines[n].startswith(indent) and _BEGINS.match(lines[n][len(indent) :])]
    begins = [n for n in begins if n - 1 not in begins or not lines[n - 1][len(indent) :].startswith("@")]
    return max((n for n in begins if n <= at), default=first), min((n for n in begins if n > at), default=after)
