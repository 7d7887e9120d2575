"""A stack machine that knows only the instructions of a pickled dict of arrays.

A pickle is a program. Python's own machine can be kept from calling foreign functions, but a few hundred bytes can
still make it run forever or take all memory.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from types import FunctionType
from typing import Any

from chainrule.files.pickle_arrays import RefusedError, build, checked_text, stand_in

_LONGEST = 10**5  # instructions; a dict of arrays needs some 30 for each


class _Machine:
    """What a pickle works on; each method is an instruction, whose argument is None if it has none."""

    def __init__(self, size: int) -> None:
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}
        self.size = size  # of the file, in bytes
        self.encoded = 0  # bytes so far

    def nothing(self, _: Any) -> None:
        """Go on: what the instruction says is of no use here."""

    def push(self, value: Any) -> None:
        """Push the argument."""
        self.stack.append(value)

    def push_true(self, _: Any) -> None:
        """Push True."""
        self.stack.append(True)

    def push_false(self, _: Any) -> None:
        """Push False."""
        self.stack.append(False)

    def mark(self, _: Any) -> None:
        """Remember where the stack ends."""
        self.marks.append(len(self.stack))

    def pop_to_mark(self) -> list[Any]:
        """Take off and return what was pushed since the last mark."""
        start = self.marks.pop()
        items = self.stack[start:]
        del self.stack[start:]
        return items

    def empty_tuple(self, _: Any) -> None:
        """Push ()."""
        self.stack.append(())

    def tuple_to_mark(self, _: Any) -> None:
        """Replace what was pushed since the mark by a tuple of it."""
        self.stack.append(tuple(self.pop_to_mark()))

    def last_as_tuple(self, size: int) -> None:
        """Replace the last so many by a tuple of them."""
        self.stack[-size:] = [tuple(self.stack[-size:])]

    def empty_dict(self, _: Any) -> None:
        """Push {}."""
        self.stack.append({})

    def dict_to_mark(self, _: Any) -> None:
        """Replace keys and values since the mark by a dict."""
        items = self.pop_to_mark()
        self.stack.append({})
        self._set_items(items)

    def set_item(self, _: Any) -> None:
        """Put a key and a value into the dict below."""
        value, key = self.stack.pop(), self.stack.pop()
        self._set_items([key, value])

    def set_items(self, _: Any) -> None:
        """Put the keys and values since the mark into the dict below."""
        self._set_items(self.pop_to_mark())

    def _set_items(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if not isinstance(target, dict):
            raise RefusedError("an entry for something that is not a dict")
        for key, value in zip(items[::2], items[1::2], strict=True):
            target[checked_text(key)] = value

    def put(self, place: int) -> None:
        """Remember the top of the stack."""
        self.memo[place] = self.stack[-1]

    def memoize(self, _: Any) -> None:
        """Remember the top of the stack in the next place."""
        self.memo[len(self.memo)] = self.stack[-1]

    def get(self, place: int) -> None:
        """Push what was remembered."""
        self.stack.append(self.memo[place])

    def global_named(self, name: str) -> None:
        """Push what stands in for a global."""
        self.stack.append(stand_in(name))

    def global_from_stack(self, _: Any) -> None:
        """Push what stands in for the global whose module and name are on the stack."""
        attribute, module = self.stack.pop(), self.stack.pop()
        self.stack.append(stand_in(f"{checked_text(module)} {checked_text(attribute)}"))

    def call(self, _: Any) -> None:
        """Call a stand-in."""
        arguments, function = self.stack.pop(), self.stack.pop()
        if not isinstance(function, FunctionType):
            raise RefusedError("a call of something that is not a function for making arrays")
        result = function(*arguments)
        self.stack.append(result)
        self.encoded += len(result) if isinstance(result, bytes) else 0
        if self.encoded > self.size:  # a text that the file holds once can be encoded any number of times
            raise RefusedError("more encoded bytes than it has itself")

    def build(self, _: Any) -> None:
        """Give an array its state."""
        state = self.stack.pop()
        build(self.stack[-1], state)


_Instruction = Callable[[_Machine, Any], None]
_VALUES = (
    *("NONE", "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1"),
    *("UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"),
    *("SHORT_BINBYTES", "BINBYTES", "BINBYTES8", "BYTEARRAY8"),
)
_INSTRUCTIONS: dict[str, _Instruction] = {
    **dict.fromkeys(("PROTO", "FRAME"), _Machine.nothing),
    **dict.fromkeys(_VALUES, _Machine.push),
    "NEWTRUE": _Machine.push_true,
    "NEWFALSE": _Machine.push_false,
    "MARK": _Machine.mark,
    "EMPTY_TUPLE": _Machine.empty_tuple,
    "TUPLE": _Machine.tuple_to_mark,
    "TUPLE1": lambda machine, _: machine.last_as_tuple(1),
    "TUPLE2": lambda machine, _: machine.last_as_tuple(2),
    "TUPLE3": lambda machine, _: machine.last_as_tuple(3),
    "EMPTY_DICT": _Machine.empty_dict,
    "DICT": _Machine.dict_to_mark,
    "SETITEM": _Machine.set_item,
    "SETITEMS": _Machine.set_items,
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), _Machine.put),
    "MEMOIZE": _Machine.memoize,
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _Machine.get),
    "GLOBAL": _Machine.global_named,
    "STACK_GLOBAL": _Machine.global_from_stack,
    "REDUCE": _Machine.call,
    "BUILD": _Machine.build,
}


def run(content: bytes) -> Any:
    """Return what a pickle makes; arrays are a `PickledArray`.

    Raises
    ------
    RefusedError
        It has an instruction or a global that no dict of arrays needs, or takes more steps or bytes than one.
    ValueError, LookupError, TypeError, OverflowError
        It is no pickle, or it is truncated or damaged.
    """
    machine = _Machine(len(content))
    for number, (opcode, argument, _) in enumerate(pickletools.genops(content)):
        if number == _LONGEST:
            raise RefusedError("more than {most:,} instructions", most=_LONGEST)
        if opcode.name == "STOP":
            break
        if opcode.name not in _INSTRUCTIONS:
            raise RefusedError("the instruction {name}, which no dict of arrays needs", name=opcode.name)
        _INSTRUCTIONS[opcode.name](machine, argument)
    return machine.stack.pop()
