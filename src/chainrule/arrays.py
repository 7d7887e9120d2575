"""What the array engines differ in: namespace, random numbers, loops over time. Also nested parameters.

Every equation in the package works on any array that follows the Python array API standard. NumPy arrays and JAX
arrays (tracers included) do, so one function serves both engines.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING or "jaxtyping" in sys.modules:
    from jaxtyping import Float, Shaped
else:

    class _Unchecked:
        """Stand in for jaxtyping, whose import takes longer than NumPy's: shapes are checked in the tests."""

        def __class_getitem__(cls, item: object) -> object:
            return Any

    Float = Shaped = _Unchecked

__all__ = ["INFERENCE", "Array", "Float", "Mode", "Params", "Shape", "Shaped"]
__all__ += ["leaves", "map_leaves", "namespace", "replace_leaves", "scan", "scatter_add", "uniform", "values_known"]

Array = Any
"""An array of any engine."""
Params = Any
"""Parameters or gradients: an array, or a dict or tuple of Params."""
Shape = tuple[int, ...]
"""The shape of one example: without the batch axis."""


def namespace(x: Array) -> Any:
    """Return the array API namespace that `x` belongs to: `numpy` or `jax.numpy`."""
    # The question takes NumPy half a microsecond, and small networks ask it all the time.
    return np if type(x) is np.ndarray else x.__array_namespace__()


class Mode(NamedTuple):
    """How a pass is run.

    The random numbers of a layer are a function of `key` alone: the same key gives the same numbers, whatever ran
    before. So a pass can be repeated exactly, and a composite layer gives its n-th part `mode.fold(n)`.

    Parameters
    ----------
    training
        Whether layers such as Dropout act as they do in training.
    key
        Integers that name this pass, for example (seed, step). The last ones may be traced by JAX.
    mask
        For sequences of different length, an array of shape (batch, time): 1 where there is data, 0 where there is
        padding. None means that all of it is data.
    rows
        An array of shape (batch,): 1 for examples, 0 for rows that only fill up a batch, which must not change what is
        computed for the others. None means that all of them are examples.
    """

    training: bool = False
    key: tuple[Any, ...] = ()
    mask: Any = None
    rows: Any = None

    def fold(self, n: int) -> Mode:
        """Return the mode of the n-th part of a composite; inference has no random numbers, so none to tell apart."""
        return Mode(True, (*self.key, n), self.mask, self.rows) if self.training else self


INFERENCE = Mode()
"""The mode of a pass when none is given."""


def uniform(key: tuple[Any, ...], like: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Return random numbers in [0, 1) with the shape, dtype and engine of `like`."""
    if namespace(like) is np:
        generator = np.random.Generator(np.random.SFC64(np.random.SeedSequence(key)))
        return generator.random(like.shape, dtype=like.dtype)
    from jax import random

    jax_key = random.key(key[0])
    for part in key[1:]:
        jax_key = random.fold_in(jax_key, part)
    return random.uniform(jax_key, like.shape, like.dtype)


def scan(step: Callable[[Any, Any], tuple[Any, Any]], carry: Any, xs: Any, *, reverse: bool = False) -> tuple[Any, Any]:
    """Apply `step(carry, x) -> (carry, y)` along the first axis of every array in `xs`.

    JAX compiles the step once, however long the axis is; NumPy loops. Where an array may be missing, None is passed on.

    Returns
    -------
    carry, ys
        The last carry, and the arrays of all y, stacked along a new first axis.
    """
    first = next(a for _, a in leaves(xs) if a is not None)
    if namespace(first) is not np:
        from jax import lax

        return lax.scan(step, carry, xs, reverse=reverse)

    def rows(tree: Any) -> Iterator[Any]:
        if isinstance(tree, dict):
            return map(dict, zip(*(zip(repeat(name), rows(child)) for name, child in tree.items())))  # noqa: B905
        if isinstance(tree, tuple):
            return map(getattr(tree, "_make", tuple), zip(*map(rows, tree)))  # noqa: B905
        return repeat(None) if tree is None else iter(tree[::-1] if reverse else tree)

    outputs: list[Any] = []
    for t, x in zip(range(len(first))[:: -1 if reverse else 1], rows(xs), strict=True):
        carry, y = step(carry, x)
        outputs = outputs or [None if a is None else np.empty((len(first), *a.shape), a.dtype) for _, a in leaves(y)]
        for output, (_, a) in zip(outputs, leaves(y), strict=True):
            if a is not None:
                output[t] = a
    columns = iter(outputs)
    return carry, map_leaves(lambda _: next(columns), y)


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


def values_known(x: Array) -> bool:
    """Return whether the values of an array may decide what is done; JAX traces them."""
    return namespace(x) is np


def scatter_add(
    like: Float[Array, "n *shape"], indices: Shaped[Array, "m"], rows: Float[Array, "m *shape"]
) -> Float[Array, "n *shape"]:
    """Return zeros in the shape of `like`, with each row added at its index; an index may come more than once."""
    total = namespace(like).zeros_like(like)
    if namespace(like) is not np:
        return total.at[indices].add(rows)
    # Sorting and adding up what is equal takes half the time of np.add.at or less.
    order = np.argsort(indices, kind="stable")
    starts = np.flatnonzero(np.diff(indices[order], prepend=-1))
    total[indices[order[starts]]] = np.add.reduceat(rows[order], starts, axis=0)
    return total
