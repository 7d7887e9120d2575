"""What proves a mistake, and what may only be a convention that is not known: the one door for accusations.

A call is evidence if it is known to fit: the function has a documented signature, or what it returned agrees with the
equation somewhere. What it raises is evidence, besides, if no argument can be the reason, such as a misspelt name.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import numpy as np

from chainrule.checker.dict_keys import is_own_key
from chainrule.checker.documented import is_documented
from chainrule.checker.learner import Learner, Raised

_NOT_HERE = {"NotHereError", "ImportError", "ModuleNotFoundError", "FileNotFoundError"}
_OUR_RULES = {"InputError"}  # of our lessons, which stand for helper files that may take more than they do
_REFUSED = re.compile(r".* is not allowed while a file is checked|can't start new thread", re.DOTALL)
_PYTHON_2 = {"xrange", "unicode", "raw_input", "long", "reduce", "basestring"}  # names that it had
_PENALTY = re.compile(r"reg|lamb|lmbd|l[12](_|$)|(weight_)?decay|keep|drop", re.IGNORECASE)
_NO_MEMBER = re.compile(r"module '(numpy(\.\w+)*|math)' has no attribute '\w+'")
_NO_ATTRIBUTE = re.compile(r"'(\w+)' object has no attribute '(\w+)'.*", re.DOTALL)


@dataclass(frozen=True)
class Doubt:
    """Why a function is not judged: a key in the texts, and what fills it in."""

    reason: str
    facts: dict[str, str] = field(default_factory=dict)


def another(names: Collection[str]) -> Doubt:
    """Return that other functions have to be right first."""
    return Doubt("needs-another", {"name": ", ".join(sorted(names))} if names else {})


def doubt_about_stop(learner: Learner, function: str, role: str, raised: Raised, *, fits: bool) -> Doubt | None:
    """Return why an exception proves no mistake, or None if it does; `fits` says that results of other calls agree."""
    culprit = raised.function or function
    if raised.kind in _NOT_HERE or _touches_a_stand_in(learner, culprit):
        return Doubt("needs-file")
    if raised.kind in ("MemoryError", "_ArrayMemoryError") or _REFUSED.fullmatch(raised.text):
        return Doubt("not-allowed", {"kind": raised.kind, "text": raised.text})
    if raised.kind == "NameError":
        return None if raised.inside and _is_bound_nowhere(learner, raised) else Doubt("needs-file")
    if _is_misspelt(learner, culprit, raised):
        return None
    if raised.kind in _OUR_RULES:
        return Doubt("other-call", {"role": role, "kind": raised.kind, "text": raised.text})
    if is_documented(learner, function) and (_is_unanswered(learner, function, raised) or is_own_key(learner, raised)):
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
    if is_documented(learner, function):
        return None
    parameters = learner.parameters(function) if function in learner.nodes else []
    penalized = any(map(_PENALTY.match, parameters))  # by a factor of its own
    return None if fits and not penalized else Doubt("other-result", {"role": role})


def agrees_somewhere(pairs: Sequence[tuple[Any, Any]], close: Any) -> bool:
    """Return whether a quantity agrees, (expected, actual) by (expected, actual), in more than zeros and constants."""
    numbers = [np.ravel(np.asarray(expected, float)) for expected, _ in pairs if expected is not None]
    if not numbers or not all(close(expected, actual) for expected, actual in pairs):
        return False
    values = np.concatenate(numbers)
    return bool(np.unique(values[np.isfinite(values) & (values != 0)]).size > 1)


def uses(learner: Learner, function: str) -> set[str]:
    """Return every global name that a function uses, also through the learner's other functions and classes."""
    nodes: dict[str, list[ast.AST]] = {}
    for name, node in learner.nodes.items():
        nodes.setdefault(name.partition(".")[0], []).append(node)
    found: set[str] = set()
    waiting = [*nodes.get(function.partition(".")[0], ())]
    while waiting:
        node = waiting.pop()
        loaded = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        for name in loaded - set(_bound(node)) - found:
            found.add(name)
            waiting += nodes.get(name, [])
    return found


