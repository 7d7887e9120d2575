"""Gradients of a loss that are its derivatives but for the sign: which of the two is the wrong way round."""

from __future__ import annotations

import ast
import re
from dataclasses import replace

import numpy as np

from chainrule.checker.derivatives import arguments
from chainrule.checker.derivatives.gradients import Comparison, Gradient
from chainrule.checker.learner import Learner

_IS_RAISED = re.compile(r"likelihood|reward|score|objective|elbo|gain|utility", re.IGNORECASE)
_RATE = re.compile(r"(^|_)(lr|eta|alpha|learning_?rate|step_?size|rate)$", re.IGNORECASE)


def gradient(learner: Learner, forward: str, comparison: Comparison) -> Gradient | None:
    """Return a gradient with the wrong sign in its place, or None if the sign may be meant.

    It is meant where what the function computes is to be raised, or where updates add. Which argument is the labels has
    to be known: the derivative by those is often the one by the outputs with the other sign.
    """
    attempt = comparison.attempt
    if not comparison.is_reversed or attempt is None or attempt.upstream:
        return None
    has_labels = any(arguments.is_label(name.removesuffix("_")) for name in attempt.values if name != "labels")
    if not has_labels or _IS_RAISED.search(forward) or any(map(_is_added, ast.walk(learner.whole))):
        return None
    first = comparison.arrays[0]
    return replace(first, agreeing=None, instead=first.factor * first.derivative, scale=-first.factor)


def _is_added(node: ast.AST) -> bool:
    """Return whether a node adds a gradient times a learning rate to something."""
    if isinstance(node, ast.AugAssign | ast.BinOp) and isinstance(node.op, ast.Add):
        product = node.value if isinstance(node, ast.AugAssign) else node.right
        names = [part.id if isinstance(part, ast.Name) else getattr(part, "attr", "") for part in ast.walk(product)]
        is_negative = any(isinstance(part, ast.USub) for part in ast.walk(product))
        is_product = isinstance(product, ast.BinOp) and isinstance(product.op, ast.Mult | ast.Div)
        return is_product and not is_negative and any(map(_RATE.search, names))
    return False


def is_negative(wrong: Gradient) -> bool:
    """Return whether the loss itself is below 0, and so what is the wrong way round."""
    return bool(np.sum(wrong.measured.y) < 0)
