"""Nested parameters: dicts and tuples of arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from chainrule.arrays.types import Array, Params


def leaves(tree: Params, prefix: str = "") -> Iterator[tuple[str, Array]]:
    """Iterate over the path and the value of every array in nested parameters.

    >>> params = ({"W": 1, "b": 2}, {}, {"W": 3})
    >>> dict(leaves(params))
    {'0.W': 1, '0.b': 2, '2.W': 3}
    """
    arrays: list[tuple[str, Array]] = []
    _collect(tree, prefix, arrays)
    return iter(arrays)


def _collect(tree: Params, path: str, arrays: list[tuple[str, Array]]) -> None:
    # A list, because a generator inside of each generator takes several times as long, and every fit walks often.
    if isinstance(tree, dict):
        for name, child in tree.items():
            _collect(child, f"{path}.{name}" if path else name, arrays)
    elif isinstance(tree, tuple):
        for i, child in enumerate(tree):
            _collect(child, f"{path}.{i}" if path else str(i), arrays)
    else:
        arrays.append((path, tree))


def values(tree: Params) -> list[Array]:
    """Return the arrays of nested parameters in the order of `leaves`, without their paths, which take longer.

    >>> values(({"W": 1, "b": 2}, {}, {"W": 3}))
    [1, 2, 3]
    """
    if isinstance(tree, dict | tuple):
        arrays: list[Array] = []
        for child in tree.values() if isinstance(tree, dict) else tree:
            if isinstance(child, dict | tuple):
                arrays += values(child)
            else:
                arrays.append(child)
        return arrays
    return [tree]


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
