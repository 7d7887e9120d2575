"""Nested parameters: dicts and tuples of arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from chainrule.arrays.types import Array, Params


def leaves(tree: Params, prefix: str = "") -> Iterator[tuple[str, Array]]:
    """Yield the path and the value of every array in nested parameters.

    >>> params = ({"W": 1, "b": 2}, {}, {"W": 3})
    >>> dict(leaves(params))
    {'0.W': 1, '0.b': 2, '2.W': 3}
    """
    if isinstance(tree, dict):
        items = list(tree.items())
    elif isinstance(tree, tuple):
        items = [(str(i), child) for i, child in enumerate(tree)]
    else:
        yield prefix, tree
        return
    for name, child in items:
        yield from leaves(child, f"{prefix}.{name}" if prefix else name)


def map_leaves(function: Callable[[Array], Any], tree: Params) -> Params:
    """Return nested parameters of the same structure with `function` applied to every array."""
    if isinstance(tree, dict):
        return {name: map_leaves(function, child) for name, child in tree.items()}
    if isinstance(tree, tuple):
        children = (map_leaves(function, child) for child in tree)
        return type(tree)(*children) if hasattr(tree, "_fields") else tuple(children)
    return function(tree)


def replace_leaves(tree: Params, values: dict[str, Array]) -> Params:
    """Return nested parameters of the same structure with the arrays replaced by those of the same path."""
    paths = (path for path, _ in leaves(tree))
    return map_leaves(lambda _: values[next(paths)], tree)
