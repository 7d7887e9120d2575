"""The flow of a network of ours."""

from __future__ import annotations

from typing import Any

from chainrule.arrays import Params, Shape
from chainrule.equations.shapes_only import ShapesOnly
from chainrule.files.weights.flow import ANYTHING, INPUT, Flow, Node, Operation
from chainrule.files.weights.walk import chain
from chainrule.layers import (
    LAYERS,
    Activation,
    Bidirectional,
    Dropout,
    Flatten,
    Graph,
    Layer,
    Reshape,
)
from chainrule.layers.composite import Composite
from chainrule.layers.pooling import AveragePool, GlobalAveragePool, MaxPool
from chainrule.layers.shape import Upsample, ZeroPad
from chainrule.network import Network

_LEFT_OUT = (Dropout, Flatten, Reshape)  # dropout with its subclasses does nothing in inference


def own_flow(network: Network) -> Flow:
    """Return what a network computes between its layers with weights, by their paths."""
    assert network.input_shape is not None
    nodes: dict[str, Node] = {}
    output, _ = _visit(network.body, network.params, "", INPUT, network.input_shape, nodes)
    return Flow(nodes, output)


def _visit(
    layer: Layer, params: Params, path: str, before: str, shape: Shape, nodes: dict[str, Node]
) -> tuple[str, Shape]:
    """Add the layers of a chain; return the name of the last one, and the shape of what it gives."""
    for step in chain(layer, params, path):
        name, after = step.path or "0", step.layer.init(ShapesOnly(), shape)[1]
        if isinstance(step.layer, Composite) and not isinstance(step.layer, Bidirectional):
            before = _visit_branches(step.layer, step.params, name, before, shape, nodes)
        else:
            nodes[name] = Node((before,), _operations(step.layer, shape), weighted=bool(step.params))
            before = name
        shape = after
    return before, shape


def _visit_branches(layer: Layer, params: Params, path: str, before: str, shape: Shape, nodes: dict[str, Node]) -> str:
    inner: Any = layer
    if isinstance(layer, Graph):
        ends, shapes = {"input": before}, {"input": shape}
        for node in inner.nodes:
            name = f"{path}.{node.name}"
            if node.merges:
                nodes[name] = Node(tuple(ends[i] for i in node.inputs))
                ends[node.name] = name
                shapes[node.name] = node.layer.init(ShapesOnly(), [shapes[i] for i in node.inputs])[1]
            else:
                (source,) = node.inputs
                ends[node.name], shapes[node.name] = _visit(
                    node.layer, params[node.name], name, ends[source], shapes[source], nodes
                )
        return ends[inner.nodes[-1].name]
    outputs = [
        _visit(body, p, f"{path}.{i}", before, shape, nodes)[0]
        for i, (body, p) in enumerate(zip(inner.parts, params, strict=True))
    ]
    nodes[path] = Node(tuple(outputs))
    return path


def _operations(layer: Layer, shape: Shape) -> tuple[Operation, ...]:
    """Return what a layer computes without weights."""
    any_layer: Any = layer
    if isinstance(layer, _LEFT_OUT):
        return ()
    if isinstance(layer, Activation):
        settings = {} if layer.alpha is None else {"alpha": layer.alpha}
        return () if layer.function == "identity" else (Operation(layer.function, settings),)
    if isinstance(layer, MaxPool | AveragePool):
        named = {name: getattr(any_layer, name) for name in ("window", "stride", "padding")}
        return (Operation(type(layer).__name__, named | {"shape": shape}),)
    if isinstance(layer, GlobalAveragePool):
        return (Operation("GlobalAveragePool", {"shape": shape}),)
    if isinstance(layer, ZeroPad):
        return (Operation("ZeroPad", {"padding": layer.padding}),)
    if isinstance(layer, Upsample):
        return (Operation("Upsample", {"factor": layer.factor}),)
    return () if LAYERS.get(type(layer).__name__) is type(layer) else (Operation(ANYTHING, name=layer.label),)
