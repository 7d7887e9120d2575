"""A softmax along two axes, seen in the code, whatever ran; and the names that nodes of code end with."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from typing import TypeGuard

from chainrule.checker.findings import Finding

NUMPY = {"np", "numpy"}


def two_axes(name: str, function: ast.AST) -> Iterator[Finding]:
    """Yield a softmax that subtracts the maxima along one axis and divides by the sums along the other one."""
    shifted: dict[str, int] = {}
    for node in sorted(ast.walk(function), key=lambda node: getattr(node, "lineno", 0)):
        if isinstance(node, ast.Assign) and (target := target_of(node)):
            shifted.pop(target, None)
            exponent = node.value.args[0] if _is_call(node.value, "exp") else None
            if isinstance(exponent, ast.BinOp) and isinstance(exponent.op, ast.Sub):
                axis = _axis(exponent.right, ("max", "amax"), ast.unparse(exponent.left))
                shifted |= {} if axis is None else {target: axis}
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and isinstance(node.left, ast.Name):
            axis = _axis(node.right, ("sum",), node.left.id)
            if axis is not None and axis + shifted.get(node.left.id, axis) == 1 and shifted:
                yield Finding("softmax.different-exponents", name, node.lineno)


def _is_call(node: ast.AST, name: str) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and last(node.func) == name and bool(node.args)


def _axis(node: ast.expr, names: Collection[str], of: str) -> int | None:
    """Return the number of the axis along which one of some functions of NumPy goes through an array; None if none."""
    if not isinstance(node, ast.Call) or last(node.func) not in names or not isinstance(node.func, ast.Attribute):
        return None
    arguments = [*node.args] if ast.unparse(node.func.value) in NUMPY else [node.func.value, *node.args]
    axes = [*arguments[1:2], *(keyword.value for keyword in node.keywords if keyword.arg == "axis")]
    if not arguments or ast.unparse(arguments[0]) != of or len(axes) != 1:
        return None
    return axes[0].value if isinstance(axes[0], ast.Constant) and type(axes[0].value) is int else None


def last(node: ast.expr) -> str:
    """Return the name that a name or an attribute ends with, or no letters."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def target_of(statement: ast.stmt) -> str | None:
    """Return the one name that a statement assigns to, or None."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1 and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id
    return None
