"""What the array engines differ in: namespace, random numbers, precision, loops over time, adding up rows.

What PyTorch needs is in `pytorch.py`, which is imported when there is a tensor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import cache, wraps
from itertools import repeat
from typing import Any

import numpy as np

from chainrule.arrays.kernels import has_kernel
from chainrule.arrays.trees import leaves, map_leaves, values
from chainrule.arrays.types import Array, Float, Shaped


def namespace(x: Array) -> Any:
    """Return the array API namespace that `x` belongs to: `numpy`, `jax.numpy` or that of PyTorch's tensors."""
    # The question takes NumPy half a microsecond, and small networks ask it all the time.
    if type(x) is np.ndarray:
        return np
    return _pytorch().namespace(x.device) if is_tensor(x) else x.__array_namespace__()


def is_tensor(x: Array) -> bool:
    """Return whether an array, or a dtype, is PyTorch's."""
    return type(x).__module__ == "torch"


@cache
def _pytorch() -> Any:
    from chainrule.arrays import pytorch

    return pytorch


def largest(x: Float[Array, "*rows n"]) -> Float[Array, "*rows 1"]:
    """Return the largest number of each row."""
    if is_tensor(x):
        return x.amax(-1, keepdim=True)
    return x.max(axis=-1, keepdims=True)  # the method takes NumPy half the time of the function


def summed_first(x: Float[Array, "batch *axes n"]) -> int:
    """Return the axis at which a sum over all axes but the last begins.

    NumPy adds up long rows faster, and so begins with the examples. JAX ends with them: devices that have some of the
    examples each then exchange one row of n, and not one for each place.
    """
    return -2 if namespace(x) is not np and not is_tensor(x) else 0


def as_numbers(condition: Shaped[Array, "*shape"], like: Array) -> Float[Array, "*shape"]:
    """Return 1 where a condition holds and 0 elsewhere, in the dtype of `like`."""
    return condition.to(like.dtype) if is_tensor(condition) else condition.astype(like.dtype)


@has_kernel
def where_positive(x: Float[Array, "*shape"], A: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Return x where A is above 0, and 0 elsewhere."""
    if is_tensor(A):
        return _pytorch().where_positive(x, A)
    return x * as_numbers(A > 0, x)


@cache
def lowest(dtype: Any) -> float:
    """Return the lowest finite number of a dtype."""
    finfo = _pytorch().standard.finfo if is_tensor(dtype) else np.finfo
    return float(finfo(dtype).min)


def uniform(key: tuple[Any, ...], like: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Return random numbers in [0, 1) with the shape, dtype and engine of `like`; PyTorch gets those of NumPy."""
    if namespace(like) is np or is_tensor(like):
        generator = np.random.Generator(np.random.SFC64(np.random.SeedSequence(key)))
        if is_tensor(like):
            return _pytorch().uniform(generator, like)
        return generator.random(like.shape, dtype=like.dtype)
    from jax import random

    jax_key = random.key(key[0])
    for part in key[1:]:
        jax_key = random.fold_in(jax_key, part)
    return random.uniform(jax_key, like.shape, like.dtype)


def with_float64(like: Array) -> AbstractContextManager[Any]:
    """Return a context in which there is float64 on the engine of `like`: JAX has it only in its 64-bit mode."""
    if namespace(like) is np:
        return nullcontext()
    import jax

    wide: AbstractContextManager[Any] = jax.enable_x64(True)
    return wide


def in_float64(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function of a whole number, its last argument, compute in float64 on every engine.

    The number or the tuple of numbers that it returns is rounded to JAX's usual precision at the end.
    """

    @wraps(function)
    def precise(*arguments: Any) -> Any:
        *others, t = arguments
        if not hasattr(t, "__array_namespace__") or namespace(t) is np:
            return function(*arguments)
        xp = namespace(t)
        usual = xp.result_type(float)
        with with_float64(t):
            result = function(*others, t.astype(f"{t.dtype.kind}8"))
            return map_leaves(lambda x: xp.asarray(x, float).astype(usual), result)

    return precise


def scan(step: Callable[[Any, Any], tuple[Any, Any]], carry: Any, xs: Any, *, reverse: bool = False) -> tuple[Any, Any]:
    """Apply `step(carry, x) -> (carry, y)` along the first axis of every array in `xs`.

    JAX compiles the step once, however long the axis is; the others loop. Where an array may be missing, None is passed
    on.

    Returns
    -------
    carry, ys
        The last carry, and the arrays of all y, stacked along a new first axis.
    """
    first = next(a for _, a in leaves(xs) if a is not None)
    if is_tensor(first):
        result: tuple[Any, Any] = _pytorch().scan(step, carry, _rows(xs, reverse), reverse=reverse)
        return result
    if namespace(first) is not np:
        from jax import lax

        return lax.scan(step, carry, xs, reverse=reverse)
    outputs: list[Any] = []
    for t, x in zip(range(len(first))[:: -1 if reverse else 1], _rows(xs, reverse), strict=True):
        carry, y = step(carry, x)
        arrays = values(y)
        outputs = outputs or [None if a is None else np.empty((len(first), *a.shape), a.dtype) for a in arrays]
        for output, a in zip(outputs, arrays, strict=True):
            if a is not None:
                output[t] = a
    columns = iter(outputs)
    return carry, map_leaves(lambda _: next(columns), y)


def _rows(tree: Any, reverse: bool) -> Iterator[Any]:
    """Yield what nested arrays hold for each step."""
    if isinstance(tree, dict):
        return map(dict, zip(*(zip(repeat(name), _rows(child, reverse)) for name, child in tree.items())))  # noqa: B905
    if isinstance(tree, tuple):
        return map(getattr(tree, "_make", tuple), zip(*(_rows(child, reverse) for child in tree)))  # noqa: B905
    if tree is None:
        return repeat(None)
    if is_tensor(tree):
        return iter(tree.unbind()[:: -1 if reverse else 1])
    return iter(tree[::-1] if reverse else tree)


def values_known(x: Array) -> bool:
    """Return whether the values of an array may decide what is done; JAX traces them."""
    return namespace(x) is np or is_tensor(x)


def scatter_add(
    like: Float[Array, "n *shape"], indices: Shaped[Array, "m"], rows: Float[Array, "m *shape"]
) -> Float[Array, "n *shape"]:
    """Return zeros in the shape of `like`, with each row added at its index; an index may come more than once."""
    if is_tensor(like):
        return _pytorch().scatter_add(like, indices, rows)
    if namespace(like) is not np:
        return namespace(like).zeros_like(like).at[indices].add(rows)
    return rows_added(like, indices, rows)


@has_kernel
def rows_added(
    like: Float[Array, "n *shape"], indices: Shaped[Array, "m"], rows: Float[Array, "m *shape"]
) -> Float[Array, "n *shape"]:
    """Return what `scatter_add` does, with NumPy."""
    total = np.zeros_like(like)
    # Sorting and adding up what is equal takes half the time of np.add.at or less.
    order = np.argsort(indices, kind="stable")
    starts = np.flatnonzero(np.diff(indices[order], prepend=-1))
    total[indices[order[starts]]] = np.add.reduceat(rows[order], starts, axis=0)
    return total
