"""What one function hands over to the next: the parts of its result in their order, and what a layer keeps."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from chainrule.checker.findings import Finding
from chainrule.checker.learner import Learner

_BY_NAME = ("setattr", "getattr", "hasattr", "__dict__", "vars(")
"""What gives attributes that no line names, or asks whether there is one."""
_CACHE = re.compile(r".*(cache|memory)|Z\w*", re.IGNORECASE)


def _taken_apart(learner: Learner, function: str) -> Iterator[tuple[str, list[str]]]:
    """Yield who takes the result of a function apart, and as what: ("L_model_forward", ["A", "cache"])."""
    for caller, definition in learner.nodes.items():
        for node in ast.walk(definition):
            if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
                continue
            target = node.targets[0]
            if getattr(node.value.func, "id", "") == function and isinstance(target, ast.Tuple):
                yield caller, [ast.unparse(part) for part in target.elts]


def without_cache(learner: Learner, function: str, result: Any) -> list[Finding]:
    """Return a finding if a forward function returns one thing, where the file takes two of it."""
    taken = list(_taken_apart(learner, function))
    takers = [caller for caller, parts in taken if len(parts) == 2 and _CACHE.fullmatch(parts[1])]
    if isinstance(result, tuple | list) or not takers:
        return []
    return [Finding("forward.no-cache", function, learner.line(function), {"name": takers[0]})]


def is_cache_ignored(learner: Learner, function: str) -> bool:
    """Return whether what a function keeps is put aside where the file calls it, as in `A, _ = relu(Z)`."""
    return any(parts[-1].startswith("_") for _, parts in _taken_apart(learner, function))


def in_another_order(learner: Learner, function: str, patterns: Mapping[str, str]) -> list[Finding]:
    """Return a finding if a function returns its parts in an order of its own, and its caller takes the usual one.

    `patterns` has the names of the parts as they may be written, in the usual order.
    """
    usual = list(patterns)
    returned = [_meant(text or "", patterns) for text in learner.returned_names(function)]
    if returned == usual or sorted(returned) != sorted(usual):
        return []
    for caller, parts in _taken_apart(learner, function):
        if [_meant(re.sub(r"^\w+\[.?|['\"].*|_temp$", "", part), patterns) for part in parts] == usual:
            facts = {"name": caller, "returned": ", ".join(returned), "taken": ", ".join(usual)}
            return [Finding("returned-in-another-order", function, learner.line(function), facts)]
    return []


def _meant(text: str, patterns: Mapping[str, str]) -> str:
    return next((name for name, pattern in patterns.items() if re.fullmatch(pattern, text)), "")


def never_kept(learner: Learner, function: str) -> list[Finding]:
    """Return a finding if a forward method leaves an attribute unset that the backward method of its class reads."""
    name, _, method = function.rpartition(".")
    backward = f"{name}.backward"
    if method != "forward" or backward not in learner.nodes or not all(learner.lineage(name).values()):
        return []
    nodes = list(ast.walk(learner.whole))
    if any(word in ast.unparse(learner.whole) for word in _BY_NAME):
        return []
    empty = {id(target): target.attr for node in nodes for target in _emptied(node)}
    stores = [n for n in nodes if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store)]
    own = {id(node) for node in ast.walk(learner.nodes[backward])}  # what backward sets it need not get
    stored = {node.attr for node in stores if id(node) not in empty or id(node) in own}
    classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
    known = stored | {each for node in classes for each in _defined(node)} | _asked_for(learner.nodes[backward])
    for node in ast.walk(learner.nodes[backward]):
        if not isinstance(node, ast.Attribute) or ast.unparse(node.value) != "self" or node.attr in known:
            continue
        if node.attr in empty.values() or not get_close_matches(node.attr, known):
            return [Finding("forward.never-kept", function, learner.line(function), {"name": f"self.{node.attr}"})]
    return []


def _asked_for(method: ast.FunctionDef) -> set[str]:
    """Return the attributes in the conditions of a method: it may do without them."""
    nodes = list(ast.walk(method))
    conditions = [node.test for node in nodes if isinstance(node, ast.If | ast.IfExp | ast.Assert)]
    conditions += [node for node in nodes if isinstance(node, ast.Compare | ast.BoolOp)]
    return {n.attr for condition in conditions for n in ast.walk(condition) if isinstance(n, ast.Attribute)}


def _emptied(node: ast.AST) -> Iterator[ast.Attribute]:
    """Yield the attributes that a statement sets to None, or only annotates."""
    targets: list[ast.expr] = []
    if isinstance(node, ast.AnnAssign) and (node.value is None or getattr(node.value, "value", 0) is None):
        targets = [node.target]
    elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and node.value.value is None:
        targets = node.targets
    yield from (target for target in targets if isinstance(target, ast.Attribute))


def _defined(node: ast.ClassDef) -> Iterator[str]:
    """Yield the names that stand in a class itself: methods and what is assigned there."""
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef):
            yield statement.name
        else:
            yield from (n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
