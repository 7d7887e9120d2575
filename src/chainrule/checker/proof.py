"""What proves a mistake, and what may only be a convention that is not known: the one door for accusations.

A call is evidence if it is known to fit: the function has a documented signature, or what it returned agrees with the
equation somewhere. What it raises is evidence, besides, if no argument can be the reason, such as a misspelt name.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from chainrule.checker.documented import is_documented
from chainrule.checker.learner import Learner, Raised

_NOT_HERE = {"NotHereError", "ImportError", "ModuleNotFoundError", "FileNotFoundError"}
_PYTHON_2 = {"xrange", "unicode", "raw_input", "long", "reduce", "basestring"}  # names that it had
_NO_MEMBER = re.compile(r"module '(numpy(\.\w+)*|math)' has no attribute '\w+'")
_NO_ATTRIBUTE = re.compile(r"'(\w+)' object has no attribute '(\w+)'.*", re.DOTALL)


@dataclass(frozen=True)
class Doubt:
    """Why a function is not judged: a key in the texts, and what fills it in."""

    reason: str
    facts: dict[str, str] = field(default_factory=dict)


def doubt_about_stop(learner: Learner, function: str, role: str, raised: Raised, *, fits: bool) -> Doubt | None:
    """Return why an exception proves no mistake, or None if it does; `fits` says that results of other calls agree."""
    culprit = raised.function or function
    if raised.kind in _NOT_HERE or _touches_a_stand_in(learner, culprit):
        return Doubt("needs-file")
    if raised.kind == "NameError":
        return None if _is_bound_nowhere(learner, raised) else Doubt("needs-file")
    if _is_misspelt(learner, culprit, raised):
        return None
    facts = {"role": role, "kind": raised.kind, "text": raised.text}
    if not raised.inside or raised.kind in ("AttributeError", "UnboundLocalError"):
        return Doubt("other-call", facts)
    if raised.kind == "KeyError" and raised.keys and not fits:  # one that we did not give, of a convention of theirs
        return Doubt("other-call", facts)
    return None if fits or is_documented(learner, function) else Doubt("other-call", facts)


def doubt_about_result(learner: Learner, function: str, role: str, *, fits: bool) -> Doubt | None:
    """Return why results that fit no equation and no known mistake prove nothing, or None if they do."""
    if _touches_a_stand_in(learner, function) or _uses_a_number_of_the_file(learner, function):
        return Doubt("needs-file")
    return None if fits or is_documented(learner, function) else Doubt("other-result", {"role": role})


def agrees_somewhere(pairs: Sequence[tuple[Any, Any]], close: Any) -> bool:
    """Return whether a quantity agrees, (expected, actual) by (expected, actual), in more than zeros and constants."""
    numbers = [np.ravel(np.asarray(expected, float)) for expected, _ in pairs if expected is not None]
    if not numbers or not all(close(expected, actual) for expected, actual in pairs):
        return False
    values = np.concatenate(numbers)
    return bool(np.unique(values[np.isfinite(values) & (values != 0)]).size > 1)


def uses(learner: Learner, function: str) -> set[str]:
    """Return every global name that a function uses, also through the learner's other functions and classes."""
    nodes = {name: [node] for name, node in learner.nodes.items() if "." not in name}
    for name, node in learner.nodes.items():
        if "." in name:
            nodes.setdefault(name.partition(".")[0], []).append(node)
    found: set[str] = set()
    waiting: list[ast.AST] = [*nodes.get(function.partition(".")[0], ())]
    while waiting:
        for part in ast.walk(waiting.pop()):
            if isinstance(part, ast.Name) and part.id not in found:
                found.add(part.id)
                waiting += nodes.get(part.id, [])
    return found


