"""The network as it grows while a file is read: nodes with their parameters, in order of computation."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chainrule.arrays import Params, Shape
from chainrule.common.errors import FileFormatError
from chainrule.equations.shapes_only import ShapesOnly
from chainrule.files.onnx_in.layout import BATCH, Atom, Axis, Tensor, fresh_axes, same_layout
from chainrule.layers import Flatten, Layer, Reshape
from chainrule.layers.nodes import INPUT

Array = NDArray[Any]


class Part(NamedTuple):
    """A node: a layer, or the name of a merge."""

    operation: Layer | str
    params: dict[str, Array]
    inputs: tuple[str, ...]


class Arranged(NamedTuple):
    """A tensor as a layer takes it: (batch, *lead, features)."""

    source: str
    shape: Shape  # of one example
    order: Array | None  # which of our features each of the file's is; None if they have the same order

    def features(self, array: Array, axis: int = 0) -> Array:
        """Return a weight whose axis goes through the file's features with that axis in our order."""
        return array if self.order is None else np.take(array, np.argsort(self.order), axis=axis)


class Building:
    """The nodes so far.

    Parameters
    ----------
    sizes
        Of the file's input, with BATCH where the examples are.
    dtype
        Of the parameters.
    channels_last
        Whether the file's input has the order of ours, so that no layer is asked how it takes it.
    """

    def __init__(self, sizes: Shape, dtype: Any, channels_last: bool = False) -> None:
        self.parts: dict[str, Part] = {}
        self.dtype, self.channels_last = dtype, channels_last
        self.input_shape = tuple(size for size in sizes if size != BATCH)
        # Where each axis of the file's input is in ours, once it is settled.
        self._places: dict[int, int] | None = {axis: axis for axis in range(len(sizes))} if channels_last else None
        self._reshaped: dict[tuple[str, Shape], str] = {}

    def input(self, sizes: Shape) -> Tensor:
        """Return the input, whose axes have no order before the first layer wants one."""
        return Tensor(INPUT, self.input_shape, fresh_axes(sizes, range(len(sizes))))

    def arranged(self, tensor: Tensor, lead: Sequence[int], features: int) -> Arranged:
        """Return a tensor as (batch, *lead, features), for the file's axes that these are.

        Raises
        ------
        FileFormatError
            If our array has another order, which no layer could change.
        """
        wanted = (*_lengths(tensor, lead), tensor.sizes[features])
        self._settle(tensor, [*_atoms(tensor, lead), *sorted(tensor.axes[features])], wanted)
        tensor = self.placed(tensor)
        before, last = _atoms(tensor, lead), tensor.axes[features]
        ranks = [atom.rank for atom in (*before, *sorted(last))]
        if ranks != sorted(ranks) or not before or before[0].size != BATCH:
            raise FileFormatError(
                "needs the axes of its input in an order that no layer makes; transpose the data before the network, "
                "or export the model without the transposition."
            )
        return Arranged(self._with_shape(tensor, wanted), wanted, _order(last))

    def rearranged(self, name: str, tensor: Tensor, sizes: Shape) -> Tensor | None:
        """Return a tensor with its numbers in other axes if they lie in our order, for which there is a layer."""
        tensor = self.placed(tensor)
        ranks = [atom.rank for axis in tensor.axes for atom in axis]
        if ranks != sorted(ranks) or tensor.sizes[0] != BATCH or sizes[0] != BATCH:
            return None
        return Tensor(self._with_shape(tensor, sizes[1:]), sizes[1:], fresh_axes(sizes, range(len(sizes))))

    def last_in_order(self, tensor: Tensor) -> bool:
        """Return whether the last axis of a tensor is that of the features, as far as is known."""
        if tensor.source == INPUT and self._places is None:
            return False
        ranks = [atom.rank for axis in self.placed(tensor).axes for atom in axis]
        return ranks == sorted(ranks)

    def by_features(self, tensor: Tensor, features: int) -> Arranged:
        """Return a tensor with these features last, for a layer to which the order of the axes before is all one."""
        lead = [axis for axis in range(len(tensor.axes)) if axis != features]
        batch_first = sorted(lead, key=lambda axis: (tensor.sizes[axis] % BATCH != 0, tensor.axes[axis]))
        return self.arranged(tensor, batch_first, features)

    def placed(self, tensor: Tensor) -> Tensor:
        """Return a tensor whose ranks are those of our array; the input takes the order of the file if it has none."""
        if tensor.source != INPUT:
            return tensor
        if self._places is None:
            atoms = [atom for axis in tensor.axes for atom in axis]
            self._settle(tensor, sorted(atoms, key=lambda atom: (atom.size != BATCH, atom.rank)), self.input_shape)
        assert self._places is not None
        places = self._places
        axes = [
            tuple(Atom((places.get(a.rank[0], len(places)), *a.rank[1:]), a.size) for a in axis) for axis in tensor.axes
        ]
        return Tensor(INPUT, self.input_shape, tuple(axes))

    def _settle(self, tensor: Tensor, atoms: Sequence[Atom], wanted: Shape) -> None:
        """Give the input the order in which its first layer takes it."""
        if tensor.source != INPUT or self._places is not None:
            return
        order = list(dict.fromkeys(atom.rank[0] for atom in atoms))
        self._places = {axis: place for place, axis in enumerate(order)}
        if sorted(wanted) == sorted(self.input_shape) or order[1:] != sorted(order[1:]):
            self.input_shape = wanted

    def _with_shape(self, tensor: Tensor, wanted: Shape) -> str:
        """Return the node that gives a tensor in a shape, with its numbers in the same order."""
        if tensor.shape == wanted:
            return tensor.source
        key = tensor.source, wanted
        if key not in self._reshaped:
            layer = Flatten() if len(wanted) == 1 else Reshape(wanted)
            self._reshaped[key] = self.layer(f"{tensor.source}_{layer.label}", layer, tensor.source, tensor.shape)[0]
        return self._reshaped[key]

    def layer(
        self, name: str, layer: Layer, source: str, shape: Shape, params: Mapping[str, Array] | None = None
    ) -> tuple[str, Shape]:
        """Add a layer to a node with an output of a shape; return its own name and the shape of its output."""
        params = params or {}
        claims: Params
        claims, output = layer.init(ShapesOnly(), shape, self.dtype)
        needed = {key: claim.shape for key, claim in claims.items()}
        if needed != (got := {key: array.shape for key, array in params.items()}):
            raise FileFormatError(
                "needs weights of the shapes {expected}, as chainrule reads them, but the file has {got}.",
                expected=needed,
                got=got,
            )
        kept = {key: self._kept(params[key]) for key in claims}
        return self._add(name, Part(layer, kept, (source,))), output

    def replaced(self, name: str, layer: Layer, part: Part, params: Mapping[str, Array]) -> str:
        """Add a layer that takes what a node takes, in the place of it."""
        return self._add(name, Part(layer, {key: self._kept(array) for key, array in params.items()}, part.inputs))

    def _kept(self, array: Array) -> Array:
        return np.ascontiguousarray(array, self.dtype)

    def elementwise(self, name: str, layer: Layer, tensor: Tensor) -> Tensor:
        """Add a layer that computes each number by itself, whatever the order."""
        tensor = self.placed(tensor)
        source, _ = self.layer(name, layer, tensor.source, tensor.shape)
        return replace(tensor, source=source)

    def merge(self, name: str, merge: str, tensors: Sequence[Arranged]) -> str:
        """Add a merge of nodes."""
        return self._add(name, Part(merge, {}, tuple(tensor.source for tensor in tensors)))

    def added(self, name: str, tensors: Sequence[Tensor]) -> Tensor:
        """Add the sum of tensors of the same shape."""
        tensors = [self.placed(tensor) for tensor in tensors]
        if len({tensor.sizes for tensor in tensors}) > 1 or not same_layout(tensors):
            raise FileFormatError("adds arrays of different shapes or orders, for which there is no layer.")
        first = tensors[0]
        sources = [Arranged(self._with_shape(tensor, first.shape), first.shape, None) for tensor in tensors]
        return replace(first, source=self.merge(name, "add", sources))

    def _add(self, name: str, part: Part) -> str:
        # A dot would divide a name in two in the paths of parameters.
        stem = name = re.sub(r"\W+", "_", name).strip("_") or "node"
        count = 1
        while name in self.parts or name == INPUT:
            count += 1
            name = f"{stem}_{count}"
        self.parts[name] = part
        return name


def _atoms(tensor: Tensor, axes: Sequence[int]) -> list[Atom]:
    return [atom for axis in axes for atom in tensor.axes[axis]]


def _lengths(tensor: Tensor, lead: Sequence[int]) -> Shape:
    """Return the lengths of axes without the batch; an axis that has more than the batch in it keeps the rest."""
    sizes = [tensor.sizes[axis] for axis in lead]
    return tuple(size // BATCH if size % BATCH == 0 else size for size in sizes if size != BATCH)


def _order(axis: Axis) -> Array | None:
    ours = sorted(axis)
    if list(axis) == ours:
        return None
    indices = np.arange(math.prod(atom.size for atom in axis)).reshape([atom.size for atom in ours])
    return indices.transpose([ours.index(atom) for atom in axis]).reshape(-1)
