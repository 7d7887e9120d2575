"""What of a learner's file is executed: the definitions and what they need, nothing that computes."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator

from chainrule.checker.running.imports import is_real
from chainrule.checker.running.source import imported

CHEAP_CALLS = {"len", "range", "int", "float", "bool", "str", "list", "tuple", "dict", "set", "min", "max", "sum"}
CHEAP_CALLS |= {"abs", "round", "sorted", "zip", "enumerate", "frozenset", "slice", "complex", "object"}
HARMFUL = ("load", "save", "open", "file", "read", "write", "show", "test", "system", "sleep", "exit", "input")
CHEAP_MODULES = {"numpy", "math", "collections", "functools", "itertools", "operator", "typing", "types", "enum"}
CHEAP_MODULES |= {"dataclasses", "random", "fractions", "decimal", "string", "re"}
CHEAP = (
    *(ast.Constant, ast.Name, ast.Tuple, ast.List, ast.Set, ast.Dict, ast.UnaryOp, ast.BinOp, ast.Compare),
    *(ast.BoolOp, ast.IfExp, ast.Subscript, ast.Slice, ast.Attribute, ast.Lambda, ast.JoinedStr, ast.FormattedValue),
    *(ast.Starred, ast.Call, ast.keyword, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
    *(ast.comprehension, ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.arguments, ast.arg),
)
Assignment = ast.Assign | ast.AnnAssign | ast.AugAssign
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def definitions(tree: ast.Module) -> ast.Module:
    """Return the imports, functions and classes of a file, other names of these, and the cheap assignments they use.

    Functions written as `name = lambda ...` become ordinary ones, and assertions in functions are dropped: they are
    about the course's own test cases. What trains, prints, plots or loads data is dropped.
    """
    statements = [_as_function(statement) for statement in _flat(tree.body)]
    modules = {name for s in statements if isinstance(s, ast.Import | ast.ImportFrom) for name in _bound(s)}
    cheap = {
        name for s in statements if isinstance(s, ast.Import | ast.ImportFrom) for name in _bound(s, CHEAP_MODULES)
    }
    owned = {s.name for s in statements if isinstance(s, Definition)}
    kept = {i for i, s in enumerate(statements) if not isinstance(s, Assignment) or _is_another_name(s, owned)}
    needed = {name for i in kept for name in _used(statements[i])}
    waiting = True
    while waiting:
        waiting = False
        for i, statement in enumerate(statements):
            if i in kept or not isinstance(statement, Assignment) or not _is_cheap(statement, cheap, owned):
                continue
            if all(name in needed and not (part and name in modules) for name, part in _targets(statement)):
                kept.add(i)
                needed |= _used(statement)
                waiting = True
    body = [_without_asserts(statements[i]) for i in sorted(kept)]
    return ast.fix_missing_locations(ast.Module(body, []))


def _is_another_name(statement: Assignment, owned: set[str]) -> bool:
    """Return whether a statement gives another name to a function, under which other files may import it."""
    names = statement.targets if isinstance(statement, ast.Assign) else []
    is_plain = all(isinstance(name, ast.Name) for name in names)
    return is_plain and bool(names) and isinstance(statement.value, ast.Name) and statement.value.id in owned


def last(tree: ast.Module) -> ast.Module:
    """Return the definitions and other statements without those that a later one of the same name replaces."""
    return ast.Module([*{getattr(s, "name", i): s for i, s in enumerate(tree.body)}.values()], [])  # as in notebooks


def _flat(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield definitions, imports and assignments, also those under an `if` or a `try`."""
    for statement in body:
        if isinstance(statement, ast.If):
            if not any(isinstance(n, ast.Name) and n.id == "__name__" for n in ast.walk(statement.test)):
                yield from _flat(statement.body)
                yield from _flat(statement.orelse)
        elif isinstance(statement, ast.Try):
            if all(is_real(name) for part in statement.body for name in imported(part)) or not statement.handlers:
                yield from _flat(statement.body)
            else:  # what they do if something is not installed
                yield from _flat([s for handler in statement.handlers for s in handler.body] or statement.body)
            yield from _flat(statement.orelse)
        elif isinstance(statement, Definition | Assignment | ast.Import | ast.ImportFrom):
            yield statement


def _as_function(statement: ast.stmt) -> ast.stmt:
    if (isinstance(statement, ast.Assign) and len(statement.targets) == 1) or isinstance(statement, ast.AnnAssign):
        target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
        value = statement.value
        if isinstance(target, ast.Name) and isinstance(value, ast.Lambda):
            body: list[ast.stmt] = [ast.copy_location(ast.Return(value.body), value)]
            function = ast.FunctionDef(target.id, value.args, body, [], None, None)
            function.type_params = []  # type: ignore[attr-defined]
            return ast.copy_location(function, statement)
    return statement


def _bound(statement: ast.Import | ast.ImportFrom, only: set[str] | None = None) -> Iterator[str]:
    """Yield the names that an import binds; with `only`, those of some modules."""
    for alias in statement.names:
        module = statement.module or "." if isinstance(statement, ast.ImportFrom) else alias.name
        if only is None or module.partition(".")[0] in only:
            yield alias.asname or alias.name.partition(".")[0]


def _used(statement: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}


def _targets(statement: Assignment) -> Iterator[tuple[str, bool]]:
    """Yield the names that are assigned to, and whether only a part such as `x[0]` or `x.y` is."""
    waiting: list[ast.expr] = list(statement.targets) if isinstance(statement, ast.Assign) else [statement.target]
    while waiting:
        target = waiting.pop()
        if isinstance(target, ast.Tuple | ast.List):
            waiting += target.elts
            continue
        root, part = target, not isinstance(target, ast.Name)
        while isinstance(root, ast.Subscript | ast.Attribute | ast.Starred):
            root = root.value
        yield (root.id if isinstance(root, ast.Name) else "", part)


def _is_cheap(statement: Assignment, modules: set[str], owned: set[str]) -> bool:
    """Return whether an assignment only writes down values: no calls but of NumPy and the like, and no files."""
    if statement.value is None:
        return False
    inside = {id(n) for node in ast.walk(statement.value) if isinstance(node, ast.Lambda) for n in ast.walk(node.body)}
    for node in ast.walk(statement.value):
        if id(node) in inside:  # not executed now
            continue
        if not isinstance(node, CHEAP):
            return False
        if isinstance(node, ast.Call):
            path = ast.unparse(node.func)
            root = path.partition(".")[0].partition("(")[0]
            known = root in modules or (path in CHEAP_CALLS and path not in owned)
            known = known or (isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Constant))
            if not known or any(word in path.lower() for word in HARMFUL):
                return False
    return True


def _without_asserts(statement: ast.stmt) -> ast.stmt:
    if not any(isinstance(node, ast.Assert) for node in ast.walk(statement)):
        return statement  # copying takes ten times as long as looking
    without: ast.stmt = _WithoutAsserts().visit(copy.deepcopy(statement))
    return without


class _WithoutAsserts(ast.NodeTransformer):
    def visit_Assert(self, node: ast.Assert) -> None:
        return None

    def generic_visit(self, node: ast.AST) -> ast.AST:
        full = [name for name, value in ast.iter_fields(node) if isinstance(value, list) and value]
        super().generic_visit(node)
        for name in full:
            if not getattr(node, name):
                setattr(node, name, [ast.Pass(lineno=getattr(node, "lineno", 1), col_offset=0)])
        return node
