"""Layers that write down what passes through them, in the places of a network's own layers.

A pass is traced by running the network's own composites with recorders for parts, so that their wiring stands in one
place, and an untraced pass knows nothing of all this.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule.arrays import INFERENCE, Array, Mode, Params, Shape, leaves, map_leaves
from chainrule.layers import Bidirectional, Concatenate, Graph, Layer, Residual, Sequential
from chainrule.layers.recurrent import Recurrent
from chainrule.layers.through_time import States
from chainrule.trace.untouched import copied, copied_array, is_own


@dataclass(eq=False)
class Entry:
    """What has been written down of one layer so far."""

    path: str
    layer: Layer
    ran_by: Layer | None = None  # a user's own layer as it was after forward
    parts: list[Entry] = field(default_factory=list)
    params: Params = None
    mode: Mode = INFERENCE
    x: Any = None
    y: Any = None
    cache: Any = None
    dy: Any = None
    dx: Any = None
    grads: Params = None
    nudge: Array | None = None  # what is added to the output, to see what it changes
    ran: list[dict[str, Array]] = field(default_factory=list)  # a recurrent layer's steps, as they ran
    ran_back: list[dict[str, Array]] = field(default_factory=list)

    def walk(self) -> Iterator[Entry]:
        """Yield this entry, and those of all parts."""
        yield self
        for part in self.parts:
            yield from part.walk()


class Recorder(Layer):
    """A layer that does what another does, and writes it down.

    Parameters
    ----------
    entry
        Where it is written down; its layer is the one that is run. That of a whole network has no path.
    """

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.own, self.running = is_own(entry.layer), _opened(entry)
        self.has_parameters, self.merges = entry.layer.has_parameters, entry.layer.merges  # type: ignore[misc]

    @property
    def label(self) -> str:
        """The layer's."""
        return self.entry.layer.label

    @property
    def vocabulary_of_input(self) -> int | None:
        """The layer's."""
        return self.entry.layer.vocabulary_of_input

    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        """Return what the layer returns."""
        return self.entry.layer.init(rng, input_shape, dtype)

    def keeps_steps(self) -> bool:
        """Return what the layer returns."""
        return self.entry.layer.keeps_steps()

    def forward(self, params: Params, x: Any, mode: Mode = INFERENCE) -> tuple[Array, Any]:
        """Run the layer forward."""
        if self.own:  # in each pass as it is before the first, whatever it remembers of calls
            self.running = copied(self.entry.layer)
        y, cache = self.running.forward(params, x, mode)
        if y is x:  # an array is known by its identity: as the output of this layer it needs one of its own
            y = y[...]
        entry = self.entry
        if entry.nudge is not None:
            y = y + entry.nudge
        kept = cache
        if self.own:  # it may use its arrays again, and use up what it kept
            output, y = y, copied_array(y)
            kept = copied(cache, [(output, y), (x, x), *((p, p) for _, p in leaves(params))])
            entry.ran_by = copied(self.running)
        entry.params, entry.mode, entry.x, entry.y, entry.cache = params, mode, x, y, kept
        return y, cache

    def backward(self, cache: Any, dy: Array, *, input_gradient: bool = True) -> tuple[Any, Params]:
        """Run the layer backward."""
        dx, grads = self.running.backward(cache, dy.copy() if self.own else dy, input_gradient=input_gradient)
        if self.own:
            dx, grads = copied_array(dx), map_leaves(copied_array, grads)
        self.entry.dy, self.entry.dx, self.entry.grads = dy, dx, grads
        return dx, grads


def _part(whole: Entry, name: object, layer: Layer) -> Recorder:
    path = f"{whole.path}.{name}" if whole.path else f"layer{name}"
    entry = Entry(path, layer)
    whole.parts.append(entry)
    return Recorder(entry)


def _opened(entry: Entry) -> Layer:
    """Return a composite with recorders for its parts, a recurrent layer whose cell is recorded, or else the layer."""
    layer = entry.layer
    if isinstance(layer, Sequential):
        return _but(layer, layers=tuple(_part(entry, i, part) for i, part in enumerate(layer.parts)))
    if isinstance(layer, Residual):
        body, shortcut = (_part(entry, i, part) for i, part in enumerate(layer.parts))
        return _but(layer, body=body, shortcut=shortcut, merge=_part(entry, layer.merge.label, layer.merge))
    if isinstance(layer, Concatenate):
        bodies = tuple(_part(entry, i, part) for i, part in enumerate(layer.parts))
        return _but(layer, bodies=bodies, merge=_part(entry, layer.merge.label, layer.merge))
    if isinstance(layer, Graph):
        nodes: Any = layer.nodes
        return _but(layer, nodes=tuple(n._replace(operation=_part(entry, n.name, n.layer)) for n in nodes))
    if isinstance(layer, Bidirectional):
        return _WithParts(layer, tuple(map(_part, (entry, entry), layer.names, layer.parts)))
    if isinstance(layer, Recurrent):
        return _stepping(layer, entry)
    return layer


def _but(layer: Layer, **attributes: Any) -> Layer:
    """Return a copy of a layer with other attributes, which its rules, made for settings, are not asked about."""
    twin = copy.copy(layer)
    for name, value in attributes.items():
        object.__setattr__(twin, name, value)
    return twin


class _WithParts(Bidirectional):
    """A bidirectional layer with other objects for its parts."""

    parts = ()

    def __init__(self, layer: Bidirectional, parts: tuple[Recorder, ...]) -> None:
        object.__setattr__(self, "layer", layer.layer)
        object.__setattr__(self, "parts", parts)


def names_of_states(layer: Any) -> tuple[str, ...]:
    """Return what a recurrent layer's states are called."""
    return ("h", "c")[: layer.state_count]


def names_of_sums(layer: Any) -> tuple[str, ...]:
    """Return what the sums are called to which a recurrent layer adds its biases."""
    return {1: ("z",), 2: ("p", "q")}[len(layer.biases)]


def _stepping(layer: Recurrent, entry: Entry) -> Layer:
    """Return a recurrent layer whose cell writes down each of its steps."""
    states, sums = names_of_states(layer), names_of_sums(layer)

    def cell(params: Params, P: Array, before: States) -> tuple[States, Any]:
        after, kept = layer.cell(params, P, before)
        Q = before[0] @ params["Wh"]
        biased = (Q + P,) if len(sums) == 1 else (P, Q + params[layer.biases[1]])
        # What is kept as H and C are the states before the step; the state after it has a name already.
        own = {f"{name.lower()}_prev" if name in ("H", "C") else name: a for name, a in kept._asdict().items()}
        own = {name: a for name, a in own.items() if a is not after[0]}
        entry.ran.append(dict(zip(sums, biased, strict=True)) | own | dict(zip(states, after, strict=True)))
        return after, kept

    def cell_backward(WhT: Array, kept: Any, dstates: States) -> tuple[tuple[Array, ...], States]:
        dZ, dbefore = layer.cell_backward(WhT, kept, dstates)
        entry.ran_back.append(
            {f"d{s}": d for s, d in zip(states, dstates, strict=True)}
            | {f"d{name}": d for name, d in zip(sums, dZ, strict=True)}
            | {f"d{s}_prev": d for s, d in zip(states, dbefore, strict=True)}
        )
        return dZ, dbefore

    return _but(layer, cell=cell, cell_backward=cell_backward)
