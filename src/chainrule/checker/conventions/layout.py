"""Whether a learner's examples are columns, as in the course, or rows, as in the book; and where channels are."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import Any

import numpy as np

from chainrule.checker.learner import Learner

_COURSE = ("linear_forward", "L_model_forward", "N_layers_forward", "linear_activation_forward", "propagate")
_BOOK = ("affine_forward", "Affine", "TwoLayerNet", "SoftmaxWithLoss", "cross_entropy_error")


def rows(learner: Learner) -> bool:
    """Return whether examples are rows.

    On which side of a product the weights stand says so, and how the number of examples is taken from a shape;
    otherwise the names do. In doubt they are columns.
    """
    if votes := _votes(learner):
        return votes > 0
    return learner.find(*_COURSE) is None and learner.find(*_BOOK) is not None


def columns(learner: Learner) -> bool:
    """Return whether the code itself says that examples are columns."""
    return _votes(learner) < 0


@lru_cache(maxsize=1)
def _votes(learner: Learner) -> int:
    votes = 0
    for function in learner.nodes.values():
        for node in ast.walk(function):
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
