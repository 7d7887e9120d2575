"""Whether a layer keeps what its backward pass needs for the slope of its activation, and nobody ever reads it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from chainrule.checker.learner import Learner


def unread(learner: Learner, forward: str) -> bool:
    """Return whether a forward method keeps a comparison, such as `self.mask = z > 0`, that nothing else reads.

    A layer may take the gradient of what is before its activation, and who calls it multiplies by the slope; but it
    keeps no mask for that.
    """
    node = learner.nodes.get(forward)
    if node is None:
        return False
    own = range(node.lineno, (node.end_lineno or node.lineno) + 1)
    attributes = [part for part in ast.walk(learner.whole) if isinstance(part, ast.Attribute)]
    read = {part.attr for part in attributes if isinstance(part.ctx, ast.Load) and part.lineno not in own}
    return bool(set(_masks(node)) - read)


def _masks(forward: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(forward):
        if isinstance(node, ast.Assign) and any(isinstance(part, ast.Compare) for part in ast.walk(node.value)):
            yield from (target.attr for target in node.targets if isinstance(target, ast.Attribute))
