"""What is computed between the layers that have weights: of a network here, or as another library says it.

A flow is a graph. Where one layer follows another, it is known what stands between them; where several do, or nobody
says what follows, nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

INPUT, END, FORK, MERGE = "(input)", "(end)", "(fork)", "(merge)"
"""The node of the input; and where what follows a node may end, besides at a node with weights."""
ANYTHING = ""
"""The kind of an operation that is not known."""


class Operation(NamedTuple):
    """One thing that is computed without weights.

    Attributes
    ----------
    kind
        An activation's name here; "MaxPool", "AveragePool", the same with "Global" before it, "ZeroPad", "Upsample" or
        "Flip"; ANYTHING if it is not known; else what the other library calls what no layer here computes.
    settings
        Those that change the numbers, by our names.
    name
        What its library calls it, for people.
    """

    kind: str
    settings: Mapping[str, Any] = MappingProxyType({})
    name: str = ""


class Node(NamedTuple):
    """One layer.

    Attributes
    ----------
    inputs
        The nodes before it; none if nobody says.
    operations
        What it computes or, if it has weights, does after these.
    padding
        What it pads its input by before its weights.
    weighted
        Whether it has weights, or may have some.
    """

    inputs: tuple[str, ...]
    operations: tuple[Operation, ...] = ()
    padding: tuple[Operation, ...] = ()
    weighted: bool = False


class Gap(NamedTuple):
    """What follows a node up to the next one with weights."""

    operations: tuple[Operation, ...]
    end: str | None  # the name of that one, or END, FORK or MERGE; None if nobody says


class Flow:
    """A graph of layers.

    Parameters
    ----------
    nodes
        The layers by name.
    output
        The name of the last one; None if nobody says.
    """

    def __init__(self, nodes: Mapping[str, Node], output: str | None) -> None:
        self.nodes, self._output = nodes, output
        self._users: dict[str, list[str]] = {}
        for name, node in nodes.items():
            for before in node.inputs:
                self._users.setdefault(before, []).append(name)

    def after(self, name: str) -> Gap:
        """Return what follows a node, or the input."""
        operations = [] if name == INPUT else list(self.nodes[name].operations)
        while True:
            users = self._users.get(name, [])
            if not users or name == self._output:
                end = END if name == self._output else None
                return Gap(tuple(operations), FORK if users and end else end)
            if len(users) > 1:
                return Gap(tuple(operations), FORK)
            (name,) = users
            node = self.nodes[name]
            if len(node.inputs) > 1:
                return Gap(tuple(operations), MERGE)
            if node.weighted:
                return Gap(tuple(operations), name)
            operations += node.operations

    def padding_into(self, name: str) -> tuple[list[Operation], bool]:
        """Return what pads the input of a node with weights, its own padding last; and whether that is all."""
        node = self.nodes[name]
        padding = list(node.padding)
        while len(node.inputs) == 1 and node.inputs[0] != INPUT:
            name, node = node.inputs[0], self.nodes[node.inputs[0]]
            if node.weighted or any(operation.kind != "ZeroPad" for operation in node.operations):
                return padding, True
            padding = [*node.operations, *padding]
        return padding, bool(node.inputs)
