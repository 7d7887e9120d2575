"""A program with stops, where somebody may look: before every pass of a loop, and where a function begins."""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass
from types import CodeType

from chainrule.checker import outside
from chainrule.checker.outside import Loop

BEGIN, PASS, CALL = "__before_a_loop__", "__before_a_pass__", "__called__"


@dataclass(frozen=True)
class Place:
    """A loop, the line it begins in, and the function that it stands in ("" at the top of the file)."""

    loop: Loop
    line: int
    function: str

    @property
    def name(self) -> str:
        """What the loop is called in a report: the function that it stands in, or "for epoch"."""
        return self.function or outside.of_loop(self.loop)


class WithStops(ast.NodeTransformer):
    """Puts `if __before_a_pass__(number, globals(), locals()): break` before each pass of every loop.

    Before the loop it puts `__before_a_loop__(number)`, and at the beginning of each function of the file
    `__called__("Class.method", locals())`.
    """

    def __init__(self) -> None:
        self.places: list[Place] = []
        self._inside: list[str] = []

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """Look at its methods."""
        self._inside.append(node.name)
        self.generic_visit(node)
        self._inside.pop()
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Put a stop at the beginning."""
        self._inside.append(node.name)
        self.generic_visit(node)
        node.body.insert(0, _stop(node, f"{CALL}({'.'.join(self._inside)!r}, locals())"))
        self._inside.pop()
        return node

    def _loop(self, node: Loop) -> list[ast.stmt]:
        number = len(self.places)
        self.places.append(Place(copy.deepcopy(node), node.lineno, ".".join(self._inside)))
        self.generic_visit(node)
        node.body.insert(0, _stop(node, f"if {PASS}({number}, globals(), locals()): break"))
        return [_stop(node, f"{BEGIN}({number})"), node]

    visit_For = visit_While = _loop  # noqa: N815 - the names that NodeTransformer calls


def _stop(node: ast.stmt, code: str) -> ast.stmt:
    """Return a statement that has the line of another one."""
    stop = ast.parse(code).body[0]
    for part in ast.walk(stop):
        ast.copy_location(part, node)
    return stop


def one_pass(loop: Loop, filename: str) -> CodeType | None:
    """Return the body of a loop as code that runs once, or None if it cannot run by itself."""
    if any(isinstance(node, ast.Yield | ast.YieldFrom | ast.Await | ast.Nonlocal) for node in ast.walk(loop)):
        return None
    body = [_WithoutReturns().visit(copy.deepcopy(statement)) for statement in loop.body]
    once = ast.For(ast.Name("_", ast.Store()), ast.Tuple([ast.Constant(0)], ast.Load()), body, [])
    tree = ast.Module([ast.copy_location(once, loop)], [])
    return compile(ast.fix_missing_locations(tree), filename, "exec", dont_inherit=True)


class _WithoutReturns(ast.NodeTransformer):
    """Ends the pass where the function would return; what it would return is not needed."""

    def visit_Return(self, node: ast.Return) -> ast.AST:
        return ast.copy_location(ast.Break(), node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        return node
