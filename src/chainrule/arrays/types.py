"""The names of arrays, shapes and nested parameters in signatures."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or "jaxtyping" in sys.modules:
    from jaxtyping import Float, Shaped
else:

    class _Unchecked:
        """Stand in for jaxtyping, whose import takes longer than NumPy's: shapes are checked in the tests."""

        def __class_getitem__(cls, item: object) -> object:
            return Any

    Float = Shaped = _Unchecked

__all__ = ["Array", "Float", "Params", "Shape", "Shaped"]

Array = Any
"""An array of any engine."""
Params = Any
"""Parameters or gradients: an array, or a dict or tuple of Params."""
Shape = tuple[int, ...]
"""The shape of one example: without the batch axis."""
