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
            before = _forward(methods, method, passed.keys() - {"self"})
            try:
                rerun = watcher.exercise("", f"{before}\n{call}", {"self": passed["self"], **values})
            except Raised:
                continue
            yield Loop(function, methods[method].lineno, rerun)


def _stepping(methods: Mapping[str, ast.FunctionDef]) -> Iterator[str]:
    """Yield the methods that move what an object keeps, by labels that they or the object know; the outermost alone.

    What takes a step again and again, as `fit` does, is none.
    """
    called = {method: lines.called(node) & methods.keys() - {method} for method, node in methods.items()}
    moving = {method for method, node in methods.items() if method != "__init__" and any(_movements(node))}
    moving = _with_callers(moving, called)
    repeating = _with_callers({method for method, node in methods.items() if _repeats(node, moving)}, called)
    inner = set[str]().union(*(called[method] for method in moving))
    for method in methods:
        takes = arguments.needed(methods[method])
        knows_labels = any(map(arguments.is_label, takes)) if takes else _forward(methods, method, ())
        if method in moving - inner - repeating and knows_labels:
            yield method


def _with_callers(chosen: set[str], called: Mapping[str, set[str]]) -> set[str]:
    """Return some methods with all that call them, directly or through others."""
    for _ in called:
        chosen = chosen | {method for method, others in called.items() if others & chosen}
    return chosen


def _repeats(method: ast.FunctionDef, moving: Collection[str]) -> bool:
    """Return whether a method moves the same things in every pass of a loop: not those of each layer in turn."""
    movements = [*_movements(method)]
    for loop in ast.walk(method):
        if isinstance(loop, ast.For | ast.While):
            counted = _words(loop.target) if isinstance(loop, ast.For) else set[str]()
            parts = [part for statement in loop.body for part in ast.walk(statement)]
            moved = [next(lines.targets(part)) for part in movements if part in parts]
            if any(not counted & _words(target) for target in moved):
                return True
            if any(lines.called(statement) & set(moving) for statement in loop.body):
                return True
    return False


def _words(node: ast.expr) -> set[str]:
    return set(re.findall(r"\w+", ast.unparse(node)))


def _movements(method: ast.FunctionDef) -> Iterator[ast.stmt]:
    """Yield the statements that add to something that an object keeps, under whatever name, or take from it."""
    kept = _aliases(method)
    for node in ast.walk(method):
        if isinstance(node, ast.stmt) and _moves(node, kept):
            yield node


def _aliases(method: ast.FunctionDef) -> set[str]:
    """Return the variables of loops that stand for what an object keeps: `for W, dW in ((self.W1, dW1), ...)`."""
    aliases = set[str]()
    for loop in ast.walk(method):
        if (
            isinstance(loop, ast.For)
            and isinstance(loop.target, ast.Tuple)
            and isinstance(loop.iter, ast.Tuple | ast.List)
        ):
            for parts in [parts.elts for parts in loop.iter.elts if isinstance(parts, ast.Tuple | ast.List)]:
                both = zip(loop.target.elts, parts, strict=False)
                aliases |= {ast.unparse(name) for name, part in both if _KEPT.fullmatch(ast.unparse(part))}
    return aliases


def _moves(node: ast.stmt, aliases: Collection[str]) -> bool:
    if isinstance(node, ast.AugAssign):
        target = ast.unparse(node.target)
        return isinstance(node.op, ast.Add | ast.Sub) and bool(_KEPT.match(target) or target in aliases)
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.BinOp):
        return False
    target = ast.unparse(node.targets[0])
    return bool(_KEPT.match(target)) and ast.unparse(node.value.left) == target


def _forward(methods: Mapping[str, ast.FunctionDef], step: str, passed: Collection[str]) -> str:
    """Return a call of the forward pass that a step of training needs before it; "" if that calls it, or there is none.

    It takes nothing but what the step gets, too.
    """
    for method, node in methods.items():
        takes = arguments.needed(node)
        if pairs.is_forward(method) and method not in lines.called(methods[step]) and set(takes) <= set(passed):
            return f"self.{method}({', '.join(f'{name}={name}_' for name in takes)})"
    return ""
