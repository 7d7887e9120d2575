"""Layers connected in any way that has no cycle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any, ClassVar, NamedTuple

import numpy as np

from chainrule.arrays import INFERENCE, Array, Float, Mode, Params, Shape, Shaped
from chainrule.common.errors import InputError
from chainrule.common.settings import Either, OneOf, Refusal, Rule, listed, shown
from chainrule.layers.base import Layer
from chainrule.layers.composite import Composite, kept_by_all, numbers_for
from chainrule.layers.connectivity import MERGES, sum_of
from chainrule.layers.own import LAYER

_INPUT = "input"
_OPERATION = Either(LAYER, OneOf(MERGES))


class Node(NamedTuple):
    """One node of a graph."""

    name: str
    operation: Layer | str  # a layer, or the name of a merge
    inputs: tuple[str, ...]

    @property
    def merges(self) -> bool:
        """Whether the operation takes all the inputs, as a tuple."""
        return isinstance(self.operation, str)

    @property
    def layer(self) -> Layer:
        """The operation as a layer."""
        return MERGES[self.operation] if isinstance(self.operation, str) else self.operation

    def pick(self, values: Mapping[str, Any]) -> Any:
        """Return what belongs to the inputs."""
        return tuple(values[name] for name in self.inputs) if self.merges else values[self.inputs[0]]


class _Nodes(Rule):
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


@dataclass(frozen=True)
class Graph(Composite):
    r"""Named nodes, each a layer or a merge of nodes before it; a layer itself.

    .. math:: z_n = f_n(z_{p_1}, z_{p_2}, \ldots), \qquad
        dz_p = \sum_{n:\; p \to n} dz_n\, \frac{\partial f_n}{\partial z_p}

    A node that is used several times gets the sum of its users' gradients. Parameters and gradients are a dict by the
    node's name.

    Parameters
    ----------
    nodes
        A mapping from the node's name to (operation, inputs). The operation is a layer, which takes one input, or a
        merge: "add", or "concatenate" along the last axis. The inputs are a name or a list of names; "input" is the
        graph's input. The order does not matter. Kept as a tuple of (name, operation, inputs) in order of computation.

    References
    ----------
    Linnainmaa, Taylor expansion of the accumulated rounding error, 1976: the reverse sweep through any acyclic graph.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule.layers import Dense, ReLU
    >>> layer = Graph(
    ...     {
    ...         "a": (Dense(8), "input"),
    ...         "b": (ReLU(), "a"),
    ...         "c": (Dense(8), "b"),
    ...         "sum": ("add", ["a", "c"]),
    ...         "out": (Dense(3), "sum"),
    ...     }
    ... )
    >>> params, output_shape = layer.init(np.random.default_rng(0), (5,))
    >>> params["c"]["W"].shape, output_shape
    ((8, 8), (3,))
    """

    nodes: Mapping[str, tuple[Any, Sequence[str]]] | Sequence[tuple[str, Any, Sequence[str]]]
    rules: ClassVar = {"nodes": _Nodes()}

    @property
    def _nodes(self) -> tuple[Node, ...]:
        return self.nodes  # type: ignore[return-value]  # since they were checked

    @property
    def parts(self) -> tuple[Layer, ...]:
        """The nodes' layers and merges."""
        return tuple(node.layer for node in self._nodes)

    @property
    def names(self) -> tuple[str, ...]:  # type: ignore[override]
        """The nodes' names."""
        return tuple(node.name for node in self._nodes)

    @property
    def vocabulary_of_input(self) -> int | None:
        """The smallest of those of the nodes that take the graph's input."""
        taking = (node.layer.vocabulary_of_input for node in self._nodes if node.inputs == (_INPUT,))
        return min((n for n in taking if n is not None), default=None)

    def keeps_steps(self) -> bool:
        """Return whether the last node keeps the steps."""
        return _keeping_steps(self._nodes)[self._nodes[-1].name]

    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        """Return every node's parameters by its name, and the shape of the last node's output."""
        params: dict[str, Params] = {}
        shapes = {_INPUT: input_shape}
        for node in self._nodes:
            try:
                params[node.name], shapes[node.name] = node.layer.init(rng, node.pick(shapes), dtype)
            except InputError as error:
                inputs = ", ".join(node.inputs)
                raise InputError(f"The node {node.name!r} of the Graph, with the inputs {inputs}: {error}") from None
        return params, shapes[self._nodes[-1].name]

    def forward(
        self, params: Params, x: Shaped[Array, "batch *in"], mode: Mode = INFERENCE
    ) -> tuple[Float[Array, "batch *out"], tuple[Any, ...]]:
        """Return the last node's output and every node's cache."""
        values, caches = self._run(params, x, mode)
        return values[self._nodes[-1].name], caches

    def _run(self, params: Params, x: Array, mode: Mode) -> tuple[dict[str, Array], tuple[Any, ...]]:
        """Return the values of all nodes by name, and the caches."""
        values, caches = {_INPUT: x}, []
        kept = {} if mode.mask is None else _keeping_steps(self._nodes)
        for i, node in enumerate(self._nodes):
            inner = mode.fold(i)
            if kept and not all(kept[name] for name in node.inputs):
                inner = inner._replace(mask=None)
            inputs = node.pick(values)
            if node.inputs == (_INPUT,) and not node.merges:
                inputs = numbers_for(node.layer, params[node.name], inputs)
            values[node.name], cache = node.layer.forward(params[node.name], inputs, inner)
            caches.append(cache)
        return values, tuple(caches)

    def backward(
        self, cache: tuple[Any, ...], dy: Float[Array, "batch *out"], *, input_gradient: bool = True
    ) -> tuple[Float[Array, "batch *in"] | None, Params]:
        """Return the gradients of the input and of every node's parameters."""
        needed = {_INPUT} if input_gradient else set()  # what has parameters, or comes after something that has
        for node in self._nodes:
            if node.layer.has_parameters or not needed.isdisjoint(node.inputs):
                needed.add(node.name)
        dz: dict[str, Array | None] = {self._nodes[-1].name: dy}
        grads: dict[str, Params] = {node.name: {} for node in self._nodes}
        for node, c in zip(reversed(self._nodes), reversed(cache), strict=True):
            if node.name in needed:
                inner = not needed.isdisjoint(node.inputs)
                dx: Any
                dx, grads[node.name] = node.layer.backward(c, dz.pop(node.name), input_gradient=inner)
                for name, d in zip(node.inputs, dx if node.merges else (dx,), strict=True):
                    if name in needed:
                        dz[name] = sum_of(dz.get(name), d)
        return dz.get(_INPUT), grads

    def multiply_adds(self, params: Params, input_shape: Shape) -> int:
        """Return the sum over the nodes."""
        values, _ = self._run(params, np.zeros((1, *input_shape), np.float32), INFERENCE)
        shapes = {name: value.shape[1:] for name, value in values.items()}
        layers = (node for node in self._nodes if not node.merges)
        return sum(node.layer.multiply_adds(params[node.name], node.pick(shapes)) for node in layers)


