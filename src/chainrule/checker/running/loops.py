"""The loops of a program, each with a stop before every pass, where somebody may look or end the loop."""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass
from types import CodeType

Loop = ast.For | ast.While
STOP = "__before_a_pass__"


@dataclass(frozen=True)
class Place:
    """A loop, the line it begins in, and the function that it stands in ("" at the top of the file)."""

    loop: Loop
    line: int
    function: str


class WithStops(ast.NodeTransformer):
    """Puts `if __before_a_pass__(number, globals(), locals()): break` before each pass of every loop."""

    def __init__(self) -> None:
        self.places: list[Place] = []
        self._inside: list[str] = []

    def _definition(self, node: ast.FunctionDef | ast.ClassDef) -> ast.AST:
        self._inside.append(node.name)
        self.generic_visit(node)
        self._inside.pop()
        return node

    def _loop(self, node: Loop) -> ast.AST:
        number = len(self.places)
        self.places.append(Place(copy.deepcopy(node), node.lineno, ".".join(self._inside)))
        self.generic_visit(node)
        stop = ast.parse(f"if {STOP}({number}, globals(), locals()): break").body[0]
        for part in ast.walk(stop):
            ast.copy_location(part, node)
        node.body.insert(0, stop)
        return node

    visit_FunctionDef = visit_ClassDef = _definition  # noqa: N815 - the names that NodeTransformer calls
    visit_For = visit_While = _loop  # noqa: N815


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
