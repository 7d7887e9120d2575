"""What a function or a whole program stops with, told at its own line."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Collection

from chainrule.checker import outside
from chainrule.checker.findings import Finding
from chainrule.checker.learner import ONLY_NUMPY_1, Learner, Raised

_KINDS = ("NameError", "UnboundLocalError", "ValueError", "TypeError", "IndexError", "KeyError", "AttributeError")
# Other versions of Python and NumPy, what stands for plots, and the walls around a check; none of these is a mistake.
_NOT_ITS_OWN = re.compile(
    r".*(is not allowed while a file is checked|cannot be interpreted as an integer|to unpack|no attribute '__|"
    r"(module|type object) '[\w.]+' has no attribute|'(dict|str|list)' object has no attribute).*",
    re.DOTALL,
)
_NOT_A_NAME = {"xrange", "unicode", "raw_input", "long", "reduce", "basestring", "display", "get_ipython", "In", "Out"}
_FROM_OUTSIDE = re.compile(r"argv|environ|input\(|open\(|getenv")
SHOWN = 2  # lines of a call that only shows what a function does: the call, and where it stops
_OURS = {*sys.stdlib_module_names, "numpy"}


def stopped(learner: Learner, function: str, raised: Raised) -> Finding:
    """Return what a function stops with, at its own line: where it stops, or calls what stops."""
    facts = {"kind": raised.kind, "text": raised.text}
    within = learner.owner(raised.line)
    if raised.line is not None and within not in (None, function):
        own = [line for line in raised.calls if learner.owner(line) == function]
        facts |= {"name": str(within), "pattern": "stops-within"}
        return Finding("raised", function, own[-1] if own else learner.line(function), facts)
    return Finding("raised", function, raised.line or learner.line(function), facts)


def of_program(learner: Learner, raised: Raised, right: Collection[str]) -> Finding | None:
    """Return what the whole program stops with, at the innermost of its lines that is in no function known to be right.

    None if that may have another reason than the learner's code: something that is not here, or another version; or if
    it may be meant, as where a cell of a notebook shows what a function does not take: in no loop and no deeper call.
    """
    if raised.kind not in _KINDS or raised.line is None or ONLY_NUMPY_1 in raised.text or not raised.inside:
        return None
    lines = [raised.line, *reversed(raised.calls)]
    statements = [_statement(learner.whole, line) for line in lines]
    if _NOT_ITS_OWN.fullmatch(raised.text) or any(_is_foreign(learner, statement) for statement in statements):
        return None
    name = re.search(r"name '(\w+)' is not defined", raised.text)
    if name and (name[1] in _NOT_A_NAME or name[1] in _given(learner.whole)):
        return None
    owners = [learner.owner(line) or outside.of_line(learner.whole, line) for line in lines]
    in_loops = [node for node in ast.walk(learner.whole) if isinstance(node, outside.Loop)]
    is_repeated = any(loop.lineno < line <= (loop.end_lineno or 0) for loop in in_loops for line in lines)
    blamed = [at for at in zip(owners, lines, strict=True) if at[0] not in (*right, outside.MODULE)]
    if not blamed or not (is_repeated or len(lines) > SHOWN):
        return None
    function, line = blamed[0]
    return Finding("program-stops", function, line, {"kind": raised.kind, "text": raised.text})


def _statement(whole: ast.Module, line: int) -> ast.stmt | None:
    """Return the innermost statement that a line is in."""
    around = [n for n in ast.walk(whole) if isinstance(n, ast.stmt) and n.lineno <= line <= (n.end_lineno or 0)]
    return max(around, key=lambda statement: statement.lineno, default=None)


def _is_foreign(learner: Learner, statement: ast.stmt | None) -> bool:
    """Return whether a statement uses something that is not here, or that the command line or a file says."""
    if statement is None or _FROM_OUTSIDE.search(ast.unparse(statement)):
        return True
    imports = [node for node in ast.walk(learner.whole) if isinstance(node, ast.Import | ast.ImportFrom)]
    foreign = {
        alias.asname or alias.name.partition(".")[0]
        for node in imports
        for alias in node.names
        if (getattr(node, "module", None) or alias.name).partition(".")[0] not in _OURS
    }
    used = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
    return bool(used & foreign) or any(map(learner.stands_in, used))


def _given(whole: ast.Module) -> set[str]:
    """Return the names that code outside of functions gives values to: cells may have run in another order."""
    nodes = [node for statement in outside.statements(whole.body) for node in ast.walk(statement)]
    return {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
