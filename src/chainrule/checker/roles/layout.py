"""Whether a learner's examples are columns, as in the course, or rows, as in the book."""

from __future__ import annotations

import ast
from functools import lru_cache

from chainrule.checker.learner import Learner

_COURSE = ("linear_forward", "L_model_forward", "N_layers_forward", "linear_activation_forward", "propagate")
_BOOK = ("affine_forward", "Affine", "TwoLayerNet", "SoftmaxWithLoss", "cross_entropy_error")


@lru_cache(maxsize=1)
def rows(learner: Learner) -> bool:
    """Return whether examples are rows.

    How the number of examples is taken from a shape says so; otherwise the names do. In doubt they are columns.
    """
    votes = 0
    for node in learner.nodes.values():
        for assigned in ast.walk(node):
            if isinstance(assigned, ast.Assign) and isinstance(assigned.targets[0], ast.Name):
                votes += _vote(assigned.targets[0].id, assigned.value)
    if votes:
        return votes > 0
    return learner.find(*_COURSE) is None and learner.find(*_BOOK) is not None


def _vote(name: str, value: ast.expr) -> int:
    if name in ("m", "N", "batch_size", "num_train", "n_samples", "num_examples"):
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "len":
            return 1
        if isinstance(value, ast.Subscript) and isinstance(value.value, ast.Attribute) and value.value.attr == "shape":
            axis = getattr(value.slice, "value", None)
            return {0: 1, 1: -1}.get(axis, 0) if isinstance(axis, int) else 0
    return 0
