"""Methods that take one step of training, as passes of a loop: a network's class often stands without its loop."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from chainrule.checker.derivatives import arguments, lines, pairs
from chainrule.checker.derivatives.judgment import Watcher
from chainrule.checker.derivatives.training import Loop
from chainrule.checker.learner import Learner, Raised

_KEPT = re.compile(r"self\.\w+")


def loops(
    learner: Learner, watcher: Watcher, calls: Mapping[str, Mapping[str, Any]], settled: Collection[str]
) -> Iterator[Loop]:
    """Yield calls of the methods that are not settled and take a step, as if a loop's pass came to nothing else.

    They are called as the program was seen to call them.
    """
    for name in learner.classes:
        methods = {m.rpartition(".")[2]: node for m, node in learner.nodes.items() if m.startswith(f"{name}.")}
        for method in _stepping(methods):
            function = f"{name}.{method}"
            passed = calls.get(function, {})
            if function in settled or "self" not in passed or methods[method].args.vararg:
                continue
            values = {f"{key}_": value for key, value in passed.items() if key != "self"}
            call = f"self.{method}({', '.join(f'{key}={key}_' for key in passed if key != 'self')})"
            before = "" if values else _forward(methods)
            try:
                rerun = watcher.exercise("", f"{before}{call}", {"self": passed["self"], **values})
            except Raised:
                continue
            yield Loop(function, methods[method].lineno, rerun)


def _stepping(methods: Mapping[str, ast.FunctionDef]) -> Iterator[str]:
    """Yield the methods that move what an object keeps, by labels that they or the object know; the outermost alone."""
    moving = {method for method, node in methods.items() if method != "__init__" and any(map(_moves, ast.walk(node)))}
    called = {method: lines.called(node) & methods.keys() - {method} for method, node in methods.items()}
    for _ in methods:
        moving |= {method for method in methods if called[method] & moving}
    inner = set[str]().union(*(called[method] for method in moving))
    for method in methods:
        takes = arguments.needed(methods[method])
        if method in moving - inner and (not takes or any(map(arguments.is_label, takes))):
            yield method


def _moves(node: ast.AST) -> bool:
    """Return whether a statement adds to something that an object keeps, or takes from it."""
    if isinstance(node, ast.AugAssign):
        return isinstance(node.op, ast.Add | ast.Sub) and bool(_KEPT.match(ast.unparse(node.target)))
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.BinOp):
        return False
    target = ast.unparse(node.targets[0])
    return bool(_KEPT.match(target)) and ast.unparse(node.value.left) == target


def _forward(methods: Mapping[str, ast.FunctionDef]) -> str:
    """Return a call of the forward pass that takes nothing, or "" if there is none."""
    names = (method for method, node in methods.items() if pairs.is_forward(method) and not arguments.needed(node))
    return next((f"self.{method}()\n" for method in names), "")
