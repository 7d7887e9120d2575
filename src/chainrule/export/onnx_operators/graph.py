"""A graph of ONNX as it grows: tensors with the shapes of one example, and places that name the nodes of a layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, count
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, Params, Shape
from chainrule.common.errors import InputError
from chainrule.equations.shapes_only import ShapesOnly
from chainrule.layers import Layer

INPUT = "input"
"""The name of the network's input."""


class Tensor(NamedTuple):
    """What flows between layers."""

    name: str
    shape: Shape  # of one example
    steps: bool = False  # whether its first axis is that of the input's steps, of which `lengths` says which hold data
    whole: bool = False  # whether its numbers are int64


Operator = Callable[..., str]
"""Adds the nodes of a layer, from its place, the layer, its parameters and its input; returns its output's name."""


@dataclass
class Graph:
    """Nodes and initializers so far.

    Attributes
    ----------
    operators
        What adds the nodes of a layer, by its class.
    fixed_time
        Whether a node holds only for sequences of the length that the network was built for.
    shared
        The names of tensors that several layers use.
    names
        All names that are taken.
    """

    operators: Mapping[type[Any], Operator]
    nodes: list[Any] = field(default_factory=list)
    initializers: list[Any] = field(default_factory=list)
    fixed_time: bool = False
    shared: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)

    def node(self, name: str, operator: str, inputs: Sequence[str], output: int = 0, **attributes: Any) -> str:
        """Add a node, which has the name of the one output that is used, and return it."""
        from onnx import helper

        name = self._unused(name)
        outputs = [""] * output + [name]  # an empty name leaves an output out
        self.nodes.append(helper.make_node(operator, inputs, outputs, name=name, **attributes))
        return name

    def initializer(self, name: str, array: Array) -> str:
        """Add an array, and return its name."""
        from onnx import numpy_helper

        name = self._unused(name)
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def _unused(self, name: str) -> str:
        numbered = (f"{name}_{number}" for number in count(2))
        name = next(free for free in chain([name], numbered) if free not in self.names)
        self.names.add(name)
        return name


@dataclass(frozen=True)
class Place:
    """Where a layer stands in the network: its nodes and arrays are named after it.

    Attributes
    ----------
    path
        That of the layer, such as "0", or "2.1" inside of a composite: the beginning of its parameters' paths.
    label
        The layer's name in `summary`.
    """

    graph: Graph
    path: str = ""
    label: str = ""

    def node(self, operator: str, *inputs: str, output: int = 0, **attributes: Any) -> str:
        """Add a node of the layer, and return the name of the output that is used."""
        return self.graph.node(f"{self.path}.{self.label}/{operator}", operator, inputs, output, **attributes)

    def parameter(self, name: str, array: Array) -> str:
        """Add numbers as float32, under the path that a parameter has in model files.

        Raises
        ------
        InputError
            They are beyond float32.
        """
        path = f"{self.path}.{name}"
        with np.errstate(over="ignore"):
            numbers = np.asarray(array, np.float32)
        if not np.isfinite(numbers).all():
            raise InputError(
                "{path} holds {number:g}, but ONNX models are written with float32, whose largest is {largest:g}: "
                "scale the inputs or targets, and train anew.",
                path=path,
                number=np.asarray(array)[~np.isfinite(numbers)][0],
                largest=np.finfo(np.float32).max,
            )
        return self.graph.initializer(path, numbers)

    def integers(self, name: str, values: Sequence[int]) -> str:
        """Add whole numbers that an operator takes as an input, such as a shape or axes."""
        return self.graph.initializer(f"{self.path}.{name}", np.array(values, np.int64))

    def lengths(self, x: Tensor) -> Shape:
        """Return the lengths of the axes before the last, on which the nodes to be added depend."""
        self.graph.fixed_time = True
        return x.shape[:-1]

    def floats(self, x: Tensor) -> Tensor:
        """Return a tensor as float32."""
        from onnx import TensorProto

        return x._replace(name=self.node("Cast", x.name, to=TensorProto.FLOAT), whole=False) if x.whole else x

    def part(self, name: str, layer: Layer, params: Params, x: Any) -> Tensor:
        """Add the nodes of a layer that is a part of this one; x is a tuple for a merge."""
        place = Place(self.graph, f"{self.path}.{name}" if self.path else name, layer.label)
        operator = self.graph.operators.get(type(layer))
        if operator is None:
            raise InputError(
                "The layer {path}, {label}, cannot be exported to ONNX: it is none of chainrule's own layers, so its "
                "operators are unknown. Build it from layers of chainrule's.",
                path=place.path,
                label=layer.label,
            )
        inputs: tuple[Tensor, ...] = x if layer.merges else (x,)
        looks_up = layer.rearranges or layer.vocabulary_of_input is not None
        if not looks_up and not (layer.merges and all(tensor.whole for tensor in inputs)):
            inputs = tuple(map(place.floats, inputs))
        shapes = tuple(tensor.shape for tensor in inputs)
        _, shape = layer.init(ShapesOnly(), shapes if layer.merges else shapes[0])  # type: ignore[arg-type]
        output = operator(place, layer, params, inputs if layer.merges else inputs[0])
        steps = all(tensor.steps for tensor in inputs) and (layer.merges or layer.keeps_steps())
        whole = all(tensor.whole for tensor in inputs) and (layer.merges or layer.rearranges)
        return Tensor(output, tuple(shape), steps, whole)