def _touches_a_stand_in(learner: Learner, function: str) -> bool:
    """Return whether a function uses something that is not here, or a class that inherits from it."""
    names = {function.partition(".")[0]} | uses(learner, function)
    if any(getattr(learner.namespace.get(name), "stands_in", False) is True for name in names):
        return True
    classes = [node for node in learner.whole.body if isinstance(node, ast.ClassDef)]
    bases = {node.name: {_root(base) for base in node.bases} for node in classes}
    waiting = [base for name in names for base in bases.get(name, ())]
    seen: set[str] = set()
    while waiting:
        base = waiting.pop()
        if getattr(learner.namespace.get(base), "stands_in", False) is True:
            return True
        waiting += bases.get(base, set()) - seen
        seen.add(base)
    return False


def _root(node: ast.expr) -> str:
    """Return the first name in `a.b.c`."""
    while isinstance(node, ast.Attribute | ast.Call):
        node = node.value if isinstance(node, ast.Attribute) else node.func
    return node.id if isinstance(node, ast.Name) else ""


def _uses_a_number_of_the_file(learner: Learner, function: str) -> bool:
    """Return whether a function uses a number or an array from the top of the file, such as an m of other data."""
    kinds = (ModuleType, FunctionType, type, str)
    used = {name for name in uses(learner, function) if name in learner.namespace and not hasattr(builtins, name)}
    return any(
        isinstance(learner.namespace[name], int | float | np.ndarray) and not isinstance(learner.namespace[name], kinds)
        for name in used - _local(learner, function)
    )


def _local(learner: Learner, function: str) -> set[str]:
    """Return the names that a function itself binds."""
    node = learner.nodes.get(function)
    return set() if node is None else set(_bound(node))


def _bound(tree: ast.AST) -> Iterator[str]:
    """Yield every name that is bound anywhere in a piece of code."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.alias):
            yield node.asname or node.name.partition(".")[0]
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name


def _is_bound_nowhere(learner: Learner, raised: Raised) -> bool:
    """Return whether nothing in the whole file gives a name its meaning, so that no cell can have."""
    name = re.search(r"name '(\w+)'", raised.text)
    if name is None or not learner.is_whole or name[1] in _PYTHON_2:
        return False
    outside = [node for node in learner.whole.body if not isinstance(node, ast.FunctionDef | ast.ClassDef)]
    tops = {bound for node in outside for bound in _bound(node)}
    shared = {each for node in ast.walk(learner.whole) if isinstance(node, ast.Global) for each in node.names}
    return name[1] not in tops | shared


def _is_misspelt(learner: Learner, function: str, raised: Raised) -> bool:
    """Return whether a name is at fault, and not what the function was called with."""
    if raised.kind == "UnboundLocalError":
        name = re.search(r"'(\w+)'", raised.text)
        node = learner.nodes.get(function)
        # A variable of an if or a loop may only be waiting for other arguments.
        choices = [] if node is None else [n for n in ast.walk(node) if isinstance(n, ast.If | ast.For | ast.While)]
        return node is not None and name is not None and not any(name[1] in _bound(choice) for choice in choices)
    if raised.kind != "AttributeError" or not raised.inside:
        return False
    if _NO_MEMBER.fullmatch(raised.text):  # NumPy says more than this about what it once had
        return True
    match = _NO_ATTRIBUTE.fullmatch(raised.text)
    if match is None or not {*getattr(learner.classes.get(match[1]), "__mro__", [None])} <= _known_classes(learner):
        return False
    stored = {node.attr for node in ast.walk(learner.whole) if isinstance(node, ast.Attribute) and _stores(node)}
    dynamic = {"setattr", "__dict__", "__getattr__"} & {
        getattr(node, "id", getattr(node, "attr", getattr(node, "name", ""))) for node in ast.walk(learner.whole)
    }
    return match[2] not in stored and not dynamic


def _known_classes(learner: Learner) -> set[Any]:
    return {object, *learner.classes.values()}


def _stores(node: ast.Attribute) -> bool:
    return isinstance(node.ctx, ast.Store)
