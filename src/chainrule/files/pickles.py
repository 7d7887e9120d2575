"""Reader of the book's pickled weights that runs nothing of what is in the file.

A pickle is a program for a small stack machine. Python's own machine can be kept from calling foreign
functions, but a few hundred bytes can still make it run forever or take all memory. This one knows only the
instructions that a dict of arrays consists of, and stands in for the few NumPy functions that these name.
"""

from __future__ import annotations

import os
import pickletools
import warnings
from types import FunctionType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.common import reading
from chainrule.common.errors import FileFormatError

_VALUES = {
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1"),
    *("UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"),
    *("SHORT_BINBYTES", "BINBYTES", "BINBYTES8", "BYTEARRAY8"),
}
_LONGEST = 10**5  # instructions; a dict of arrays needs some 30 for each
_ELEMENT_TYPES = {"i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"}


def load_book_weights(path: str | os.PathLike[str]) -> dict[str, NDArray[Any]]:
    """Read a pickled dict of arrays, such as the book's ``sample_weight.pkl``.

    Pickles written by Python 3 with any protocol and any version of NumPy are read.

    Parameters
    ----------
    path
        The pickle.

    Returns
    -------
    dict of str to ndarray
        Integers or floating-point numbers, in native byte order.

    Raises
    ------
    DataUnavailableError
        The file cannot be read.
    FileFormatError
        The file is empty, truncated or not a pickle, or it holds anything but a dict of arrays of numbers
        by name. Nothing in it has run.

    References
    ----------
    Koki Saitoh, "Deep Learning from Scratch", O'Reilly, chapter 3 (the weights); the instructions are
    documented in Python's ``pickletools``.
    """
    with reading.opened(path) as file:
        content = file.read()
    if not content:
        raise FileFormatError(f"{path} is empty; expected a pickled dict of arrays.")
    try:
        with warnings.catch_warnings():
            # pickletools warns of a stray backslash in a name, which then is refused or damaged anyway.
            warnings.filterwarnings("ignore", "invalid escape sequence", DeprecationWarning)
            return _checked(_run(content), len(content))
    except _RefusedError as error:
        raise FileFormatError(
            f"{path} holds {error}. It was refused, and nothing in it has run: only a pickled dict of arrays "
            "of numbers by name is read."
        ) from error
    except (ValueError, LookupError, TypeError, OverflowError) as error:
        raise FileFormatError(f"{path} is not a pickle, or it is truncated or damaged.") from error


class _RefusedError(Exception):
    """A pickle of something else; the text says what it holds."""


class _ElementType:
    """What ``numpy.dtype`` makes."""

    def __init__(self, code: str) -> None:
        self.dtype = np.dtype(code)


class _Array:
    """What ``_reconstruct`` and ``_frombuffer`` make; ``view`` looks at the bytes of the file."""

    view: NDArray[Any] | None = None


def _run(content: bytes) -> Any:
    stack: list[Any] = []
    marks: list[int] = []
    memo: dict[int, Any] = {}

    def pop_to_mark() -> list[Any]:
        start = marks.pop()
        items = stack[start:]
        del stack[start:]
        return items

    argument: Any
    encoded = 0
    for number, (opcode, argument, _) in enumerate(pickletools.genops(content)):
        if number == _LONGEST:
            raise _RefusedError(f"more than {_LONGEST:,} instructions")
        match opcode.name:
            case "PROTO" | "FRAME":
                pass
            case name if name in _VALUES:
                stack.append(argument)
            case "NONE":
                stack.append(None)
            case "NEWTRUE" | "NEWFALSE" as name:
                stack.append(name == "NEWTRUE")
            case "MARK":
                marks.append(len(stack))
            case "EMPTY_TUPLE":
                stack.append(())
            case "TUPLE":
                stack.append(tuple(pop_to_mark()))
            case "TUPLE1" | "TUPLE2" | "TUPLE3" as name:
                size = int(name[-1])
                stack[-size:] = [tuple(stack[-size:])]
            case "EMPTY_DICT":
                stack.append({})
            case "DICT":
                items = pop_to_mark()
                stack.append({})
                _set_items(stack[-1], items)
            case "SETITEM":
                value, key = stack.pop(), stack.pop()
                _set_items(stack[-1], [key, value])
            case "SETITEMS":
                items = pop_to_mark()
                _set_items(stack[-1], items)
            case "PUT" | "BINPUT" | "LONG_BINPUT":
                memo[argument] = stack[-1]
            case "MEMOIZE":
                memo[len(memo)] = stack[-1]
            case "GET" | "BINGET" | "LONG_BINGET":
                stack.append(memo[argument])
            case "GLOBAL":
                stack.append(_stand_in(argument))
            case "STACK_GLOBAL":
                attribute, module = stack.pop(), stack.pop()
                stack.append(_stand_in(f"{_text(module)} {_text(attribute)}"))
            case "REDUCE":
                arguments, function = stack.pop(), stack.pop()
                if not isinstance(function, FunctionType):
                    raise _RefusedError("a call of something that is not a function for making arrays")
                stack.append(function(*arguments))
                encoded += len(stack[-1]) if isinstance(stack[-1], bytes) else 0
                if encoded > len(content):  # a text that the file holds once can be encoded any number of times
                    raise _RefusedError("more encoded bytes than it has itself")
            case "BUILD":
                state = stack.pop()
                _build(stack[-1], state)
            case "STOP":
                break
            case name:
                raise _RefusedError(f"the instruction {name}, which no dict of arrays needs")
    return stack.pop()


