"""The line of a learner's file in which a number gets its value, and what a step's code needs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import Any, TypeGuard

from chainrule.checker.watching.paths import Path, text

Block = Sequence[ast.stmt]


def body_of(whole: ast.Module, line: int) -> Block:
    """Return the statements of the loop or the method that begins in a line."""
    blocks = (node for node in ast.walk(whole) if isinstance(node, ast.For | ast.While | ast.FunctionDef))
    return next((block.body for block in blocks if block.lineno == line), [])


def split(path: Path) -> tuple[str, str]:
    """Return the function that a path belongs to, "" for the step's own code, and what is left: `dW`, `grads['W']`.

    Nothing is left of what a function returns.
    """
    function, inside, variable = str(path[0].value).partition("()")
    if not inside:
        return "", text(path)
    return function, text((path[0]._replace(value=variable.removeprefix(".")), *path[1:]))


def assigned(block: Block, written: str) -> ast.stmt | None:
    """Return the last statement that gives a value to what is written so, or to a part of it under a computed key.

    A value that only gets another name, or is put into a dict, is followed to where it comes from. Of a value that a
    function returns, only what follows the call is written: `['dW']`, `.dW`, or nothing.
    """
    statements = list(_statements(block))
    if not written or written.startswith(("[", ".")):
        giving = [statement for statement in statements if isinstance(statement, ast.Return)][-1:]
        return _source(statements, giving[0], written) if giving else None
    for name in (written, _base(written)):
        fitting = [s for s in statements if any(_fits(target, name, written) for target in targets(s))]
        if fitting:
            is_whole = any(ast.unparse(target) == name for target in targets(fitting[-1]))
            return _source(statements, fitting[-1], written.removeprefix(name) if is_whole else "")
    parts = [s for s in statements if any(_base(ast.unparse(t)) == written for t in targets(s))]
    return parts[-1] if parts else None  # such as the row of a matrix


def _source(statements: Sequence[ast.stmt], statement: ast.stmt, rest: str) -> ast.stmt:
    """Return the statement in which a value that another one hands on, or the part of it at `rest`, comes to be."""
    value = getattr(statement, "value", None)
    if isinstance(value, ast.Dict):
        keys = [f"[{ast.unparse(key)}]" if key else "" for key in value.keys]
        value, rest = (value.values[keys.index(rest)], "") if rest in keys else (None, "")
    elif isinstance(value, ast.Tuple) and (number := re.match(r"\[(\d+)\]", rest)) and int(number[1]) < len(value.elts):
        value, rest = value.elts[int(number[1])], rest[number.end() :]
    elif isinstance(value, ast.Call) and (kept := [k.value for k in value.keywords if f".{k.arg}" == rest]):
        value, rest = kept[0], ""  # an object that keeps what it is made of
    if isinstance(statement, ast.AugAssign) or not _is_a_name(value):
        return statement
    before = [s for s in statements if s.lineno < statement.lineno]
    return assigned(before, ast.unparse(value) + rest) or statement


def _is_a_name(value: Any) -> TypeGuard[ast.expr]:
    """Return whether a value is another one as it is: `dZ`, `self.dZ` or `grads["dZ"]`."""
    is_key = (
        isinstance(value, ast.Subscript)
        and isinstance(value.slice, ast.Constant)
        and isinstance(value.slice.value, str)
    )
    return isinstance(value, ast.Name | ast.Attribute) or is_key


def _statements(block: Block) -> Iterator[ast.stmt]:
    """Yield the simple statements of a block in their order, those of inner blocks as well."""
    for statement in block:
        inner = [getattr(statement, name, []) for name in ("body", "orelse", "finalbody")]
        if not any(inner):
            yield statement
        elif not isinstance(statement, ast.FunctionDef | ast.ClassDef):
            yield from (deeper for inside in inner for deeper in _statements(inside))


def targets(statement: ast.stmt) -> Iterator[ast.expr]:
    """Yield what a statement gives a value to."""
    if isinstance(statement, ast.Assign):
        for target in statement.targets:
            yield from target.elts if isinstance(target, ast.Tuple | ast.List) else [target]
    elif isinstance(statement, ast.AugAssign | ast.AnnAssign):
        yield statement.target
    elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        function = statement.value.func
        if isinstance(function, ast.Attribute) and function.attr in ("append", "insert"):
            yield function.value


def _fits(target: ast.expr, name: str, written: str) -> bool:
    if ast.unparse(target) == name:
        return True
    is_computed = isinstance(target, ast.Subscript) and not isinstance(target.slice, ast.Constant)
    return is_computed and name != written and _base(ast.unparse(target)) == name


def _base(written: str) -> str:
    return written.partition("[")[0]


def states(block: Block) -> set[str]:
    """Return what a block reads and then gives values that do not add to its own: no parameters, but states."""
    statements = list(_statements(block))
    given = {ast.unparse(target) for statement in statements for target in targets(statement)}
    return {written for written in given if _is_made_anew(statements, written)}


def _is_made_anew(statements: Sequence[ast.stmt], written: str) -> bool:
    naming = [s for s in statements if any(ast.unparse(node) == written for node in ast.walk(s))]
    giving = [s for s in naming if any(ast.unparse(target) == written for target in targets(s))]
    return giving[0] is not naming[0] and not any(_adds(statement, written) for statement in giving)


def _adds(statement: ast.stmt, written: str) -> bool:
    """Return whether a statement adds to a value, or calls something with it that may."""
    if isinstance(statement, ast.AugAssign):
        return True
    value = getattr(statement, "value", None)
    parts = [value] if value else []
    while parts:
        part = parts.pop()
        if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Add | ast.Sub | ast.Mult):
            parts += [part.left, part.right]
        elif ast.unparse(part) == written or (isinstance(part, ast.Call) and not _is_of_numpy(part)):
            return True
    return False


def _is_of_numpy(call: ast.Call) -> bool:
    return ast.unparse(call.func).startswith(("np.", "numpy."))


def changed_before(block: Block, line: int, names: Sequence[str]) -> tuple[str, int] | None:
    """Return which of some names a statement reads that got another value before, in the same pass, and where."""
    statements = list(_statements(block))
    reading = next((s for s in statements if s.lineno == line), None)
    if reading is None:
        return None
    read = {ast.unparse(node) for node in ast.walk(reading) if isinstance(getattr(node, "ctx", None), ast.Load)}
    before = [s for s in statements if s.lineno < line]
    changed = ((name, s.lineno) for name in names if name in read for s in before if _changes(s, name))
    return next(changed, None)


def is_changed(block: Block, line: int, written: str) -> bool:
    """Return whether a value gets another one before a line, in the same pass."""
    return any(_changes(statement, written) for statement in _statements(block) if statement.lineno < line)


def _changes(statement: ast.stmt, written: str) -> bool:
    return any(ast.unparse(target) == written for target in targets(statement)) and _adds(statement, written)


def needed(block: Block, written: Sequence[str]) -> set[str]:
    """Return the names of the functions and methods that are called for some values, in one pass of a block."""
    statements, calls = list(_statements(block)), set[str]()
    names = {_base(name).partition(".")[0] for name in written}
    if not any(isinstance(node, ast.Name) and node.id in names for s in statements for node in ast.walk(s)):
        names = _from_outside(statements)  # they have other names here: self, or those of parameters
    waiting = True
    while waiting:
        waiting = False
        for statement in list(statements):
            given = {_root(target) for target in targets(statement)}
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
                given = _may_change(statement.value)
            if given & names:
                statements.remove(statement)
                names |= {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
                calls |= called(statement)
                waiting = True
    return calls


def _from_outside(statements: Sequence[ast.stmt]) -> set[str]:
    """Return the names that statements read before they give them a value."""
    outside, given = set[str](), set[str]()
    for statement in statements:
        outside |= {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)} - given
        given |= {target.id for target in targets(statement) if isinstance(target, ast.Name)} - outside
    return outside


def common_source(block: Block, giving: Sequence[ast.stmt]) -> ast.stmt | None:
    """Return the last statement that gives a value to something that all of some statements read."""
    read = [{n.id for n in ast.walk(s) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)} for s in giving]
    names = set.intersection(*read)
    statements = [s for s in _statements(block) if s not in giving]
    fitting = [s for s in statements if any(isinstance(t, ast.Name) and t.id in names for t in targets(s))]
    return max(fitting, key=lambda statement: statement.lineno, default=None)


def called(node: ast.AST) -> set[str]:
    """Return the names of the functions and methods that some code calls."""
    calls = (part for part in ast.walk(node) if isinstance(part, ast.Call))
    return {ast.unparse(call.func).rpartition(".")[2] for call in calls}


def _may_change(call: ast.Call) -> set[str]:
    """Return the names of what a call may change: the object, and the arguments."""
    arguments = [argument for argument in call.args if isinstance(argument, ast.Name | ast.Attribute | ast.Subscript)]
    return set() if ast.unparse(call.func) == "print" else {_root(part) for part in (call.func, *arguments)}


def _root(expression: ast.expr) -> str:
    return ast.unparse(expression).partition("[")[0].partition(".")[0].partition("(")[0]
