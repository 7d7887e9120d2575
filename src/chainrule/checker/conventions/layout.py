"""Whether a learner's examples are columns, as in the course, or rows, as in the book; and where channels are."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import Any

import numpy as np

from chainrule.checker.documented import is_documented
from chainrule.checker.learner import Learner
from chainrule.checker.proof import uses

_COURSE = ("linear_forward", "L_model_forward", "N_layers_forward", "linear_activation_forward", "propagate")
_BOOK = ("affine_forward", "Affine", "TwoLayerNet", "SoftmaxWithLoss", "cross_entropy_error")


def rows(learner: Learner, *functions: str | None) -> bool:
    """Return whether examples are rows, for some functions or in the whole file.

    On which side of a product the weights stand says so, and how the number of examples is taken from a shape: first
    in what belongs together with the functions, then anywhere; otherwise the names do. In doubt they are columns.
    """
    known = [function for function in functions if function in learner.nodes and function is not None]
    related = {name for function in known for name in together(learner, function)}
    own, votes = _votes(learner, frozenset(related)), _votes(learner)
    # One function by itself may have it wrong; but not if it does as the course, whose signature it has.
    if own and (len(related) > 1 or (own < 0 and is_documented(learner, known[0]))):
        return own > 0
    if votes:
        return votes > 0
    return learner.find(*_COURSE) is None and learner.find(*_BOOK) is not None


def layouts(learner: Learner, function: str) -> tuple[bool, ...]:
    """Return whether a function has to take examples as rows; both where nothing that calls it says so.

    What stands elsewhere in the file proves nothing: columns here and rows there may be two exercises.
    """
    related = together(learner, function)
    votes = _votes(learner, frozenset(related)) if len(related) > 1 else 0
    return (votes > 0,) if votes else (True, False)


def together(learner: Learner, function: str) -> set[str]:
    """Return a function or class, what uses it, and what these use."""
    own = function.partition(".")[0]
    users = {name.partition(".")[0] for name in learner.nodes if own in uses(learner, name)}
    return {own}.union(users, *(uses(learner, user) for user in users))


@lru_cache(maxsize=8)
def _votes(learner: Learner, names: frozenset[str] | None = None) -> int:
    """Return for how many more places examples are rows, in some functions and classes or in all."""
    votes = 0
    for function, definition in learner.nodes.items():
        if names is not None and function.partition(".")[0] not in names:
            continue
        for node in ast.walk(definition):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                votes += _vote(node.targets[0].id, node.value)
            left, right = _factors(node)
            votes += _is_weight(right) - _is_weight(left)
    return votes


def _factors(node: ast.AST) -> tuple[ast.AST | None, ast.AST | None]:
    """Return what a node multiplies as matrices, if it does."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        return node.left, node.right
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("dot", "matmul"):
        if len(node.args) == 2:
            return node.args[0], node.args[1]
        return (node.func.value, node.args[0]) if len(node.args) == 1 else (None, None)
    return None, None


def _is_weight(node: ast.AST | None) -> bool:
    if isinstance(node, ast.Attribute) and node.attr == "T":
        node = node.value
    name = getattr(node, "id", getattr(node, "attr", ""))
    if isinstance(node, ast.Subscript):
        name = next((str(n.value) for n in ast.walk(node.slice) if isinstance(n, ast.Constant)), "")
    return isinstance(name, str) and name[:1] in ("W", "w")


def _vote(name: str, value: ast.expr) -> int:
    if name in ("m", "N", "batch_size", "num_train", "n_samples", "num_examples"):
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "len":
            return 1
        if isinstance(value, ast.Subscript) and isinstance(value.value, ast.Attribute) and value.value.attr == "shape":
            axis = getattr(value.slice, "value", None)
            return {0: 1, 1: -1}.get(axis, 0) if isinstance(axis, int) else 0
    return 0


def to_channels_first(X: Any) -> Any:
    """Return pictures (m, height, width, channels) as (m, channels, height, width)."""
    return np.transpose(X, (0, 3, 1, 2))


def from_channels_first(X: Any) -> Any:
    """Return pictures (m, channels, height, width) as (m, height, width, channels)."""
    return np.transpose(X, (0, 2, 3, 1))


def kernel_channels_first(W: Any) -> Any:
    """Return kernels (f, f, channels, filters) as (filters, channels, f, f)."""
    return np.transpose(W, (3, 2, 0, 1))
