"""What code outside of functions is called in a report."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

Loop = ast.For | ast.While
MODULE = "<module>"  # as Python's tracebacks call it
LONGEST = 40  # characters of a name


def of_loop(loop: Loop) -> str:
    """Return what a loop is called.

    >>> of_loop(ast.parse("for i, (x, y) in batches: pass").body[0])
    'for i, x, y'
    """
    if isinstance(loop, ast.While):
        return "while"
    names = [node.id for node in ast.walk(loop.target) if isinstance(node, ast.Name)]
    return f"for {', '.join(names)}"[:LONGEST]


def of_line(tree: ast.Module, line: int) -> str:
    """Return what the code outside of functions is called that a line is in: the outermost loop, or all of it."""
    around = (s for s in statements(tree.body) if isinstance(s, Loop) and s.lineno <= line <= (s.end_lineno or 0))
    return next(map(of_loop, around), MODULE)


def statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements outside of functions, classes and loops, and those in choices."""
    for statement in body:
        if isinstance(statement, ast.If | ast.Try | ast.With):
            yield from statements(
                inner for field in ("body", "orelse", "finalbody") for inner in getattr(statement, field, [])
            )
        elif not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield statement
