"""Values as lines of Python that make them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

_LARGEST = 1000  # numbers of an array


class NotWritableError(Exception):
    """A value that no short line of Python makes."""


def assigned(name: str, value: Any) -> list[str]:
    """Return the lines that set a variable; arrays in a tuple, a list or a dict have variables of their own.

    Raises
    ------
    NotWritableError
        If a value is no plain data.
    """
    lines: list[str] = []

    def written(value: Any, name: str) -> str:
        if isinstance(value, np.ndarray):
            lines.extend(_array(name, value))
            return name
        if type(value) is dict:
            return "{" + ", ".join(f"{key!r}: {written(part, f'{name}_{key}')}" for key, part in value.items()) + "}"
        if type(value) in (list, tuple):
            parts = [written(part, f"{name}_{position}") for position, part in enumerate(value)]
            return f"[{', '.join(parts)}]" if type(value) is list else f"({', '.join(parts)}{',' * (len(parts) == 1)})"
        return scalar(value)

    last = f"{name} = {written(value, name)}"
    return lines if last == f"{name} = {name}" else [*lines, last]


def _array(name: str, value: Any) -> list[str]:
    if value.dtype.kind not in "biuf" or not 0 < value.size <= _LARGEST or not name.isidentifier():
        raise NotWritableError
    kind = "" if value.dtype in (np.float64, np.int64, np.bool_) else f', dtype="{value.dtype}"'
    prefix = f"{name} = np.array("
    numbers = np.array2string(value, 95, separator=", ", prefix=prefix, threshold=_LARGEST, formatter=_FORMATS)
    return f"{prefix}{numbers}{kind})".split("\n")


def scalar(value: Any) -> str:
    """Return a value that is no array as Python writes it; the same is raised for what is none."""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, float):
        return _number(value)
    if value is None or type(value) in (bool, int, str):
        return repr(value)
    raise NotWritableError


def _number(value: float) -> str:
    if math.isfinite(value):
        return f"{value:.6g}"
    return "np.nan" if math.isnan(value) else "np.inf" if value > 0 else "-np.inf"


_FORMATS: Any = {"float_kind": _number, "bool": str}
