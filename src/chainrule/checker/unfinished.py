"""Whether a function is a template that is not filled in yet."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef

# "# YOUR CODE STARTS HERE" and "# YOUR CODE ENDS HERE", "### START CODE HERE ###" and "### END CODE HERE ###"
_START = re.compile(r"([ \t]+)#(?=.*\bcode\b).*\b(?:starts?|begin)\b", re.IGNORECASE)
_END = re.compile(r"[ \t]+#(?=.*\bcode\b).*\bends?\b", re.IGNORECASE)


def parsed(text: str) -> ast.Module:
    r"""Return the tree of some code, in which `...` stands where a template's comments have nothing between them.

    >>> text = "def relu(Z):\n    # YOUR CODE STARTS HERE\n    # A =\n    # YOUR CODE ENDS HERE\n    return A"
    >>> ast.unparse(parsed(text).body[0].body)
    '...\nreturn A'
    """
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if (start := _START.match(line)) and _is_left_empty(lines, number):
            lines[number] = f"{start[1]}..."
    try:
        return ast.parse("\n".join(lines))
    except SyntaxError:  # they may stand where no code could
        return ast.parse(text)


def _is_left_empty(lines: list[str], number: int) -> bool:
    """Return whether there is no code below a line until the end is marked, nor where some write it: right above."""
    below = next((line for line in lines[number + 1 :] if _END.match(line) or _is_code(line)), "")
    above = next((line.rstrip() for line in reversed(lines[:number]) if line.strip()), "")
    return bool(_END.match(below)) and (not _is_code(above) or above.endswith(('"""', "'''", ":")))


def _is_code(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def unfinished(function: Function) -> int | None:
    r"""Return the line where code is still missing, or None if the function is written.

    What is missing is a body (`pass`, `...`, `raise NotImplementedError`, nothing but `return None`) or a value: a
    variable that is None when the function uses it, or that has yet to be written (`...`).

    >>> template = "def relu(Z):\n    A = None\n    return A"
    >>> unfinished(ast.parse(template).body[0])
    2
    """
    body = [statement for statement in function.body if not _says_nothing(statement)]
    if not body:
        return function.body[-1].lineno
    if len(body) == 1 and isinstance(body[0], ast.Return) and _is_empty(body[0].value):
        return body[0].lineno
    return min([*_gaps(function), *_put_off(function), *_open_ends(function)], default=None)


def _says_nothing(statement: ast.stmt) -> bool:
    """Return whether a statement is a docstring, `pass`, `...` or the template's own exception."""
    if isinstance(statement, ast.Raise):
        return "NotImplemented" in ast.unparse(statement)
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def _is_empty(value: ast.expr | None) -> bool:
    """Return whether a value is None, `...`, or a row of nothing else."""
    if isinstance(value, ast.Tuple):
        return all(map(_is_empty, value.elts))
    return value is None or (isinstance(value, ast.Constant) and value.value in (None, ...))


def _gaps(function: Function) -> Iterator[int]:
    """Yield the lines that wait for code."""
    assigned: dict[str, list[ast.expr]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Raise) and "NotImplementedError" in ast.unparse(node) and node in function.body:
            yield node.lineno
        if isinstance(node, ast.For | ast.While | ast.If) and _asks_nothing(node):
            yield node.lineno
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and node.value.value is ...:
            yield node.lineno
        for name, value in _assignments(node):
            assigned.setdefault(name, []).append(value)
    used = _used(function)
    for name, values in assigned.items():
        # An attribute that is None and not used is the book's way to say that another method will fill it.
        if all(map(_is_empty, values)) and (name in used or ("[" in name and not name.startswith("self."))):
            yield values[0].lineno


def _put_off(function: Function) -> Iterator[int]:
    """Yield the lines of the body in which a variable becomes None for good, although what follows uses it."""
    for position, statement in enumerate(function.body):
        for name, value in _assignments(statement):
            rest = function.body[position + 1 :]
            again = {name for later in rest for node in ast.walk(later) for name, _ in _assignments(node)}
            if _is_empty(value) and name not in again and any(name in _used(later) for later in rest):
                yield statement.lineno


def _open_ends(function: Function) -> Iterator[int]:
    """Yield the last line of a function that ends with `return None` or `pass`, where other ways return something.

    So it does if there is no other way, unless it changes something. Who only forgot the return says neither.
    """
    last, nodes = function.body[-1], list(ast.walk(function))
    if not (_says_nothing(last) or (isinstance(last, ast.Return) and last.value and _is_empty(last.value))):
        return
    returns = [node for node in nodes if isinstance(node, ast.Return) and not _is_empty(node.value)]
    changes = any(
        isinstance(node, ast.AugAssign | ast.Yield | ast.YieldFrom | ast.Global | ast.Raise | ast.Assert)
        or (isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant))
        or any(not _is_empty(value) and not name.isidentifier() for name, value in _assignments(node))
        for node in nodes
    )
    if returns or not changes:
        yield last.lineno


def _asks_nothing(node: ast.For | ast.While | ast.If) -> bool:
    asked = node.iter if isinstance(node, ast.For) else node.test
    if isinstance(asked, ast.Call) and asked.args:  # range(None)
        return isinstance(node, ast.For) and all(_is_empty(value) for value in asked.args)
    return _is_empty(asked)


def _used(node: ast.AST) -> set[str]:
    """Return what a piece of code reads, as it is written: "A", "self.mask", "grads['dW1']"."""
    return {ast.unparse(part) for part in ast.walk(node) if isinstance(getattr(part, "ctx", None), ast.Load)}


def _assignments(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield what a statement assigns to, as it is written, and the value."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            parts = target.elts if isinstance(target, ast.Tuple | ast.List) else [target]
            values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value] * len(parts)
            for part, value in zip(parts, values, strict=False):
                yield ast.unparse(part), value
    elif isinstance(node, ast.AugAssign | ast.AnnAssign | ast.NamedExpr) and node.value is not None:
        yield ast.unparse(node.target), node.value
    elif isinstance(node, ast.For | ast.comprehension):
        for name in ast.walk(node.target):
            if isinstance(name, ast.Name):
                yield name.id, node.iter
    elif isinstance(node, ast.withitem) and node.optional_vars is not None:
        yield ast.unparse(node.optional_vars), node.context_expr
