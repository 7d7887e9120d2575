"""The layers of a network that have parameters, with the order that PyTorch has their features in.

PyTorch has the channels of pictures and of what convolutions make of sequences before the other axes, and flattens them
in this order; here they are last. So the features of a vector that was flattened are in another order there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, Params, Shape
from chainrule.equations.shapes_only import ShapesOnly
from chainrule.layers import (
    Activation,
    AveragePool,
    BatchNorm,
    Bidirectional,
    Conv1D,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    Graph,
    GroupNorm,
    Layer,
    LayerNorm,
    MaxPool,
    Reshape,
    RMSNorm,
    Sequential,
    SpatialDropout,
    Upsample,
    ZeroPad,
)
from chainrule.layers.composite import Composite
from chainrule.layers.recurrent import Recurrent

_CHANNELS_FIRST = (Conv1D, Conv2D, MaxPool, AveragePool, BatchNorm, GroupNorm, SpatialDropout, Upsample, ZeroPad)
_CHANNELS_LAST = (Dense, Embedding, Recurrent, Bidirectional, LayerNorm, RMSNorm, Reshape)
_FEATURE_BY_FEATURE = (Activation, Dropout, BatchNorm, LayerNorm, RMSNorm)


@dataclass(frozen=True)
class Layout:
    """What one example looks like between two layers.

    Attributes
    ----------
    shape
        Its shape here.
    channels_first
        Whether PyTorch has its last axis first.
    order
        For each feature of a vector, which one of PyTorch's it is; None if the order is the same.
    """

    shape: Shape
    channels_first: bool
    order: Array | None = None

    @classmethod
    def of_input(cls, shape: Shape) -> Layout:
        """Return the layout of a network's input: in PyTorch the channels of pictures are first."""
        return cls(shape, len(shape) == 3)

    def wanted_by(self, layer: Layer) -> bool:
        """Return whether PyTorch's layer of this kind takes the channels first."""
        if isinstance(layer, _CHANNELS_FIRST):
            return len(self.shape) > 1
        return False if isinstance(layer, _CHANNELS_LAST) else self.channels_first

    def after(self, layer: Layer) -> Layout:
        """Return the layout after a layer that is made of no others."""
        _, shape = layer.init(ShapesOnly(), self.shape)
        first = self.wanted_by(layer)
        if isinstance(layer, Flatten):
            return Layout(shape, False, _flattened(self.shape) if first else self.order)
        if isinstance(layer, Dense | Reshape) or len(shape) > 1:
            return Layout(shape, first and len(shape) > 1)
        return Layout(shape, False, self.order)


def _flattened(shape: Shape) -> Array | None:
    """Return for each number of an example, flattened here, its place among those flattened by PyTorch."""
    *axes, channels = shape
    places = np.moveaxis(np.arange(math.prod(shape)).reshape(channels, *axes), 0, -1).reshape(-1)
    return None if (np.diff(places) == 1).all() else places


class Step(NamedTuple):
    """A layer in a chain: no `Sequential`, whose layers stand in its place."""

    path: str
    layer: Layer
    params: Params


def chain(layer: Layer, params: Params, path: str) -> Iterator[Step]:
    """Yield the layers of a chain, and those of chains inside of it."""
    if not isinstance(layer, Sequential):
        yield Step(path, layer, params)
        return
    for i, (inner, p) in enumerate(zip(layer.parts, params, strict=True)):
        yield from chain(inner, p, f"{path}.{i}" if path else str(i))


def feeds_dense(steps: Sequence[Step]) -> bool:
    """Return whether the features of a vector reach a Dense before anything for which their order matters."""
    following = next((s.layer for s in steps if not isinstance(s.layer, _FEATURE_BY_FEATURE)), None)
    return isinstance(following, Dense)


def merged(merge: Any, ends: Sequence[Layout]) -> Layout:
    """Return the layout of a sum or of arrays side by side: that of the first one, but for the shape."""
    _, shape = merge.init(ShapesOnly(), [end.shape for end in ends])
    return replace(ends[0], shape=shape)


class Target(NamedTuple):
    """A layer that has parameters."""

    path: str
    layer: Layer
    params: Params
    order: Array | None  # of the features that it takes
    shape: Shape  # of one example that it takes


def targets(body: Layer, params: Params, input_shape: Shape) -> list[Target]:
    """Return the layers of a network that have parameters, in the order of computation."""
    found: list[Target] = []
    _visit(body, params, "", Layout.of_input(input_shape), found)
    return found


def _visit(layer: Layer, params: Params, path: str, layout: Layout, found: list[Target]) -> Layout:
    steps = list(chain(layer, params, path))
    for i, step in enumerate(steps):
        if isinstance(step.layer, Composite) and not isinstance(step.layer, Bidirectional):
            layout = _visit_branches(step, layout, found)
            continue
        if step.params:
            found.append(Target(step.path, step.layer, step.params, layout.order, layout.shape))
        layout = layout.after(step.layer)
        if isinstance(step.layer, Flatten) and layout.order is not None and not feeds_dense(steps[i + 1 :]):
            # What becomes of the features then cannot be followed; `export.to_torch` has the channels last here.
            layout = replace(layout, order=None)
    return layout


def _visit_branches(step: Step, layout: Layout, found: list[Target]) -> Layout:
    layer: Any = step.layer
    if isinstance(layer, Graph):
        return _visit_nodes(step, layout, found)
    ends = [
        _visit(body, p, f"{step.path}.{i}", layout, found)
        for i, (body, p) in enumerate(zip(layer.parts, step.params, strict=True))
    ]
    return merged(layer.merge, ends)


def _visit_nodes(step: Step, layout: Layout, found: list[Target]) -> Layout:
    layouts = {"input": layout}
    graph: Any = step.layer
    for node in graph.nodes:
        before = [layouts[name] for name in node.inputs]
        if node.merges:
            layouts[node.name] = merged(node.layer, before)
        else:
            path = f"{step.path}.{node.name}"
            layouts[node.name] = _visit(node.layer, step.params[node.name], path, before[0], found)
    return layouts[graph.nodes[-1].name]
