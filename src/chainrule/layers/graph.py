"""Layers connected in any way that has no cycle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from chainrule.arrays import INFERENCE, Array, Float, Mode, Params, Shape, Shaped
from chainrule.layers.base import Layer
from chainrule.layers.composite import Composite
from chainrule.layers.connectivity import sum_of
from chainrule.layers.nodes import INPUT, Node, Nodes, keeping_steps, needing_gradients


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
    rules: ClassVar = {"nodes": Nodes()}

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
        taking = (node.layer.vocabulary_of_input for node in self._nodes if node.inputs == (INPUT,))
        return min((n for n in taking if n is not None), default=None)

    def keeps_steps(self) -> bool:
        """Return whether the last node keeps the steps."""
        return keeping_steps(self._nodes)[self._nodes[-1].name]

    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        """Return every node's parameters by its name, and the shape of the last node's output."""
        params: dict[str, Params] = {}
        shapes = {INPUT: input_shape}
        for node in self._nodes:
            params[node.name], shapes[node.name] = node.init(rng, shapes, dtype)
        return params, shapes[self._nodes[-1].name]

    def forward(
        self, params: Params, x: Shaped[Array, "batch *in"], mode: Mode = INFERENCE
    ) -> tuple[Float[Array, "batch *out"], tuple[Any, ...]]:
        """Return the last node's output and every node's cache."""
        values, caches = self._run(params, x, mode)
        return values[self._nodes[-1].name], caches

    def _run(self, params: Params, x: Array, mode: Mode) -> tuple[dict[str, Array], tuple[Any, ...]]:
        """Return the values of all nodes by name, and the caches."""
        values, caches = {INPUT: x}, []
        kept = {} if mode.mask is None else keeping_steps(self._nodes)
        for i, node in enumerate(self._nodes):
            inner = mode.fold(i)
            if kept and not all(kept[name] for name in node.inputs):
                inner = inner._replace(mask=None)
            values[node.name], cache = node.forward(params, values, inner)
            caches.append(cache)
        return values, tuple(caches)

    def backward(
        self, cache: tuple[Any, ...], dy: Float[Array, "batch *out"], *, input_gradient: bool = True
    ) -> tuple[Float[Array, "batch *in"] | None, Params]:
        """Return the gradients of the input and of every node's parameters."""
        needed = needing_gradients(self._nodes, input_gradient)
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
        return dz.get(INPUT), grads

    def multiply_adds(self, params: Params, input_shape: Shape) -> int:
        """Return the sum over the nodes, whose shapes are those of a pass of one example."""
        with np.errstate(over="ignore", invalid="ignore"):  # the parameters may be about to blow up
            values, _ = self._run(params, np.zeros((1, *input_shape), np.float32), INFERENCE)
        shapes = {name: value.shape[1:] for name, value in values.items()}
        layers = (node for node in self._nodes if not node.merges)
        return sum(node.layer.multiply_adds(params[node.name], node.pick(shapes)) for node in layers)
