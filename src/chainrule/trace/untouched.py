"""What a trace leaves as it is: users' own layers, which may remember calls, and NumPy's global random numbers."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np

from chainrule.arrays import Array
from chainrule.layers import Layer
from chainrule.layers.own import OwnLayer

T = TypeVar("T")


def is_own(layer: Layer) -> bool:
    """Return whether a user wrote a layer: it may keep state, reuse its arrays and change what it is given."""
    return isinstance(layer, OwnLayer) or not type(layer).__module__.startswith("chainrule.")


def copied(original: T, replaced: Iterable[tuple[Any, Any]] = ()) -> T:
    """Return a deep copy, or the original if it cannot be copied, such as a layer that holds a lock.

    Parameters
    ----------
    replaced
        Pairs of an object and what stands in its place in the copy.
    """
    try:
        return copy.deepcopy(original, {id(old): new for old, new in replaced})
    except Exception:  # whatever a user's object raises
        return original


def copied_array(array: Any) -> Any:
    """Return a copy of an array; anything else as it is."""
    return array.copy() if isinstance(array, np.ndarray) else array


def freeze(arrays: Iterable[Array]) -> None:
    """Make arrays read-only."""
    for array in arrays:
        array.flags.writeable = False


def frozen(array: Array) -> Array:
    """Return a copy that nobody can change."""
    copy = np.array(array)
    copy.flags.writeable = False
    return copy


@contextmanager
def random_numbers_kept() -> Iterator[None]:
    """Put NumPy's global random numbers back to where they were: a user's own layer may draw from them."""
    state = np.random.get_state()
    try:
        yield
    finally:
        np.random.set_state(state)
