"""Whether a function is a template that is not filled in yet."""

from __future__ import annotations

import ast
from collections.abc import Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef


def unfinished(function: Function) -> int | None:
    r"""Return the line where code is still missing, or None if the function is written.

    What is missing is a body (`pass`, `...`, `raise NotImplementedError`, nothing but `return None`) or a value: a
    variable that is None and never anything else, although the function uses it.

    >>> template = "def relu(Z):\n    A = None\n    return A"
    >>> unfinished(ast.parse(template).body[0])
    2
    """
    body = [statement for statement in function.body if not _says_nothing(statement)]
    if not body:
        return function.body[-1].lineno
    if len(body) == 1 and isinstance(body[0], ast.Return) and _is_empty(body[0].value):
        return body[0].lineno
    return min((line for line in _gaps(function)), default=None)


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
        for name, value in _assignments(node):
            assigned.setdefault(name, []).append(value)
    used = {ast.unparse(node) for node in ast.walk(function) if isinstance(getattr(node, "ctx", None), ast.Load)}
    for name, values in assigned.items():
        # An attribute that starts as None is the book's way to say that forward will fill it.
        if all(map(_is_empty, values)) and (name in used or "[" in name) and "self." not in name:
            yield values[0].lineno


def _asks_nothing(node: ast.For | ast.While | ast.If) -> bool:
    asked = node.iter if isinstance(node, ast.For) else node.test
    if isinstance(asked, ast.Call) and asked.args:  # range(None)
        return isinstance(node, ast.For) and all(_is_empty(value) for value in asked.args)
    return _is_empty(asked)


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