def _touches_a_stand_in(learner: Learner, function: str) -> bool:
    """Return whether a function uses something that is not here, or a class that inherits from it."""
    names = {function.partition(".")[0]} | uses(learner, function)
    if any(learner.stands_in(name) for name in names):
        return True
    classes = [node for node in learner.whole.body if isinstance(node, ast.ClassDef)]
    bases = {node.name: {_root(base) for base in node.bases} for node in classes}
    waiting = [base for name in names for base in bases.get(name, ())]
    seen: set[str] = set()
    while waiting:
        base = waiting.pop()
        if learner.stands_in(base):
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
    return any(learner.is_number(name) for name in uses(learner, function))


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
    """Return whether nothing in the whole file gives a name its meaning, so that no cell can have.

    What is called may come from an import that is left out, as in a fragment of the book; unless it is nearly the name
    of a function that there is.
    """
    match = re.search(r"name '(\w+)'", raised.text)
    if match is None or not learner.is_whole or match[1] in _PYTHON_2:
        return False
    name, nodes = match[1], list(ast.walk(learner.whole))
    outside = [node for node in learner.whole.body if not isinstance(node, ast.FunctionDef | ast.ClassDef)]
    shared = {each for node in nodes if isinstance(node, ast.Global) for each in node.names}
    if name in {bound for node in outside for bound in _bound(node)} | shared:
        return False
    roots = {_root(n.func) for n in nodes if isinstance(n, ast.Call)}
    return name not in roots or bool(get_close_matches(name, learner.nodes, cutoff=0.8))


def _is_misspelt(learner: Learner, function: str, raised: Raised) -> bool:
    """Return whether a name is at fault, and not what the function was called with."""
    if raised.kind == "UnboundLocalError":
        name = re.search(r"'(\w+)'", raised.text)
        node = learner.nodes.get(learner.owner(raised.line) or function)
        # A variable of an if or a loop may only be waiting for other arguments.
        choices = [] if node is None else [n for n in ast.walk(node) if isinstance(n, ast.If | ast.For | ast.While)]
        return node is not None and name is not None and not any(name[1] in _bound(choice) for choice in choices)
    if raised.kind == "TypeError" and raised.text.startswith("Can't instantiate abstract class"):
        return True
    if raised.kind != "AttributeError" or not raised.inside:
        return False
    if _NO_MEMBER.fullmatch(raised.text):  # NumPy says more than this about what it once had
        return True
    match = _NO_ATTRIBUTE.fullmatch(raised.text)
    if match is None or match[1] not in learner.classes:
        return False
    lineage, attribute = learner.lineage(match[1]), match[2]
    words = ("setattr", "__dict__", "__getattr__", "vars(")
    if not all(lineage.values()) or any(word in ast.unparse(learner.whole) for word in words):
        return False
    # What the method would have done after the line that it stopped in comes too late.
    line = raised.line or 0
    ends = [node.end_lineno or 0 for node in learner.nodes.values() if node.lineno and node.lineno <= line]
    late = range(line + 1, min((end for end in ends if end >= line), default=line) + 1)
    return not any(node.attr == attribute and node.lineno not in late for node in _stored(learner, lineage))


def _is_unanswered(learner: Learner, function: str, raised: Raised) -> bool:
    """Return whether a variable is not set because of a text that the file's own calls pass and no branch knows."""
    if raised.kind != "UnboundLocalError" or learner.owner(raised.line) != function:
        return False
    nodes = [node for definition in learner.nodes.values() for node in ast.walk(definition)]
    calls = [node for node in nodes if isinstance(node, ast.Call) and _root(node.func) == function]
    passed = [a for call in calls for a in (*call.args, *(keyword.value for keyword in call.keywords))]
    return bool(_texts(passed) - _texts(ast.walk(learner.nodes[function])))


def _texts(nodes: Iterable[ast.AST]) -> set[str]:
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def _stored(learner: Learner, inherited: Collection[str]) -> Iterator[ast.Attribute]:
    """Yield where attributes get values that may be attributes of the objects of a class with this lineage."""
    for statement in learner.whole.body:
        another = isinstance(statement, ast.ClassDef) and statement.name not in inherited
        nodes = list(ast.walk(statement))
        # `self.v: dict` without a value gives it none.
        without = {node.target for node in nodes if isinstance(node, ast.AnnAssign) and node.value is None}
        for node in nodes:
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and node not in without:
                if not (another and ast.unparse(node.value) == "self"):
                    yield node
