"""The keys of dicts of parameters and gradients, W1 or dW1: whether one that is missing is a mistake."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from chainrule.checker.learner import Learner, Raised


def is_own_key(learner: Learner, raised: Raised) -> bool:
    """Return whether a key that a documented function asks for, and that we did not give, is a mistake of its own.

    It is if the number counts beyond the last layer, or if the file spells the key as we do, but for this place.
    """
    function = learner.owner(raised.line)
    if raised.kind != "KeyError" or not raised.inside or function is None or raised.text.strip("'") in raised.keys:
        return False
    word, number = _parts(raised.text.strip("'"))
    known = [_parts(key) for key in raised.keys]
    if any(word == usual for usual, _ in known):
        last = max((int(n) for usual, n in known if usual == word and n), default=0)
        spoken = _written(learner, [function])
        # A number that is written out, or that comes from elsewhere in the file, is of a network of their own.
        literal = word + number in spoken or _uses_variable_of_file(learner, function)
        return bool(number) and int(number) > last > 0 and not literal
    usual = next((usual for usual, _ in known if _plain(usual) == _plain(word)), None)
    others = [name for name in learner.nodes if name != function]
    own, elsewhere = ({_parts(text)[0] for text in _written(learner, names)} for names in ([function], others))
    return usual is not None and usual in own | elsewhere and word not in elsewhere


def _parts(key: str) -> tuple[str, str]:
    """Return the word and the number of a key: ("dW", "1")."""
    match = re.fullmatch(r"(.*?)_?(\d*)", key, re.DOTALL)
    return (match[1], match[2]) if match else (key, "")


def _plain(word: str) -> str:
    return word.lower().replace("_", "")


def _written(learner: Learner, functions: Iterable[str]) -> set[str]:
    """Return every text in a bracket or among the keys of a dict in some functions."""
    nodes = [node for name in functions for node in ast.walk(learner.nodes[name])]
    keys = [key for node in nodes if isinstance(node, ast.Dict) for key in node.keys if key is not None]
    keys += [node.slice for node in nodes if isinstance(node, ast.Subscript)]
    parts = [part for key in keys for part in ast.walk(key) if isinstance(part, ast.Constant)]
    return {part.value for part in parts if isinstance(part.value, str)}


def _uses_variable_of_file(learner: Learner, function: str) -> bool:
    """Return whether a function uses a variable that is set outside of functions, such as the sizes of layers."""
    outside = [node for node in learner.whole.body if not isinstance(node, ast.FunctionDef | ast.ClassDef)]
    names = [node for statement in outside for node in ast.walk(statement) if isinstance(node, ast.Name)]
    stored = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    used = [node for node in ast.walk(learner.nodes[function]) if isinstance(node, ast.Name)]
    own = {node.id for node in used if isinstance(node.ctx, ast.Store)}
    return bool({node.id for node in used} & stored - own)
