"""Layers and losses that users wrote, on the PyTorch engine: they compute with NumPy's arrays, as they were written."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, TypeVar

from chainrule.arrays import is_tensor, leaves, pytorch
from chainrule.layers import Sequential
from chainrule.layers.base import with_parts
from chainrule.layers.own import OwnLayer

T = TypeVar("T")


def with_numpy(thing: T, *methods: str) -> T:
    """Return a layer or a loss whose methods get NumPy arrays for tensors, and whose results become tensors."""
    kind: Any = type(thing)

    def converting(name: str) -> Callable[..., Any]:
        def method(self: Any, *arguments: Any, **options: Any) -> Any:
            result = getattr(kind, name)(self, *pytorch.numpy(arguments), **options)
            like = next((a for _, a in leaves(arguments) if is_tensor(a) and a.is_floating_point()), None)
            return result if like is None else pytorch.beside(result, like.device, like.dtype)

        return method

    twin = copy.copy(thing)
    object.__setattr__(twin, "__class__", type(kind)(kind.__name__, (kind,), {n: converting(n) for n in methods}))
    return twin


def is_own(thing: object) -> bool:
    """Return whether a layer or a loss is none of the package's."""
    return isinstance(thing, OwnLayer) or not type(thing).__module__.startswith("chainrule.")


def body_on_tensors(body: Sequential) -> Sequential:
    """Return a body in which the layers that users wrote compute with NumPy."""
    own = [layer for layer in with_parts(body) if is_own(layer)]
    twins = {id(layer): with_numpy(layer, "forward", "backward", "update_statistics") for layer in own}
    return copy.deepcopy(body, twins) if own else body