def _keeping_steps(nodes: tuple[Node, ...]) -> dict[str, bool]:
    """Return for each node whether the steps of a masked input are still in its output."""
    kept = {_INPUT: True}
    for node in nodes:
        if node.merges:
            kept[node.name] = kept_by_all(f"The node {node.name!r} of the Graph", node.pick(kept))
        else:
            kept[node.name] = node.pick(kept) and node.layer.keeps_steps()
    return kept


def _node(name: Any, rest: Any) -> Node:
    """Return a node of what a user wrote: its name, and its operation with its inputs."""
    operation, inputs = rest if len(rest := listed(rest) or []) == 2 else (None, None)
    inputs = [inputs] if isinstance(inputs, str) else listed(inputs)
    if inputs is None or not all(isinstance(text, str) for text in (name, *inputs)):
        raise Refusal(f"The node {shown(name)} is not (operation, inputs) with the names of its inputs.")
    operation = _OPERATION.check(f"The node {str(name)!r} of a Graph", "operation", operation)
    return Node(str(name), operation, tuple(map(str, inputs)))


def _check(nodes: list[Node]) -> None:
    """Raise an error for a node that cannot be part of any graph."""
    names = Counter(node.name for node in nodes)
    known_names = {_INPUT, *names}
    for name, operation, inputs in nodes:
        used = ", ".join(inputs)
        if name == _INPUT:
            raise InputError(f"{_INPUT!r} is the name of the Graph's input: give the node another name.")
        if names[name] > 1:
            raise InputError(f"The nodes of a Graph need different names, but several are named {name!r}.")
        if not name or "." in name:
            raise InputError(f"A Graph's node names its arrays, like name.W, so it cannot be named {name!r}.")
        if not inputs:
            raise InputError(f"The node {name!r} of the Graph has no inputs: name a node, or {_INPUT!r}.")
        if not isinstance(operation, str) and len(inputs) > 1:
            raise InputError(
                f"A layer takes one input, but the node {name!r} of the Graph has several ({used}): "
                'merge them in a node of their own, with "add" or "concatenate".'
            )
        for missing in set(inputs) - known_names:
            known = ", ".join([_INPUT, *names])
            raise InputError(f"The node {name!r} of the Graph uses {missing!r}, which is none of {known}.")


def _in_order(nodes: list[Node]) -> tuple[Node, ...]:
    """Return the nodes so that each comes after its inputs and the one that no other uses is the last."""
    by_name = {node.name: node for node in nodes}
    try:
        order = list(TopologicalSorter({node.name: node.inputs for node in nodes}).static_order())
    except CycleError as error:
        cycle = " -> ".join(error.args[1])
        raise InputError(f"The nodes of a Graph must not form a cycle, but these do: {cycle}.") from None
    used = {name for node in nodes for name in node.inputs}
    unused = [name for name in order if name not in used]
    if len(unused) != 1:
        raise InputError(
            "The output of a Graph is the one node that no other node uses, but here that are "
            f"{', '.join(unused) or 'none'}: merge them, or remove what does not lead to the output."
        )
    return tuple(by_name[name] for name in order if name != _INPUT)
