"""The lines of a NumPy script's forward pass, and the arrays that they name."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, Shape
from chainrule.export.python_code import Bracket, comment


class Value(NamedTuple):
    """An array of the script."""

    name: str
    shape: Shape  # of one example
    whole: bool = False  # whether it holds the whole numbers that an embedding looks up
    steps: bool = False  # whether its first axis is that of the input's steps, of which a mask says which hold data


class Steps:
    """The lines of a script's forward pass as they come, and what they need: weights and functions."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = np.dtype(dtype)
        self.lines: list[str] = []
        self.weights: dict[str, Array] = {}
        self.functions: set[str] = set()
        self.masked = False  # whether a step uses the mask M, (n, time, 1)
        self._names = {"A0"}
        self._number = 0

    def begin(self, text: str) -> None:
        """Begin a step with a comment."""
        self.lines += ["", *comment(text)]

    def output(self, letter: str, *, next_number: bool = False) -> str:
        """Return the name of a new array: its letter, and the number of the last layer that has weights."""
        if next_number or f"{letter}{self._number}" in self._names:
            self._number += 1
        name = f"{letter}{self._number}"
        self._names.add(name)
        return name

    def of_weights(self, output: str, arrays: dict[str, Array]) -> list[str]:
        """Write the lines that take weights, two in a line; return their names, with the output's number."""
        number = output.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        names = [f"{name}{number}" for name in arrays]
        self.weights |= zip(names, (a.astype(self.dtype) for a in arrays.values()), strict=True)
        for pair in (names[i : i + 2] for i in range(0, len(names), 2)):
            taken = ", ".join(f'WEIGHTS["{name}"]' for name in pair)
            shapes = ", ".join(str(self.weights[name].shape) for name in pair)
            self.lines.append(f"    {', '.join(pair)} = {taken}  # {shapes}")
        return names

    def clear(self, target: str, x: Value) -> None:
        """Write the line that makes padded steps 0, if there are steps."""
        if x.steps:
            self.masked = True
            self.lines.append(f"    {target} = np.where(M, {target}, 0)  # padded steps are 0")

    def call(self, target: str, function: str, *arguments: str) -> None:
        """Write the line that gives an array what a function returns."""
        self.functions.add(function)
        self.lines += Bracket(f"{target} = {function}(", arguments).lines(4)
