"""The nodes that a file gave, as layers: one after another with residual blocks and branches, or else as a Graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chainrule.arrays import Params
from chainrule.files.onnx_in.building import Part
from chainrule.layers import GRU, LSTM, RNN, Bidirectional, Concatenate, Graph, Identity, Layer, Residual, Sequential
from chainrule.layers.nodes import INPUT

Line = list[tuple[Layer, Params]]


class _NotNestedError(Exception):
    """The branches do not split and join like brackets."""


def connected(parts: dict[str, Part], output: str) -> Line:
    """Return the layers from the input to a node with their parameters; what does not lead there is left out."""
    if output == INPUT:
        return [(Identity(), {})]
    needed = {output}
    for name, part in reversed(parts.items()):
        if name in needed:
            needed.update(part.inputs)
    kept = {name: part for name, part in parts.items() if name in needed}
    try:
        return _Brackets(kept).line(output, INPUT)
    except _NotNestedError:
        # The output is the last one of those that are left, and no other uses it.
        nodes = [(name, part.operation, part.inputs) for name, part in kept.items()]
        return [(Graph(nodes), {name: part.params for name, part in kept.items()})]


class _Brackets:
    """Reads nodes as lines of layers, in which branches that split at one place join at another."""

    def __init__(self, parts: Mapping[str, Part]) -> None:
        self.parts = parts
        self.depth = {INPUT: 0}
        self.gate = {INPUT: INPUT}  # the last node that every way from the input to a node passes
        self.read: set[str] = set()
        for name, part in parts.items():
            gate = part.inputs[0]
            for other in part.inputs[1:]:
                gate = self._common(gate, other)
            self.gate[name] = gate
            self.depth[name] = self.depth[gate] + 1

    def _common(self, a: str, b: str) -> str:
        while a != b:
            if self.depth[a] < self.depth[b]:
                a, b = b, a
            a = self.gate[a]
        return a

    def line(self, end: str, start: str) -> Line:
        """Return the layers after one node up to another."""
        line: Line = []
        while end != start:
            part = self.parts[end]
            if end in self.read:  # two branches share it
                raise _NotNestedError
            self.read.add(end)
            if isinstance(part.operation, str):
                top = self.gate[end]
                line.append(_joined(part.operation, [self.line(branch, top) for branch in part.inputs]))
                end = top
            else:
                line.append((part.operation, part.params))
                (end,) = part.inputs
        return line[::-1]


def _joined(merge: str, branches: list[Line]) -> tuple[Layer, Params]:
    """Return branches that start at the same place as one layer."""
    if merge == "add":
        body, shortcut = [*branches, []][:2] if len(branches) <= 2 else ([], [])
        if len(shortcut) > len(body):
            body, shortcut = shortcut, body
        if not body:
            raise _NotNestedError  # more than two, or twice the same
        layers, params = zip(*map(_branch, (body, shortcut)), strict=True)
        return Residual(*layers), params
    both = _both_ways(branches)
    if both is not None:
        return both
    layers, params = zip(*map(_branch, branches), strict=True)
    return Concatenate(layers), params


def _both_ways(branches: list[Line]) -> tuple[Layer, Params] | None:
    """Return a recurrent layer and its reversed twin as one layer."""
    if [len(line) for line in branches] != [1, 1]:
        return None
    ((ahead, ahead_params),), ((back, back_params),) = branches
    if not isinstance(ahead, RNN | LSTM | GRU) or ahead.reverse:
        return None
    both: Any = Bidirectional(ahead)
    return (both, {"ahead": ahead_params, "back": back_params}) if both.parts[1] == back else None


def _branch(line: Line) -> tuple[Layer | None, Params]:
    if not line:
        return None, {}
    if len(line) == 1:
        return line[0]
    layers, params = zip(*line, strict=True)
    return Sequential(layers), params
