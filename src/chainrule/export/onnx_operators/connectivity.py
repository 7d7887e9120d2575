"""How layers are connected, in ONNX."""

from __future__ import annotations

from functools import reduce
from typing import Any

from chainrule.arrays import Params
from chainrule.export.onnx_operators.graph import Operator, Place, Tensor
from chainrule.layers import Concatenate, Graph, Residual, Sequential
from chainrule.layers.connectivity import MERGES
from chainrule.layers.nodes import INPUT


def _sequential(place: Place, layer: Sequential, params: Params, x: Tensor) -> str:
    for i, part in enumerate(layer.parts):
        x = place.part(str(i), part, params[i], x)
    return x.name


def _branches(place: Place, layer: Residual | Concatenate, params: Params, x: Tensor) -> str:
    outputs = tuple(place.part(str(i), part, params[i], x) for i, part in enumerate(layer.parts))
    return place.part("merge", layer.merge, {}, outputs).name


def _graph(place: Place, layer: Graph, params: Params, x: Tensor) -> str:
    values = {INPUT: x}
    nodes: Any = layer.nodes  # in order of computation
    for node in nodes:
        values[node.name] = place.part(node.name, node.layer, params[node.name], node.pick(values))
    return values[nodes[-1].name].name


def _add(place: Place, layer: Any, params: Params, x: tuple[Tensor, ...]) -> str:
    return reduce(lambda total, name: place.node("Add", total, name), (tensor.name for tensor in x))


def _concatenate(place: Place, layer: Any, params: Params, x: tuple[Tensor, ...]) -> str:
    return place.node("Concat", *(tensor.name for tensor in x), axis=-1)


OPERATORS: dict[type[Any], Operator] = {
    Sequential: _sequential,
    Residual: _branches,
    Concatenate: _branches,
    Graph: _graph,
    type(MERGES["add"]): _add,
    type(MERGES["concatenate"]): _concatenate,
}
