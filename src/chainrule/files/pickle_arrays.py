"""What stands in for NumPy's classes and functions that a pickled array names; none of them runs code of the file."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.common.errors import Told

_ELEMENT_TYPES = {"i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"}


class RefusedError(Told):
    """A pickle of something else; the text says what it holds."""


class _ElementType:
    """What ``numpy.dtype`` makes."""

    def __init__(self, code: str) -> None:
        self.dtype = np.dtype(code)

    def build(self, state: Any) -> None:
        """Take over the byte order."""
        self.dtype = self.dtype.newbyteorder(state[1])


class PickledArray:
    """What ``_reconstruct`` and ``_frombuffer`` make; ``view`` looks at the bytes of the file."""

    view: NDArray[Any] | None = None

    def build(self, state: Any) -> None:
        """Take over the shape and the bytes."""
        _version, shape, element_type, fortran, data = state
        self.view = _view(data, element_type, shape, "F" if fortran is True else "C")


def build(target: Any, state: Any) -> None:
    """Give an array or an element type the state that a pickle has for it."""
    if not isinstance(target, _ElementType | PickledArray):
        raise RefusedError("a state for something that is not an array")
    target.build(state)


def _view(data: Any, element_type: Any, shape: Any, order: Any) -> NDArray[Any]:
    if not isinstance(data, bytes | bytearray) or not isinstance(element_type, _ElementType):
        raise RefusedError("an array that is not made of bytes and an element type")
    return np.frombuffer(data, element_type.dtype).reshape(_sizes(shape), order=order)


def _sizes(value: Any) -> tuple[int, ...]:
    if not isinstance(value, tuple) or not all(isinstance(size, int) and size >= 0 for size in value):
        raise RefusedError("an array whose shape is not a tuple of sizes")
    return value


def checked_text(value: Any) -> str:
    """Return a name, or refuse what is none."""
    if not isinstance(value, str):
        raise RefusedError("a {kind} where a name is expected", kind=type(value).__name__)
    return value


def _reconstruct(subtype: object, shape: object, code: object) -> PickledArray:
    return PickledArray()  # always without elements: the BUILD that follows brings shape and bytes


def _frombuffer(data: Any, element_type: Any, shape: Any, order: Any, axis_order: Any = None) -> PickledArray:
    array = PickledArray()
    if axis_order is None:
        array.view = _view(data, element_type, shape, order)
    else:
        array.view = _view(data, element_type, shape, "C").transpose(_sizes(axis_order))
    return array


def _dtype(code: Any, align: object, copy: object) -> _ElementType:
    if checked_text(code) not in _ELEMENT_TYPES:
        raise RefusedError("an array of element type {code!r}", code=code[:20])
    return _ElementType(code)


def _encode(text: Any, encoding: Any) -> bytes:
    """Stand in for ``_codecs.encode``, by which protocols 0 to 2 write bytes."""
    if encoding != "latin1":
        raise RefusedError("bytes that are not written as latin1")
    return checked_text(text).encode("latin1")


# NumPy 2 moved numpy.core to numpy._core. The class is only ever an argument, so nothing stands in for it.
_GLOBALS = {
    "numpy.core.multiarray _reconstruct": _reconstruct,
    "numpy._core.multiarray _reconstruct": _reconstruct,
    "numpy.core.numeric _frombuffer": _frombuffer,
    "numpy._core.numeric _frombuffer": _frombuffer,
    "numpy ndarray": None,
    "numpy dtype": _dtype,
    "_codecs encode": _encode,
}


def stand_in(name: str) -> Any:
    """Return what stands in for a global, named as in ``numpy dtype``."""
    if name not in _GLOBALS:
        raise RefusedError("the global {name!r}", name=name.replace(" ", ".")[:80])
    return _GLOBALS[name]