def _set_items(target: Any, items: list[Any]) -> None:
    if not isinstance(target, dict):
        raise _RefusedError("an entry for something that is not a dict")
    for key, value in zip(items[::2], items[1::2], strict=True):
        target[_text(key)] = value


def _build(target: Any, state: Any) -> None:
    if isinstance(target, _ElementType):
        target.dtype = target.dtype.newbyteorder(state[1])
    elif isinstance(target, _Array):
        _version, shape, element_type, fortran, data = state
        target.view = _view(data, element_type, shape, "F" if fortran is True else "C")
    else:
        raise _RefusedError("a state for something that is not an array")


def _view(data: Any, element_type: Any, shape: Any, order: Any) -> NDArray[Any]:
    if not isinstance(data, bytes | bytearray) or not isinstance(element_type, _ElementType):
        raise _RefusedError("an array that is not made of bytes and an element type")
    return np.frombuffer(data, element_type.dtype).reshape(_sizes(shape), order=order)


def _sizes(value: Any) -> tuple[int, ...]:
    if not isinstance(value, tuple) or not all(isinstance(size, int) and size >= 0 for size in value):
        raise _RefusedError("an array whose shape is not a tuple of sizes")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _RefusedError(f"a {type(value).__name__} where a name is expected")
    return value


def _reconstruct(subtype: object, shape: object, code: object) -> _Array:
    return _Array()  # always without elements: the BUILD that follows brings shape and bytes


def _frombuffer(data: Any, element_type: Any, shape: Any, order: Any, axis_order: Any = None) -> _Array:
    array = _Array()
    if axis_order is None:
        array.view = _view(data, element_type, shape, order)
    else:
        array.view = _view(data, element_type, shape, "C").transpose(_sizes(axis_order))
    return array


def _dtype(code: Any, align: object, copy: object) -> _ElementType:
    if _text(code) not in _ELEMENT_TYPES:
        raise _RefusedError(f"an array of element type {code[:20]!r}")
    return _ElementType(code)


def _encode(text: Any, encoding: Any) -> bytes:
    """Stand in for ``_codecs.encode``, by which protocols 0 to 2 write bytes."""
    if encoding != "latin1":
        raise _RefusedError("bytes that are not written as latin1")
    return _text(text).encode("latin1")


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


def _stand_in(name: str) -> Any:
    if name not in _GLOBALS:
        raise _RefusedError(f"the global {name.replace(' ', '.')[:80]!r}")
    return _GLOBALS[name]


def _checked(weights: Any, size: int) -> dict[str, NDArray[Any]]:
    if not isinstance(weights, dict):
        raise _RefusedError("something other than a dict")
    for name, value in weights.items():
        if not isinstance(value, _Array) or value.view is None:
            raise _RefusedError(f"something under {name[:80]!r} that is not an array")
    views = {name: value.view for name, value in weights.items()}
    # Bytes that the file holds once can be named any number of times.
    if sum(view.nbytes for view in views.values()) > size:
        raise _RefusedError("fewer bytes than its arrays claim")
    return {name: view.astype(view.dtype.newbyteorder("=")) for name, view in views.items()}
