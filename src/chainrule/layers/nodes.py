"""The nodes of a graph: what a user may write for them, checked and put in order of computation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, Mode, Params, Shape
from chainrule.common.errors import InputError
from chainrule.common.settings import Either, OneOf, Refusal, Rule, listed, shown
from chainrule.common.texts import tr
from chainrule.layers.base import Layer
from chainrule.layers.composite import kept_by_all, numbers_for
from chainrule.layers.connectivity import MERGES
from chainrule.layers.own import LAYER

INPUT = "input"
"""The name of the graph's input."""

_OPERATION = Either(LAYER, OneOf(MERGES))


class Node(NamedTuple):
    """One node of a graph."""

    name: str
    operation: Layer | str  # a layer, or the name of a merge
    inputs: tuple[str, ...]

    @property
    def merges(self) -> bool:
        """Whether the operation takes all the inputs, as a tuple."""
        return self.layer.merges

    @property
    def layer(self) -> Layer:
        """The operation as a layer."""
        return MERGES[self.operation] if isinstance(self.operation, str) else self.operation

    def pick(self, values: Mapping[str, Any]) -> Any:
        """Return what belongs to the inputs, of something that each node has by its name."""
        return tuple(values[name] for name in self.inputs) if self.merges else values[self.inputs[0]]

    def init(self, rng: np.random.Generator, shapes: Mapping[str, Shape], dtype: Any) -> tuple[Params, Shape]:
        """Return the first parameters and the shape of the output."""
        try:
            return self.layer.init(rng, self.pick(shapes), dtype)
        except InputError as error:
            inputs = ", ".join(self.inputs)
            raise InputError(
                "The node {name!r} of the Graph, with the inputs {inputs}: {error}",
                name=self.name,
                inputs=inputs,
                error=error,
            ) from None

    def forward(self, params: Params, values: Mapping[str, Array], mode: Mode) -> tuple[Array, Any]:
        """Return the output and the cache, with the parameters and the values of all nodes."""
        if INPUT in self.inputs:
            values = {**values, INPUT: numbers_for(self.layer, params, values[INPUT])}
        return self.layer.forward(params[self.name], self.pick(values), mode)

    def keeps_steps(self, kept: Mapping[str, bool]) -> bool:
        """Return whether the steps of a masked input are still in the output, if the nodes before kept them or not."""
        if self.merges:
            return kept_by_all(tr("The node {name!r} of the Graph", name=self.name), self.pick(kept))
        return self.pick(kept) and self.layer.keeps_steps()


def keeping_steps(nodes: Sequence[Node]) -> dict[str, bool]:
    """Return for each node whether the steps of a masked input are still in its output."""
    kept = {INPUT: True}
    for node in nodes:
        kept[node.name] = node.keeps_steps(kept)
    return kept


def needing_gradients(nodes: Sequence[Node], input_gradient: bool) -> set[str]:
    """Return the names of the nodes that have parameters, or come after something that needs a gradient."""
    needed = {INPUT} if input_gradient else set()
    for node in nodes:
        if node.layer.has_parameters or not needed.isdisjoint(node.inputs):
            needed.add(node.name)
    return needed


class Nodes(Rule):
    """The nodes of a graph, kept in order of computation."""

    text = "a dict from each node's name to (operation, inputs)"

    def normal(self, value: Any) -> tuple[Node, ...]:
        """Return the nodes."""
        if isinstance(value, Mapping):
            nodes = [_node(name, rest) for name, rest in value.items()]
        else:
            entries = (listed(entry) or [entry] for entry in listed(value) or ())
            nodes = [_node(entry[0], entry[1:]) for entry in entries]
        if not nodes:
            raise Refusal
        _check(nodes)
        return _in_order(nodes)


def _node(name: Any, rest: Any) -> Node:
    """Return a node of what a user wrote: its name, and its operation with its inputs."""
    entries = listed(rest) or []
    operation, inputs = entries if len(entries) == 2 else (None, None)
    inputs = [inputs] if isinstance(inputs, str) else listed(inputs)
    if inputs is None or not all(isinstance(text, str) for text in (name, *inputs)):
        raise Refusal("The node {name} is not (operation, inputs) with the names of its inputs.", name=shown(name))
    operation = _OPERATION.check(tr("The node {name!r} of the Graph", name=str(name)), "operation", operation)
    return Node(str(name), operation, tuple(map(str, inputs)))


def _check(nodes: list[Node]) -> None:
    """Raise an error for a node that cannot be part of any graph."""
    names = Counter(node.name for node in nodes)
    known_names = {INPUT, *names}
    for name, operation, inputs in nodes:
        used = ", ".join(inputs)
        if name == INPUT:
            raise InputError("{input!r} is the name of the Graph's input: give the node another name.", input=INPUT)
        if names[name] > 1:
            raise InputError("The nodes of a Graph need different names, but several are named {name!r}.", name=name)
        if not name or "." in name:
            raise InputError("A Graph's node names its arrays, like name.W, so it cannot be named {name!r}.", name=name)
        if not inputs:
            raise InputError(
                "The node {name!r} of the Graph has no inputs: name a node, or {input!r}.", name=name, input=INPUT
            )
        if not isinstance(operation, str) and len(inputs) > 1:
            raise InputError(
                "A layer takes one input, but the node {name!r} of the Graph has several ({inputs}): merge them in a "
                'node of their own, with "add" or "concatenate".',
                name=name,
                inputs=used,
            )
        for missing in set(inputs) - known_names:
            known = ", ".join([INPUT, *names])
            raise InputError(
                "The node {name!r} of the Graph uses {missing!r}, which is none of {known}.",
                name=name,
                missing=missing,
                known=known,
            )


def _in_order(nodes: list[Node]) -> tuple[Node, ...]:
    """Return the nodes so that each comes after its inputs and the one that no other uses is the last."""
    by_name = {node.name: node for node in nodes}
    try:
        order = list(TopologicalSorter({node.name: node.inputs for node in nodes}).static_order())
    except CycleError as error:
        cycle = " -> ".join(error.args[1])
        raise InputError("The nodes of a Graph must not form a cycle, but these do: {cycle}.", cycle=cycle) from None
    used = {name for node in nodes for name in node.inputs}
    unused = [name for name in order if name not in used]
    if not unused:
        raise InputError(
            "The output of a Graph is the one node that no other node uses, but here every node is used: remove what "
            "comes after the output."
        )
    if len(unused) > 1:
        raise InputError(
            "The output of a Graph is the one node that no other node uses, but here that are {unused}: merge them, "
            "or remove what does not lead to the output.",
            unused=", ".join(unused),
        )
    return tuple(by_name[name] for name in order if name != INPUT)
